//! Puts a copy of a log back, and keeps the log that was there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::backup::{BackupError, Part, beside, files_of, sync_folder};
use super::lock::Lock;
use super::open::{self, Access};
use super::{OpenError, Options};

/// Puts the log at `from` where `to` is. What was there is kept under another name, which is answered.
///
/// No process may have the log at `to` open for writing. `accept` is as for [`copy_file`](super::copy_file). When this
/// fails, the log at `to` is where it was; after a crash it is there, or whole under the other name. Does blocking IO.
pub fn restore_file<E: From<BackupError>>(
    from: &Path,
    to: &Path,
    accept: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<Option<PathBuf>, E> {
    let lock = Lock::take(to).map_err(|error| E::from(error.into()))?;
    let part = Part::take(from, to)?;
    accept(&part.0)?;
    let io = |source| BackupError::Io { path: to.to_owned(), source };
    let kept = SetAside::of(to).map_err(io)?;
    if let Err(error) = kept.leave(to).map_err(io).and_then(|()| part.publish(to)) {
        kept.put_back(to).map_err(io)?;
        return Err(error.into());
    }
    drop(lock);
    Ok(kept.0)
}

/// The name that a log is kept under, if there was one.
#[derive(Debug)]
struct SetAside(Option<PathBuf>);

impl SetAside {
    /// Finds a name, and puts everything beside the log's main file there: what is acknowledged is in both places.
    fn of(log: &Path) -> io::Result<Self> {
        if !files_of(log).any(|file| file.exists()) {
            return Ok(Self(None));
        }
        // Where it opens, all is in its main file then. A damaged one is kept as it is.
        if let Err(error) = bring_in_write_ahead(log) {
            tracing::warn!(log = %log.display(), %error, "its write-ahead file is kept beside it");
        }
        let aside = (1_u32..)
            .map(|number| beside(log, &format!(".replaced-{number}")))
            .find(|name| files_of(name).all(|file| file.symlink_metadata().is_err()))
            .ok_or(io::ErrorKind::AlreadyExists)?;
        for end in BESIDE {
            duplicate(&beside(log, end), &beside(&aside, end))?;
        }
        sync_folder(log)?;
        Ok(Self(Some(aside)))
    }

    /// Takes the log from its place. Its main file first: it must not be there without what it hasn't taken in.
    fn leave(&self, log: &Path) -> io::Result<()> {
        let Some(aside) = &self.0 else { return Ok(()) };
        if_there(fs::rename(log, aside))?;
        sync_folder(log)?;
        for file in files_of(log).skip(1) {
            if_there(fs::remove_file(file))?;
        }
        sync_folder(log)
    }

    /// Undoes it. The main file last.
    fn put_back(&self, log: &Path) -> io::Result<()> {
        let Some(aside) = &self.0 else { return Ok(()) };
        for end in BESIDE {
            let file = beside(log, end);
            if !file.exists() {
                duplicate(&beside(aside, end), &file)?;
            }
        }
        if aside.exists() {
            fs::rename(aside, log)?;
        }
        for end in BESIDE {
            if_there(fs::remove_file(beside(aside, end)))?;
        }
        sync_folder(log)
    }
}

/// What belongs to a log beside its main file. The shared memory is made anew.
const BESIDE: [&str; 2] = ["-wal", "-journal"];

fn bring_in_write_ahead(log: &Path) -> Result<(), OpenError> {
    // Reading alone changes nothing of a file that is damaged.
    drop(open::reader(log, &Options::default(), Access::Checked)?);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let bring_in = || {
        let connection = Connection::open_with_flags(log, flags)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    };
    bring_in().map_err(|error| OpenError::from_sqlite(log, error))
}

/// The same content under a second name.
fn duplicate(from: &Path, to: &Path) -> io::Result<()> {
    // Not every file system has links.
    let linked = fs::hard_link(from, to);
    if_there(linked.or_else(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            return Err(error);
        }
        fs::copy(from, to).and_then(|_| fs::File::open(to)?.sync_all())
    }))
}

fn if_there(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
