//! `yimen backup`.

use std::path::Path;
use std::process::ExitCode;

use event_store::sqlite::{BackupError, copy_file};

use super::verify::verify_file;
use crate::cli::{BackupArgs, TrustArgs};
use crate::data_dir;
use crate::failure::Failure;
use crate::output;

pub fn run(args: &BackupArgs) -> Result<ExitCode, Failure> {
    let log = data_dir::embedded_log(&args.data.data_dir)?;
    copy_file(&log, &args.to, |copy| accept(copy, &args.trust)).map_err(Refused::failure)?;
    output::say(&format!("已备份 · backed up: {}", args.to.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// A copy that doesn't verify is worth nothing, and one that looked like a backup would be worse.
pub fn accept(copy: &Path, trust: &TrustArgs) -> Result<(), Refused> {
    match verify_file(copy, trust) {
        Ok(code) if code == ExitCode::SUCCESS => Ok(()),
        Ok(_) => Err(Refused(Failure::new("the copy doesn't verify: nothing was kept of it"))),
        Err(failure) => Err(Refused(failure)),
    }
}

/// Why there is no copy.
#[derive(Debug)]
pub struct Refused(Failure);

impl Refused {
    /// What the command says.
    pub fn failure(self) -> Failure {
        self.0
    }
}

impl From<BackupError> for Refused {
    fn from(error: BackupError) -> Self {
        Self(Failure::because("the log can't be copied", &error))
    }
}
