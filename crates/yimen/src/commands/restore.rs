//! `yimen restore`.

use std::process::ExitCode;

use event_store::sqlite::restore_file;

use super::backup::{Refused, accept};
use crate::cli::RestoreArgs;
use crate::data_dir;
use crate::failure::Failure;
use crate::output;

pub fn run(args: &RestoreArgs) -> Result<ExitCode, Failure> {
    let folder = &args.data.data_dir;
    let log = data_dir::embedded_log(folder)?;
    data_dir::make(folder)
        .map_err(|error| Failure::because(format_args!("{} can't be made", folder.display()), &error))?;
    let kept = restore_file(&args.from, &log, |copy| accept(copy, &args.trust)).map_err(Refused::failure)?;
    if let Some(kept) = kept {
        output::say(&format!("原日志保留为 · the log that was there is now {}", kept.display()))?;
    }
    output::say(&format!("已恢复 · restored: {}", log.display()))?;
    output::remark(
        "提示：备份不含签名密钥；请将原主机的断言密钥文件一并带来，否则不再生成锚点 · a backup holds no keys: bring the old host's \
         assertion key file (assertion-key.pem, or identity.assertion_key_file) along, or nothing new is anchored",
    );
    Ok(ExitCode::SUCCESS)
}
