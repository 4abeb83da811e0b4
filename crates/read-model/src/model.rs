//! The handle that readers hold.

use std::future::Future;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use domain::Division;
use event_store::{EventStore, Position, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::follower::{self, Follower};
use crate::kept::{self, Keeper};
use crate::projection::Projection;
use crate::search::{Search, SearchError, SearchPage, SearchQuery, Suggestions};
use crate::{EntryView, Snapshot};

/// How a read model is kept.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where the full-text index is kept between runs; in memory, and built at each start, for `None`.
    ///
    /// One process at a time. What can't be used there is replaced.
    pub search_dir: Option<PathBuf>,
    /// What the next start goes on from; for `None`, every start folds the log from its beginning.
    pub snapshot: Option<SnapshotFile>,
    /// Ends the follower.
    pub stop: CancellationToken,
}

/// Where the read model's snapshot is kept, and how often it is written.
///
/// It is never trusted over the log: see [`ReadModel::start`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    /// The file; one process at a time.
    pub path: PathBuf,
    /// Fewest events between two snapshots. A large catalogue waits for half as many events as it has items.
    pub every: NonZeroU64,
}

/// A handle to the read model; cheap to clone.
#[derive(Debug, Clone)]
pub struct ReadModel {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    snapshot: ArcSwap<Snapshot>,
    position: watch::Sender<Position>,
    search: Search,
}

/// Why a read model does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log can't be read.
    #[error("the event log can't be read")]
    Store(#[from] StoreError),
    /// The full-text index can't be opened or made.
    #[error("the search index can't be opened")]
    Search(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A defect: folding the log panicked.
    #[error("the log can't be folded")]
    Fold(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The read model has not come so far in the time allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the read model has only reached {reached}")]
pub struct Behind {
    /// The position that it has reached.
    pub reached: Position,
}

impl ReadModel {
    /// Replays the log up to its present end, and gives the handle and the follower.
    ///
    /// Goes on from the snapshot of `options`, if that is whole, was made by the same sources from this log, and the log
    /// still holds the very event that it had come to; else from the log's beginning, and says why.
    ///
    /// The follower has to be spawned; it keeps the read model going until `options.stop` is cancelled, and
    /// goes on by itself when the log is unavailable for a while. The full-text index may come after: it is
    /// brought up to date by the follower's own thread, see [`at_least_search`](Self::at_least_search).
    pub async fn start(
        store: Arc<dyn EventStore>,
        options: Options,
    ) -> Result<(Self, impl Future<Output = ()> + Send + 'static), StartError> {
        let (resumed, unusable) = resume(&*store, options.snapshot.as_ref()).await?;
        let (projection, behind) = follower::replay(&*store, resumed).await?;
        let keeper = Keeper::new(options.snapshot, behind, unusable);
        let snapshot = projection.snapshot();
        let first = Arc::clone(&snapshot);
        let opened = tokio::task::spawn_blocking(move || Search::open(options.search_dir.as_deref(), &first));
        let (search, indexer) = opened
            .await
            .map_err(|error| StartError::Search(error.into()))?
            .map_err(|error| StartError::Search(error.into()))?;
        let position = watch::Sender::new(snapshot.position());
        let shared = Arc::new(Shared { snapshot: ArcSwap::new(snapshot), position, search });
        let follower = Follower::new(store, projection, indexer, Arc::clone(&shared), keeper, options.stop);
        Ok((Self { shared }, follower.run()))
    }

    /// Everything at the newest position; takes no lock.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.newest()
    }

    /// A snapshot that shows `position`, as soon as there is one, waiting at most `patience`.
    pub async fn at_least(&self, position: Position, patience: Duration) -> Result<Arc<Snapshot>, Behind> {
        reach(self.shared.position.subscribe(), position, patience).await?;
        Ok(self.snapshot())
    }

    /// The position of the newest snapshot, each time that there is a newer one.
    pub fn subscribe(&self) -> watch::Receiver<Position> {
        self.shared.position.subscribe()
    }

    /// Waits, at most for `patience`, until search and type-ahead find what the log held at `position`.
    pub async fn at_least_search(&self, position: Position, patience: Duration) -> Result<(), Behind> {
        reach(self.shared.search.subscribe(), position, patience).await
    }

    /// The position that search and type-ahead have reached.
    pub fn search_position(&self) -> Position {
        *self.shared.search.subscribe().borrow()
    }

    /// Live entries by words of their names, keywords, summaries, departments and codes; best first.
    ///
    /// The text is only ever words, never a query language. Costs some milliseconds of CPU.
    pub fn search(&self, query: &SearchQuery) -> Result<SearchPage, SearchError> {
        self.shared.search.search(query, &self.snapshot())
    }

    /// Live entries that somebody who has typed `text` so far may want; best first, at most ten.
    ///
    /// By the beginning of the name, words in it, pinyin, or the initials of the pinyin.
    pub fn suggest(
        &self,
        text: &str,
        region: Option<&Division>,
        limit: usize,
    ) -> Result<Suggestions, SearchError> {
        self.shared.search.suggest(text, region, limit, &self.snapshot())
    }

    /// A live entry of the newest snapshot, through an alias if need be.
    pub fn live_entry(&self, id: domain::EntryId) -> Option<Arc<EntryView>> {
        self.shared.snapshot.load().live_entry(id).cloned()
    }
}

/// What the snapshot says, and whether there is one that is of no use.
async fn resume(
    store: &dyn EventStore,
    snapshot: Option<&SnapshotFile>,
) -> Result<(Projection, bool), StoreError> {
    let Some(SnapshotFile { path, .. }) = snapshot else { return Ok((Projection::default(), false)) };
    let started = Instant::now();
    match kept::load(path, store).await? {
        Ok(None) => Ok((Projection::default(), false)),
        Ok(Some(projection)) => {
            let position = projection.position();
            tracing::info!(%position, elapsed = ?started.elapsed(), "the read model goes on from its snapshot");
            Ok((projection, false))
        }
        Err(reason) => {
            metrics::counter!("yimen_snapshot_refused_total").increment(1);
            let file = path.display();
            tracing::warn!(%file, %reason, "the read model's snapshot is not used; it is built from the whole log");
            Ok((Projection::default(), true))
        }
    }
}

impl Shared {
    /// The newest snapshot.
    pub(crate) fn newest(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Puts a newer snapshot before the readers, and tells those that wait.
    pub(crate) fn publish(&self, snapshot: Arc<Snapshot>) {
        let position = snapshot.position();
        self.snapshot.store(snapshot);
        self.position.send_replace(position);
    }
}

async fn reach(
    mut reached: watch::Receiver<Position>,
    position: Position,
    patience: Duration,
) -> Result<(), Behind> {
    let arrival = tokio::time::timeout(patience, reached.wait_for(|now| *now >= position));
    let arrived = arrival.await.is_ok_and(|outcome| outcome.is_ok());
    if arrived { Ok(()) } else { Err(Behind { reached: *reached.borrow() }) }
}
