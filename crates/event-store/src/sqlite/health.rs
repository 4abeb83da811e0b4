//! Whether the log can be written: what the last commit said, and a trial where nothing else tells.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

use super::open;
use crate::WriteFault;

/// How long a commit, or a trial, tells that the next one will go well.
const FRESH: Duration = Duration::from_secs(30);
/// How often a log that can't be written is tried.
const AGAIN: Duration = Duration::from_millis(500);
/// What has to fit on the disk, as much as the largest append.
const ROOM: usize = 1024 * 1024;

/// What is known about writing.
#[derive(Debug)]
pub(super) struct Health {
    path: PathBuf,
    known: Result<(), WriteFault>,
    at: Instant,
}

impl Health {
    /// Of a log at `path` that has just been opened.
    pub(super) fn new(path: &Path) -> Self {
        let health = Self { path: path.to_owned(), known: Ok(()), at: Instant::now() };
        health.publish();
        health
    }

    /// A commit is on the disk.
    pub(super) fn wrote(&mut self) {
        self.learn(Ok(()));
    }

    /// A commit failed.
    pub(super) fn failed(&mut self, error: &rusqlite::Error) {
        // The file system says more exactly what is wrong with it than SQLite does.
        let fault = match (fault(error), trial_file(&self.path)) {
            (WriteFault::Damaged, _) => WriteFault::Damaged,
            (_, Err(of_the_disk)) => of_the_disk,
            (of_the_log, Ok(())) => of_the_log,
        };
        metrics::counter!("yimen_log_commit_failures_total", "reason" => fault.as_str()).increment(1);
        self.learn(Err(fault));
    }

    /// What is known, by a trial if that is too long ago.
    pub(super) fn check(
        &mut self,
        connection: &Connection,
        max_pages: Option<u32>,
    ) -> Result<(), WriteFault> {
        let enough = if self.known.is_ok() { FRESH } else { AGAIN };
        if self.at.elapsed() >= enough {
            let tried = trial(connection, &self.path, max_pages);
            self.learn(tried);
        }
        self.known
    }

    fn learn(&mut self, now: Result<(), WriteFault>) {
        let before = std::mem::replace(&mut self.known, now);
        self.at = Instant::now();
        if before == now {
            return;
        }
        let path = self.path.display();
        match now {
            Ok(()) => tracing::info!(%path, "the log can be written again"),
            Err(fault) => tracing::error!(%path, reason = fault.as_str(), "the log can't be written"),
        }
        self.publish();
    }

    fn publish(&self) {
        metrics::gauge!("yimen_log_writable").set(if self.known.is_ok() { 1.0 } else { 0.0 });
    }
}

/// A commit that changes nothing, and room for the next large one.
fn trial(connection: &Connection, path: &Path, max_pages: Option<u32>) -> Result<(), WriteFault> {
    let failed = |error: rusqlite::Error| fault(&error);
    if let Some(most) = max_pages {
        let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let used = number("page_count").map_err(failed)? - number("freelist_count").map_err(failed)?;
        let needed = i64::try_from(ROOM / 4096).unwrap_or(i64::MAX);
        if used.saturating_add(needed) > i64::from(most) {
            return Err(WriteFault::DiskFull);
        }
    }
    trial_file(path)?;
    open::commit_nothing(connection).map_err(failed)
}

/// Writes as much as the largest append to a file beside the log, syncs it, and removes it.
fn trial_file(path: &Path) -> Result<(), WriteFault> {
    let mut name = path.as_os_str().to_owned();
    name.push("-trial");
    let name = PathBuf::from(name);
    let written =
        OpenOptions::new().create(true).truncate(true).write(true).open(&name).and_then(|mut file: File| {
            file.write_all(&vec![0; ROOM])?;
            file.sync_all()
        });
    let removed = std::fs::remove_file(&name);
    let fault = |error: std::io::Error| {
        let kind = error.kind();
        if matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) {
            WriteFault::DiskFull
        } else if matches!(kind, ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) {
            WriteFault::ReadOnly
        } else {
            WriteFault::Device
        }
    };
    written.and(removed).map_err(fault)
}

fn fault(error: &rusqlite::Error) -> WriteFault {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => WriteFault::DiskFull,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => WriteFault::ReadOnly,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) | None => WriteFault::Damaged,
        Some(_) => WriteFault::Device,
    }
}
