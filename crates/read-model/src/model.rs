//! The handle that readers hold.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::Division;
use event_store::{EventStore, Position, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::follower::{self, Follower};
use crate::search::{Search, SearchError, SearchPage, SearchQuery, Suggestions};
use crate::{EntryView, Snapshot};

/// How a read model is kept.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where the full-text index is kept between runs; in memory, and built at each start, for `None`.
    ///
    /// One process at a time. What can't be used there is replaced.
    pub search_dir: Option<PathBuf>,
    /// Ends the follower.
    pub stop: CancellationToken,
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
    /// The follower has to be spawned; it keeps the read model going until `options.stop` is cancelled, and
    /// goes on by itself when the log is unavailable for a while. The full-text index may come after: it is
    /// brought up to date by the follower's own thread, see [`at_least_search`](Self::at_least_search).
    pub async fn start(
        store: Arc<dyn EventStore>,
        options: Options,
    ) -> Result<(Self, impl Future<Output = ()> + Send + 'static), StartError> {
        let mut projection = follower::replay(&*store).await?;
        projection.derive();
        let snapshot = projection.snapshot();
        let first = Arc::clone(&snapshot);
        let opened = tokio::task::spawn_blocking(move || Search::open(options.search_dir.as_deref(), &first));
        let (search, indexer) = opened
            .await
            .map_err(|error| StartError::Search(error.into()))?
            .map_err(|error| StartError::Search(error.into()))?;
        let position = watch::Sender::new(snapshot.position());
        let shared = Arc::new(Shared { snapshot: ArcSwap::new(snapshot), position, search });
        let follower = Follower::new(store, projection, indexer, Arc::clone(&shared), options.stop);
        Ok((Self { shared }, follower.run()))
    }

    /// Everything at the newest position; takes no lock.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot.load_full()
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

impl Shared {
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
