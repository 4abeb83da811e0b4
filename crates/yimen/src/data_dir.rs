//! Where things are in a data directory.

use std::env;
use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use event_store::sqlite::{OpenError, Options, Sqlite};

use crate::config::EventLog;
use crate::failure::{Failure, reasons};

/// The variable that sets `event_log.address`.
const LOG_ADDRESS: &str = "YIMEN_EVENT_LOG__ADDRESS";

/// The event log.
pub fn log_file(data_dir: &Path) -> PathBuf {
    data_dir.join("events.sqlite")
}

/// The full-text index, which can be made again from the log.
pub fn search_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("search")
}

/// The read model's snapshot, which can be made again from the log.
pub fn snapshot_file(data_dir: &Path) -> PathBuf {
    data_dir.join("read-model.snapshot")
}

/// Makes the folder if it is missing, for its owner alone: it holds drafts and keys. One that is there stays as it is.
pub fn make(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // Recursive, so that it is no error if the folder is there.
    builder.recursive(true).create(folder)
}

/// Opens the log for reading and writing, in a folder that is made if missing.
pub async fn open_log(data_dir: &Path) -> Result<Arc<Sqlite>, Failure> {
    let (folder, file) = (data_dir.to_owned(), log_file(data_dir));
    let opened = tokio::task::spawn_blocking(move || {
        make(&folder)
            .map_err(|error| Failure::because(format_args!("{} can't be made", folder.display()), &error))?;
        Sqlite::open(&file, &Options::default()).map_err(|error| match error {
            OpenError::Corrupt { .. } => damaged(&file, &error),
            OpenError::InUse { .. }
            | OpenError::Missing { .. }
            | OpenError::Foreign { .. }
            | OpenError::Newer { .. }
            | OpenError::Failed { .. }
            | OpenError::Io { .. } => Failure::because("the event log can't be opened", &error),
        })
    });
    opened.await.map_err(|error| Failure::because("the event log can't be opened", &error))?.map(Arc::new)
}

/// The log is damaged: what it is, and the way back.
pub fn damaged(file: &Path, error: &dyn std::error::Error) -> Failure {
    let folder = file.parent().unwrap_or(file).display();
    Failure::new(format!(
        "日志已损坏 · the event log {} is damaged: {}\n\
         恢复 · the way back: yimen restore BACKUP --data-dir {folder} (it keeps the damaged file under another name); \
         yimen verify --data-dir {folder} names what can't be read",
        file.display(),
        reasons(error)
    ))
}

/// The log of this folder for a command that reads no configuration but the environment's variables.
///
/// Where those say that the log is in a cluster, a file in the folder is old, or another log.
pub fn embedded_log(data_dir: &Path) -> Result<PathBuf, Failure> {
    let is_embedded = |address| EventLog { address, ..EventLog::default() }.cluster() == Ok(None);
    if env::var(LOG_ADDRESS).is_ok_and(|address| !is_embedded(address)) {
        return Err(Failure::config(format!(
            "日志在集群中 · {LOG_ADDRESS} says that the event log is in a cluster, and this command is for the embedded \
             log in {}: unset the variable if that is meant",
            data_dir.display()
        )));
    }
    Ok(log_file(data_dir))
}

/// Opens the log for reading alone, whether or not a gateway is running on it.
pub fn read_log(data_dir: &Path) -> Result<Arc<Sqlite>, Failure> {
    read_log_file(&embedded_log(data_dir)?)
}

/// The same, of a log that is in this file.
pub fn read_log_file(file: &Path) -> Result<Arc<Sqlite>, Failure> {
    Sqlite::open_read_only(file, &Options::default())
        .map(Arc::new)
        .map_err(|error| Failure::because("the event log can't be read", &error))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_made_is_for_its_owner_and_what_is_there_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("between/data");
        let mode = || fs::metadata(&data).expect("it is there").permissions().mode() & 0o777;
        make(&data).expect("made");
        assert_eq!(mode(), 0o700);
        fs::set_permissions(&data, fs::Permissions::from_mode(0o750)).expect("ours");
        make(&data).expect("there already");
        assert_eq!(mode(), 0o750);
    }
}
