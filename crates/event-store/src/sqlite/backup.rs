//! Copies of a log's file, taken while it is written, and put back.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::lock::Lock;
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
/// The copy is on the disk when this returns, and appears whole or not at all. `accept` looks at it before it gets its
/// name: what it refuses is removed. Does blocking IO.
pub fn copy_file<E: From<BackupError>>(
    from: &Path,
    to: &Path,
    accept: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    if to.exists() {
        return Err(BackupError::Exists { path: to.to_owned() }.into());
    }
    let part = beside(to, ".part");
    let copied = take(from, &part).map_err(E::from).and_then(|()| accept(&part)).and_then(|()| {
        fs::rename(&part, to)
            .and_then(|()| sync_folder(to))
            .map_err(|source| BackupError::Io { path: to.to_owned(), source }.into())
    });
    for leftover in ["", "-wal", "-shm", "-journal"] {
        // Gone already unless something failed, or reading the copy left it.
        let _absent = fs::remove_file(beside(&part, leftover));
    }
    copied
}

/// Puts the log at `from` where `to` is. What was there is kept under another name, which is answered.
///
/// No process may have the log at `to` open for writing. `accept` is as for [`copy_file`]. Does blocking IO.
pub fn restore_file<E: From<BackupError>>(
    from: &Path,
    to: &Path,
    accept: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<Option<PathBuf>, E> {
    let lock = Lock::take(to).map_err(|error| E::from(error.into()))?;
    let restored = beside(to, ".restored");
    // Of a restore that was cut short: it has no other name yet.
    let _absent = fs::remove_file(&restored);
    copy_file(from, &restored, accept)?;
    let replace = || -> io::Result<Option<PathBuf>> {
        let kept = if to.exists() { Some(set_aside(to)?) } else { None };
        fs::rename(&restored, to)?;
        sync_folder(to)?;
        Ok(kept)
    };
    let kept = replace().map_err(|source| E::from(BackupError::Io { path: to.to_owned(), source }))?;
    drop(lock);
    Ok(kept)
}

/// Renames a log with the files that belong to it. The write-ahead file first: a new log must never meet an old one's.
fn set_aside(log: &Path) -> io::Result<PathBuf> {
    let aside = (1_u32..)
        .map(|number| beside(log, &format!(".replaced-{number}")))
        .find(|name| !name.exists())
        .ok_or(io::ErrorKind::AlreadyExists)?;
    for part in ["-wal", "-shm", ""] {
        let (from, to) = (beside(log, part), beside(&aside, part));
        let absent = |error: &io::Error| error.kind() == io::ErrorKind::NotFound && !part.is_empty();
        if let Err(error) = fs::rename(from, to)
            && !absent(&error)
        {
            return Err(error);
        }
    }
    Ok(aside)
}

/// The snapshot is taken in one step: a writer appends meanwhile and is not seen.
fn take(from: &Path, to: &Path) -> Result<(), BackupError> {
    let source = open::reader(from, &Options::default(), Access::Checked)?;
    let copy = |source_error| BackupError::Copy { path: from.to_owned(), source: source_error };
    let _absent = fs::remove_file(to);
    let mut target = Connection::open(to).map_err(copy)?;
    let step = Backup::new(&source, &mut target).and_then(|backup| backup.step(-1)).map_err(copy)?;
    if step != StepResult::Done {
        return Err(BackupError::Locked { path: from.to_owned() });
    }
    target.close().map_err(|(_, error)| copy(error))?;
    File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(|source| BackupError::Io { path: to.to_owned(), source })
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The file's name has to be on the disk, too.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}
