//! Follows the log: reads, folds, publishes, and feeds the search index.

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_store::{EventStore, Position, Recorded, StoreError};
use tokio_util::sync::CancellationToken;

use crate::model::{Shared, StartError};
use crate::projection::Projection;
use crate::search::Indexer;

/// Most events that are read at once.
const PAGE: usize = 4096;
/// How long readers see nothing new while the follower is behind and folds page after page.
const PUBLISH_AT_LEAST_EVERY: Duration = Duration::from_millis(100);
/// First and longest pause after the log could not be read.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Folds the log up to its present end, reading the next page while one is folded.
pub(crate) async fn replay(store: &dyn EventStore) -> Result<Projection, StartError> {
    let started = Instant::now();
    let mut projection = Projection::default();
    let mut page = store.read_all(Position::START, PAGE).await?;
    let mut events = 0_usize;
    while let Some(last) = page.last() {
        let after = last.position;
        events += page.len();
        let folding = tokio::task::spawn_blocking(move || {
            projection.apply(&page);
            projection
        });
        let (folded, next) = tokio::join!(folding, store.read_all(after, PAGE));
        projection = folded.map_err(|error| StartError::Fold(error.into()))?;
        page = next?;
    }
    tracing::info!(events, elapsed = ?started.elapsed(), "the log is replayed");
    Ok(projection)
}

/// What keeps a read model going.
#[derive(Debug)]
pub(crate) struct Follower {
    store: Arc<dyn EventStore>,
    projection: Projection,
    indexer: Indexer,
    shared: Arc<Shared>,
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
        stop: CancellationToken,
    ) -> Self {
        Self {
            store,
            projection,
            indexer,
            shared,
            stop,
            published: Instant::now(),
            up_to_date: true,
            pause: PAUSES.0,
        }
    }

    /// Runs until it is stopped.
    pub(crate) async fn run(mut self) {
        let stop = self.stop.clone();
        while let Some(page) = stop.run_until_cancelled(self.next_page()).await {
            self = match self.take(page).await {
                Ok(follower) => follower,
                Err(error) => {
                    tracing::error!(%error, "folding the log panicked; the read model stands still");
                    return;
                }
            };
        }
        let Self { indexer, .. } = self;
        indexer.finish().await;
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
