//! The file: its identity, its schema, and the settings of each connection.

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::Options;
use crate::Position;

/// `YIMN`: marks the file as Yimen's in its header.
const APPLICATION_ID: i32 = 0x5949_4d4e;
/// Version of the schema below, in the file's `user_version`.
const SCHEMA_VERSION: i32 = 1;
const SCHEMA: &str = "CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    event_id BLOB NOT NULL UNIQUE,
    event_type TEXT NOT NULL,
    version INTEGER NOT NULL,
    data BLOB NOT NULL,
    metadata BLOB NOT NULL,
    UNIQUE (stream, revision)
) STRICT";

/// What is said of rows that no append wrote.
pub(super) const BEFORE_THE_FIRST: &str = "it has rows before position 1, where nothing is ever appended";

/// Page cache of the writer; the index of random event ids is what needs it.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
const READER_CACHE_KIB: i64 = 8 * 1024;
/// Pages in the write-ahead log before they are brought into the database.
const CHECKPOINT_PAGES: i64 = 4000;
/// What is kept of the write-ahead log's file after a checkpoint, in bytes.
const WAL_KEPT_BYTES: i64 = 64 * 1024 * 1024;

/// Why a log can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another part of this one, writes it.
    #[error("{} is in use by another process", path.display())]
    InUse {
        /// The log's file.
        path: PathBuf,
    },
    /// There is no such file, and reading alone doesn't make one.
    #[error("there is no event log at {}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is something else, or its tables were changed.
    #[error("{} is not an event log of Yimen: {detail}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What tells.
        detail: String,
    },
    /// A newer Yimen wrote it.
    #[error("{} has schema version {found}; this Yimen knows up to {known}", path.display())]
    Newer {
        /// The log's file.
        path: PathBuf,
        /// The version of the file's schema.
        found: i32,
        /// The newest one that this binary knows.
        known: i32,
    },
    /// SQLite finds its structure damaged.
    #[error("{} is damaged", path.display())]
    Corrupt {
        /// The log's file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// SQLite can't open it.
    #[error("{} can't be opened", path.display())]
    Failed {
        /// The log's file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The operating system refuses.
    #[error("{} can't be opened", path.display())]
    Io {
        /// The log's file.
        path: PathBuf,
        /// What it says.
        source: std::io::Error,
    },
}

impl OpenError {
    pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => {
                Self::Foreign { path, detail: "it is not a database".to_owned() }
            }
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt { path, source },
            Some(_) | None => Self::Failed { path, source },
        }
    }
}

/// How much a reading connection looks at the file first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Is it a log at all?
    Checked,
    /// It is the one that we have open.
    Known,
}

/// The one connection that writes; makes the log if the file is empty or missing.
pub(super) fn writer(path: &Path, options: &Options) -> Result<Connection, OpenError> {
    let failed = |source| OpenError::from_sqlite(path, source);
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(options.busy_timeout).map_err(failed)?;
    if is_blank(&connection).map_err(failed)? {
        create(&connection).map_err(failed)?;
    }
    identify(&connection, path)?;
    settle(&connection, WRITER_CACHE_KIB).map_err(failed)?;
    prepare_writing(&connection, options).map_err(failed)?;
    Ok(connection)
}

/// A connection that reads.
pub(super) fn reader(path: &Path, options: &Options, access: Access) -> Result<Connection, OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing { path: path.to_owned() });
    }
    let failed = |source| OpenError::from_sqlite(path, source);
    let connection = reading(path).map_err(failed)?;
    connection.busy_timeout(options.busy_timeout).map_err(failed)?;
    if access == Access::Checked {
        identify(&connection, path)?;
    }
    settle(&connection, READER_CACHE_KIB).map_err(failed)?;
    Ok(connection)
}

/// Opens a file for reading, on a disk that can't be written, too.
///
/// SQLite reads a log only beside a file of shared memory, which it makes. Where it can't, nobody else can write either,
/// so that the log may be taken as it is, if it is whole: nothing is left in its write-ahead file.
fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let refusal = match number(&connection, "user_version") {
        Ok(_) => return Ok(connection),
        Err(error) => error,
    };
    let unmakeable = matches!(refusal.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly));
    let mut write_ahead = path.as_os_str().to_owned();
    write_ahead.push("-wal");
    let is_whole = std::fs::metadata(PathBuf::from(write_ahead)).map_or(true, |file| file.len() == 0);
    match url(path).filter(|_| unmakeable && is_whole) {
        Some(url) => Connection::open_with_flags(url, flags | OpenFlags::SQLITE_OPEN_URI),
        None => Err(refusal),
    }
}

/// The file as an address by which SQLite takes it for one that nothing changes.
fn url(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '%' => "%25".to_owned(),
            '?' => "%3f".to_owned(),
            '#' => "%23".to_owned(),
            other => other.to_string(),
        })
        .collect();
    Some(format!("file:{escaped}?immutable=1"))
}

/// Position of the last event.
pub(super) fn last_position(connection: &Connection) -> rusqlite::Result<Position> {
    let last: Option<i64> = connection.query_row("SELECT max(position) FROM events", [], |row| row.get(0))?;
    Ok(position(last.unwrap_or(0)))
}

/// Whether rows are where no append puts them: before the first position, where no reader of the log looks.
pub(super) fn has_rows_before_the_first(connection: &Connection) -> rusqlite::Result<bool> {
    let first: Option<i64> =
        connection.query_row("SELECT min(position) FROM events", [], |row| row.get(0))?;
    Ok(first.is_some_and(|first| first < 1))
}

/// The highest position that was ever given out.
pub(super) fn high_water(connection: &Connection) -> rusqlite::Result<Position> {
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'events'";
    let given: Option<i64> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(position(given.unwrap_or(0)).max(last_position(connection)?))
}

/// A row's position; what a damaged file holds below zero is taken for the start.
pub(super) fn position(row: i64) -> Position {
    Position::from_raw(u64::try_from(row).unwrap_or(0))
}

fn is_blank(connection: &Connection) -> rusqlite::Result<bool> {
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(objects == 0 && number(connection, "application_id")? == 0 && number(connection, "user_version")? == 0)
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}

/// Schema and identity in one transaction: a crash in between leaves an empty file.
fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         BEGIN IMMEDIATE;
         {SCHEMA};
         PRAGMA application_id = {APPLICATION_ID};
         PRAGMA user_version = {SCHEMA_VERSION};
         COMMIT;"
    ))
}

/// Refuses every file that is not exactly ours: a foreign trigger or view could rewrite what we append.
fn identify(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::from_sqlite(path, source);
    let foreign = |detail: &str| OpenError::Foreign { path: path.to_owned(), detail: detail.to_owned() };
    if number(connection, "application_id").map_err(failed)? != APPLICATION_ID {
        return Err(foreign("another program made it"));
    }
    let found = number(connection, "user_version").map_err(failed)?;
    if found > SCHEMA_VERSION {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    let mut objects = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
        .map_err(failed)?;
    let objects: Vec<Option<String>> =
        objects.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(failed)?;
    match objects.as_slice() {
        [Some(sql)] if sql == SCHEMA && found == SCHEMA_VERSION => {}
        _ => return Err(foreign("its tables are not those of an event log")),
    }
    if has_rows_before_the_first(connection).map_err(failed)? {
        return Err(foreign(BEFORE_THE_FIRST));
    }
    Ok(())
}

/// What every connection needs: no memory map, nothing of the file's schema trusted.
fn settle(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))
}

fn prepare_writing(connection: &Connection, options: &Options) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", WAL_KEPT_BYTES, |_| Ok(()))?;
    limit_pages(connection, options.max_pages)
}

/// A commit, synced as any other, after which the file says what it said before.
pub(super) fn commit_nothing(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)
}

/// Sets the quota; without one, SQLite's own bound of 2³² − 2 pages.
pub(super) fn limit_pages(connection: &Connection, max_pages: Option<u32>) -> rusqlite::Result<()> {
    let most = max_pages.unwrap_or(u32::MAX - 1);
    connection.pragma_update_and_check(None, "max_page_count", i64::from(most), |_| Ok(()))
}
