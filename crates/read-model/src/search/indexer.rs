//! The thread that brings the index up to date, behind the snapshots and never in their way.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use domain::EntryId;
use event_store::Position;
use tokio::sync::watch;

use super::index::OpenIndex;
use crate::Snapshot;

/// Shortest time between two commits: what comes meanwhile shares the next one.
const COMMIT_INTERVAL: Duration = Duration::from_millis(100);
/// How long a failed commit is left alone before it is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Feeds the index. Dropping it ends the thread after the commit that it is at.
#[derive(Debug)]
pub(crate) struct Indexer {
    inbox: Arc<Inbox>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread has still to do; entries that change again meanwhile are there once.
#[derive(Debug, Default)]
struct Inbox {
    work: Mutex<Work>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Work {
    entries: BTreeSet<EntryId>,
    snapshot: Option<Arc<Snapshot>>,
    stopped: bool,
}

impl Indexer {
    /// Starts the thread, with whatever has changed since the index was committed last.
    pub(super) fn start(
        index: OpenIndex,
        snapshot: &Arc<Snapshot>,
        reached: watch::Sender<Position>,
    ) -> std::io::Result<Self> {
        let entries = snapshot.changed_after(index.reached).collect();
        let work = Work { entries, snapshot: Some(Arc::clone(snapshot)), stopped: false };
        let inbox = Arc::new(Inbox { work: Mutex::new(work), changed: Condvar::new() });
        let of_thread = Arc::clone(&inbox);
        let thread = std::thread::Builder::new()
            .name("search-index".to_owned())
            .spawn(move || run(index, &of_thread, &reached))?;
        Ok(Self { inbox, thread: Some(thread) })
    }

    /// Has the index follow to `snapshot`, in which `touched` may differ from the one before.
    pub(crate) fn feed(&self, touched: Vec<EntryId>, snapshot: Arc<Snapshot>) {
        let mut work = self.inbox.lock();
        work.entries.extend(touched);
        work.snapshot = Some(snapshot);
        drop(work);
        self.inbox.changed.notify_one();
    }

    /// Ends the thread and waits for it, so that another process may open the index.
    pub(crate) async fn finish(mut self) {
        self.inbox.stop();
        if let Some(thread) = self.thread.take() {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the search index's thread had panicked");
            }
        }
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.inbox.stop();
    }
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_one();
    }

    /// Everything there is to do, as soon as there is something; `None` when it is over.
    fn take(&self) -> Option<(BTreeSet<EntryId>, Arc<Snapshot>)> {
        let mut work = self.lock();
        loop {
            if work.stopped {
                return None;
            }
            if let Some(snapshot) = work.snapshot.take() {
                return Some((std::mem::take(&mut work.entries), snapshot));
            }
            work = self.changed.wait(work).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives back what could not be done; a newer snapshot stays.
    fn put_back(&self, entries: BTreeSet<EntryId>, snapshot: Arc<Snapshot>) {
        let mut work = self.lock();
        work.entries.extend(entries);
        work.snapshot.get_or_insert(snapshot);
    }

    fn pause(&self, duration: Duration) {
        let until = Instant::now() + duration;
        let mut work = self.lock();
        while !work.stopped {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let (woken, _) = self.changed.wait_timeout(work, left).unwrap_or_else(PoisonError::into_inner);
            work = woken;
        }
    }
}

fn run(mut index: OpenIndex, inbox: &Inbox, reached: &watch::Sender<Position>) {
    while let Some((entries, snapshot)) = inbox.take() {
        let started = Instant::now();
        let position = snapshot.position();
        // Nothing that is searched for has changed: the last commit says it all.
        if entries.is_empty() {
            reached.send_replace(position);
            continue;
        }
        match index.write(entries.iter().copied(), &snapshot) {
            Ok(()) => {
                metrics::histogram!("yimen_search_commit_seconds").record(started.elapsed());
                reached.send_replace(position);
                inbox.pause(COMMIT_INTERVAL.saturating_sub(started.elapsed()));
            }
            Err(error) => {
                metrics::counter!("yimen_search_failures_total").increment(1);
                tracing::error!(%error, "the search index can't be written; trying again");
                if let Err(error) = index.roll_back() {
                    tracing::error!(%error, "the search index can't be rolled back");
                }
                inbox.put_back(entries, snapshot);
                inbox.pause(RETRY_AFTER);
            }
        }
    }
    if let Err(error) = index.close() {
        tracing::warn!(%error, "the search index was not closed cleanly");
    }
}
