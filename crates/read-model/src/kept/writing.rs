//! Writes the snapshot, off the follower's path: whole beside the old one, then in its place.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinHandle;

use super::record::Record;
use super::{FOLDING, Heading, KIND, blocks};
use crate::{Snapshot, SnapshotFile};

/// Bytes of states after which a block ends.
const BLOCK: usize = 1024 * 1024;
/// A catalogue's snapshot is as large as the catalogue: it is written after as many events as half its items, or later.
const ITEMS_FOR_AN_EVENT: u64 = 2;
/// Part of the wait after which a follower that ends writes all the same.
const AT_THE_END: u64 = 4;

/// Keeps the file at what the read model says, as far as that is worth it.
#[derive(Debug)]
pub(crate) struct Keeper {
    file: Option<SnapshotFile>,
    /// Events since the state that the file has.
    unsaved: u64,
    /// The file that is there is of no use.
    unusable: bool,
    writing: Option<JoinHandle<bool>>,
}

impl Keeper {
    /// Keeps a file from which `unsaved` events are missing; `unusable` if it is there and can't be used.
    pub(crate) fn new(file: Option<SnapshotFile>, unsaved: u64, unusable: bool) -> Self {
        Self { file, unsaved, unusable, writing: None }
    }

    /// Takes note of events that were folded.
    pub(crate) fn folded(&mut self, events: usize) {
        self.unsaved = self.unsaved.saturating_add(events as u64);
    }

    /// Begins to write if enough has come since the last time, and that is done.
    pub(crate) async fn consider(&mut self, snapshot: &Arc<Snapshot>) {
        let Some(file) = &self.file else { return };
        if self.unsaved < worth_it(file, snapshot) && !self.unusable {
            return;
        }
        let path = file.path.clone();
        if self.writing.as_ref().is_none_or(JoinHandle::is_finished) {
            self.written().await;
            self.begin(path, snapshot);
        }
    }

    /// Writes what a start would have to fold again, unless that is little.
    pub(crate) async fn finish(mut self, snapshot: &Arc<Snapshot>) {
        self.written().await;
        let Some(file) = self.file.take() else { return };
        if self.unsaved.saturating_mul(AT_THE_END) >= worth_it(&file, snapshot) {
            self.begin(file.path, snapshot);
            self.written().await;
        }
    }

    fn begin(&mut self, file: PathBuf, snapshot: &Arc<Snapshot>) {
        self.unsaved = 0;
        self.unusable = false;
        if snapshot.reached.is_none() {
            return;
        }
        let snapshot = Arc::clone(snapshot);
        self.writing = Some(tokio::task::spawn_blocking(move || keep(&file, &snapshot)));
    }

    async fn written(&mut self) {
        if let Some(writing) = self.writing.take()
            && !writing.await.unwrap_or(false)
        {
            // Tried again when as much has come once more: a full disk is none to be written to all the time.
            metrics::counter!("yimen_snapshot_failures_total").increment(1);
        }
    }
}

/// Events after which a snapshot is written while the follower goes on.
fn worth_it(file: &SnapshotFile, snapshot: &Snapshot) -> u64 {
    file.every.get().max(snapshot.items.len() as u64 / ITEMS_FOR_AN_EVENT)
}

fn keep(file: &Path, snapshot: &Snapshot) -> bool {
    let started = Instant::now();
    match write(file, snapshot) {
        Ok(bytes) => {
            let position = snapshot.position;
            tracing::info!(file = %file.display(), %position, bytes, elapsed = ?started.elapsed(), "the read model's snapshot is written");
            metrics::gauge!("yimen_snapshot_position").set(position.raw() as f64);
            true
        }
        Err(error) => {
            tracing::warn!(file = %file.display(), %error, "the read model's snapshot can't be written; a start takes longer");
            // What is half there is of no use to anybody.
            let _ = fs::remove_file(half_written(file));
            false
        }
    }
}

/// Where a file is while it is written. What a killed process left there is written over.
fn half_written(file: &Path) -> PathBuf {
    file.with_extension("half")
}

/// Writes the whole file, and puts it in the place of the one before once the disk has it; gives its size in bytes.
fn write(file: &Path, snapshot: &Snapshot) -> std::io::Result<u64> {
    let (Some(log), Some(reached)) = (snapshot.log, snapshot.reached.clone()) else { return Ok(0) };
    let heading = Heading {
        kind: KIND.to_owned(),
        folding: FOLDING.to_owned(),
        records: Record::count(snapshot),
        log,
        reached,
        skipped: snapshot.skipped,
        counted_since: snapshot.counted_since,
        last_at: snapshot.last_at,
    };
    let half = half_written(file);
    let mut out = BufWriter::new(private(&half)?);
    blocks::write(&mut out, 0, &serde_json::to_vec(&heading)?)?;
    let mut place = 1;
    let mut block = Vec::with_capacity(BLOCK);
    for record in Record::all(snapshot) {
        serde_json::to_writer(&mut block, &record)?;
        block.push(b'\n');
        if block.len() >= BLOCK {
            blocks::write(&mut out, place, &block)?;
            block.clear();
            place += 1;
        }
    }
    if !block.is_empty() {
        blocks::write(&mut out, place, &block)?;
    }
    out.flush()?;
    let written = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    written.sync_all()?;
    let bytes = written.metadata()?.len();
    fs::rename(&half, file)?;
    if let Some(folder) = file.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(bytes)
}

/// A new file for its owner alone: it holds drafts.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
