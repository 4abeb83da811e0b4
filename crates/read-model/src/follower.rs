//! Follows the log: reads, folds, publishes, and feeds the search index.

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_store::{EventStore, Recorded, StoreError};
use tokio_util::sync::CancellationToken;

use crate::kept::Keeper;
use crate::model::{Shared, StartError};
use crate::projection::{Happened, Projection};
use crate::search::Indexer;

/// Most events that are read at once.
const PAGE: usize = 4096;
/// How long readers see nothing new while the follower is behind and folds page after page.
const PUBLISH_AT_LEAST_EVERY: Duration = Duration::from_millis(100);
/// First and longest pause after the log could not be read.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Folds the log from where the projection is up to its present end; says how many events those were.
///
/// While a page is folded, the next one is read as JSON, and the one after that from the log.
pub(crate) async fn replay(
    store: &dyn EventStore,
    mut projection: Projection,
) -> Result<(Projection, u64), StartError> {
    let started = Instant::now();
    let from = projection.position();
    let mut events = 0;
    let mut page = store.read_all(from, PAGE).await?;
    let mut ready = (Vec::new(), Vec::new());
    while let Some(after) = page.last().map(|last| last.position) {
        events += page.len() as u64;
        let folding = tokio::task::spawn_blocking(move || {
            projection.fold(&ready.0, ready.1);
            projection
        });
        let reading = tokio::task::spawn_blocking(move || {
            let happened = Happened::read_all(&page);
            (page, happened)
        });
        let (folded, read, next) = tokio::join!(folding, reading, store.read_all(after, PAGE));
        projection = folded.map_err(|error| StartError::Fold(error.into()))?;
        ready = read.map_err(|error| StartError::Fold(error.into()))?;
        page = next?;
    }
    let folding = tokio::task::spawn_blocking(move || {
        projection.fold(&ready.0, ready.1);
        projection.derive();
        projection
    });
    projection = folding.await.map_err(|error| StartError::Fold(error.into()))?;
    tracing::info!(%from, events, elapsed = ?started.elapsed(), "the log is replayed");
    Ok((projection, events))
}

/// What keeps a read model going.
#[derive(Debug)]
pub(crate) struct Follower {
    store: Arc<dyn EventStore>,
    projection: Projection,
    indexer: Indexer,
    shared: Arc<Shared>,
    keeper: Keeper,
    stop: CancellationToken,
    published: Instant,
    /// Whether readers have everything that is folded.
    up_to_date: bool,
    pause: Duration,
}

impl Follower {
    pub(crate) fn new(
        store: Arc<dyn EventStore>,
        projection: Projection,
        indexer: Indexer,
        shared: Arc<Shared>,
        keeper: Keeper,
        stop: CancellationToken,
    ) -> Self {
        Self {
            store,
            projection,
            indexer,
            shared,
            keeper,
            stop,
            published: Instant::now(),
            up_to_date: true,
            pause: PAUSES.0,
        }
    }

    /// Runs until it is stopped.
    pub(crate) async fn run(mut self) {
        let stop = self.stop.clone();
        self.keeper.consider(&self.shared.newest()).await;
        while let Some(page) = stop.run_until_cancelled(self.next_page()).await {
            self = match self.take(page).await {
                Ok(mut follower) => {
                    if follower.up_to_date {
                        follower.keeper.consider(&follower.shared.newest()).await;
                    }
                    follower
                }
                Err(error) => {
                    tracing::error!(%error, "folding the log panicked; the read model stands still");
                    return;
                }
            };
        }
        let Self { indexer, keeper, shared, .. } = self;
        let newest = shared.newest();
        tokio::join!(indexer.finish(), keeper.finish(&newest));
    }

    /// The next events, as soon as there are any, however long the log is unavailable.
    ///
    /// None at once if there are none and readers wait for what is already folded.
    async fn next_page(&mut self) -> Vec<Recorded> {
        loop {
            match self.read().await {
                Ok(Some(page)) => {
                    self.pause = PAUSES.0;
                    return page;
                }
                Ok(None) => {}
                Err(error) => {
                    metrics::counter!("yimen_projection_read_failures_total").increment(1);
                    tracing::error!(%error, pause = ?self.pause, "the log can't be followed; trying again");
                    tokio::time::sleep(self.pause).await;
                    self.pause = (self.pause * 2).min(PAUSES.1);
                }
            }
        }
    }

    /// A page; nothing after something new has come.
    async fn read(&self) -> Result<Option<Vec<Recorded>>, StoreError> {
        let after = self.projection.position();
        let page = self.store.read_all(after, PAGE).await?;
        if !page.is_empty() || !self.up_to_date {
            return Ok(Some(page));
        }
        self.store.changed(after).await?;
        Ok(None)
    }

    /// Folds a page, and publishes unless there is more to come at once.
    async fn take(self, page: Vec<Recorded>) -> Result<Self, tokio::task::JoinError> {
        let more_at_once = page.len() >= PAGE && self.published.elapsed() < PUBLISH_AT_LEAST_EVERY;
        let mut follower = tokio::task::spawn_blocking(move || {
            let mut follower = self;
            let started = Instant::now();
            follower.projection.apply(&page);
            follower.keeper.folded(page.len());
            follower.up_to_date = false;
            if !more_at_once {
                follower.publish();
            }
            metrics::histogram!("yimen_projection_apply_seconds").record(started.elapsed());
            follower
        })
        .await?;
        follower.measure().await;
        Ok(follower)
    }

    fn publish(&mut self) {
        let touched = self.projection.derive();
        let snapshot = self.projection.snapshot();
        self.shared.publish(Arc::clone(&snapshot));
        self.indexer.feed(touched, snapshot);
        self.published = Instant::now();
        self.up_to_date = true;
    }

    async fn measure(&mut self) {
        let position = self.projection.position();
        metrics::gauge!("yimen_projection_position").set(position.raw() as f64);
        if let Ok(head) = self.store.head().await {
            let lag = head.raw().saturating_sub(position.raw());
            metrics::gauge!("yimen_projection_lag_events").set(lag as f64);
        }
    }
}
