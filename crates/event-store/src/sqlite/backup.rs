//! Copies of a log's file, taken while it is written.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use uuid::Uuid;

use super::open::{self, Access};
use super::{OpenError, Options};

/// Why a log can't be copied or put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// One of the two can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is something already where the copy is to be.
    #[error("{} is there already", path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// SQLite can't copy it.
    #[error("{} can't be copied", path.display())]
    Copy {
        /// What was to be copied.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The source was locked all the time.
    #[error("{} is locked by another process", path.display())]
    Locked {
        /// What was to be copied.
        path: PathBuf,
    },
    /// The operating system refuses.
    #[error("{} can't be written", path.display())]
    Io {
        /// What was to be written.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
}

/// Copies the log at `from`, as it is at one moment and whether or not a process writes it, to a new file at `to`.
///
/// The copy is for its owner alone, on the disk when this returns, and appears whole or not at all; nothing that is there
/// is replaced. `accept` looks at it before it gets its name: what it refuses is removed. Does blocking IO.
pub fn copy_file<E: From<BackupError>>(
    from: &Path,
    to: &Path,
    accept: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    // A write-ahead file of another log would be read as the copy's own.
    if let Some(path) = files_of(to).find(|path| path.symlink_metadata().is_ok()) {
        return Err(BackupError::Exists { path }.into());
    }
    let part = Part::take(from, to)?;
    accept(&part.0)?;
    Ok(part.publish(to)?)
}

/// A copy that has no name of its own yet; its files are removed in the end.
#[derive(Debug)]
pub(super) struct Part(pub(super) PathBuf);

impl Part {
    /// Copies the log at `from` to a file beside `to` that nobody else knows.
    pub(super) fn take(from: &Path, to: &Path) -> Result<Self, BackupError> {
        let source = open::reader(from, &Options::default(), Access::Checked)?;
        let path = beside(to, &format!(".part-{}", Uuid::new_v4().simple()));
        let io = |source| BackupError::Io { path: path.clone(), source };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(io)?;
        let part = Self(path.clone());
        // In one step: a writer appends meanwhile and is not seen.
        let copy = |source_error| BackupError::Copy { path: from.to_owned(), source: source_error };
        let mut target = Connection::open(&path).map_err(copy)?;
        let step = Backup::new(&source, &mut target).and_then(|backup| backup.step(-1)).map_err(copy)?;
        if step != StepResult::Done {
            return Err(BackupError::Locked { path: from.to_owned() });
        }
        target.close().map_err(|(_, error)| copy(error))?;
        file.sync_all().map_err(io)?;
        Ok(part)
    }

    /// Gives it its name, unless something has it.
    pub(super) fn publish(self, to: &Path) -> Result<(), BackupError> {
        let linked = match fs::hard_link(&self.0, to) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(BackupError::Exists { path: to.to_owned() });
            }
            // Not every file system has links.
            Err(_) if to.symlink_metadata().is_err() => fs::rename(&self.0, to),
            linked => linked,
        };
        linked
            .and_then(|()| sync_folder(to))
            .map_err(|source| BackupError::Io { path: to.to_owned(), source })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        for leftover in files_of(&self.0) {
            // Gone already unless something failed, or reading the copy left it.
            let _absent = fs::remove_file(leftover);
        }
    }
}

/// The files that a log at `path` may have.
pub(super) fn files_of(path: &Path) -> impl Iterator<Item = PathBuf> {
    ["", "-wal", "-shm", "-journal"].map(|end| beside(path, end)).into_iter()
}

pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The file's name has to be on the disk, too.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}
