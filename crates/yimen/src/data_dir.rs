//! Where things are in a data directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use event_store::sqlite::{Options, Sqlite};

use crate::failure::Failure;

/// The event log.
pub fn log_file(data_dir: &Path) -> PathBuf {
    data_dir.join("events.sqlite")
}

/// The full-text index, which can be made again from the log.
pub fn search_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("search")
}

/// Opens the log for reading and writing, in a folder that is made if missing.
pub async fn open_log(data_dir: &Path) -> Result<Arc<Sqlite>, Failure> {
    let (folder, file) = (data_dir.to_owned(), log_file(data_dir));
    let opened = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)
            .map_err(|error| Failure::because(format_args!("{} can't be made", folder.display()), &error))?;
        Sqlite::open(file, &Options::default())
            .map_err(|error| Failure::because("the event log can't be opened", &error))
    });
    opened.await.map_err(|error| Failure::because("the event log can't be opened", &error))?.map(Arc::new)
}

/// Opens the log for reading alone, whether or not a gateway is running on it.
pub fn read_log(data_dir: &Path) -> Result<Arc<Sqlite>, Failure> {
    Sqlite::open_read_only(log_file(data_dir), &Options::default())
        .map(Arc::new)
        .map_err(|error| Failure::because("the event log can't be read", &error))
}
