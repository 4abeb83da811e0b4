//! Writes anchors: follows the log, folds its running hash, states it when it is time.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::Actor;
use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use super::{ANCHORED, Anchor, Anchored, MOST_EVENTS, Mark, OutsideAnchors, Place, Running, VERSION};
use crate::{
    AppendError, Digest, EventStore, Expected, Metadata, NewEvent, Position, Recorded, StoreError, StreamName,
};

/// Events that are read at once.
const PAGE: usize = 1024;
/// How long to wait for a log or a signer that fails.
const PAUSE: Duration = Duration::from_secs(1);

/// Signs an anchor, and tells whether a statement in the log is one of ours.
pub trait SignAnchor: fmt::Debug + Send + Sync {
    /// The anchor as a compact JWS.
    fn sign(&self, anchor: &Anchor) -> Result<String, Box<dyn std::error::Error + Send + Sync>>;

    /// The anchor in a statement that was read from the log, in the order of the log; `None` if nobody whom we know
    /// signed it.
    fn open(&self, statement: &str) -> Option<Anchor>;
}

/// When anchors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    /// Once so many events are not covered.
    pub events: usize,
    /// Once an event has not been covered for so long.
    pub interval: Duration,
}

/// Why no anchor could be written.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The append was refused.
    #[error("the anchor was not appended")]
    Append(#[source] AppendError),
    /// The signer failed.
    #[error("the anchor can't be signed")]
    Sign(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The anchor can't be written as JSON.
    #[error("the anchor can't be written as JSON")]
    Encode(#[from] serde_json::Error),
    /// The log lacks what its own last anchor names. Nothing is vouched for until somebody has looked.
    #[error("the log lacks event {revision} of {stream}, which its last anchor covers: run `yimen verify`")]
    Contradicted {
        /// The stream of the missing event.
        stream: String,
        /// Its place in the stream.
        revision: u64,
    },
}

/// Follows a log and anchors it.
#[derive(Debug)]
pub struct Anchorer {
    store: Arc<dyn EventStore>,
    signer: Arc<dyn SignAnchor>,
    cadence: Cadence,
    outside: Option<OutsideAnchors>,
    stream: StreamName,
    /// Revision of the last event of the anchors' stream.
    revision: Option<u64>,
    log: Option<Uuid>,
    position: Position,
    /// Up to the last event that was read.
    running: Running,
    /// Of the events since the last anchor.
    marks: Vec<Mark>,
    last: Option<Place>,
    /// When the oldest event that is no anchor itself, and is not covered by one, was read.
    uncovered_since: Option<Instant>,
    /// Statements that the file outside still lacks.
    unwitnessed: VecDeque<String>,
}

impl Anchorer {
    /// Anchors `store` with statements of `signer`; the statements are added to `outside`, too.
    pub fn new(
        store: Arc<dyn EventStore>,
        signer: Arc<dyn SignAnchor>,
        cadence: Cadence,
        outside: Option<OutsideAnchors>,
    ) -> Self {
        let stream = super::stream();
        Self {
            store,
            signer,
            cadence,
            outside,
            stream,
            revision: None,
            log: None,
            position: Position::START,
            running: Running::START,
            marks: Vec::new(),
            last: None,
            uncovered_since: None,
            unwitnessed: VecDeque::new(),
        }
    }

    /// Anchors until `stop`, and once more then, so that a log at rest is covered to its end.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let mut resumed = false;
        loop {
            let failed = tokio::select! {
                biased;
                () = &mut stop => break,
                failed = self.follow(&mut resumed) => failed,
            };
            let Err(error) = failed else { continue };
            metrics::counter!("yimen_log_anchor_failures_total").increment(1);
            tracing::error!(error = &error as &dyn std::error::Error, "the log can't be anchored");
            if let AnchorError::Contradicted { .. } = error {
                return;
            }
            // Whatever was written or not: the log says how far anchors go.
            resumed = false;
            tokio::select! {
                () = &mut stop => break,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        if let Err(error) = self.finish(resumed).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the end of the log is not anchored");
        }
    }

    /// Goes on for ever; each await may be the last.
    async fn follow(&mut self, resumed: &mut bool) -> Result<(), AnchorError> {
        if !*resumed {
            self.resume().await?;
            *resumed = true;
        }
        loop {
            self.catch_up().await?;
            self.witness().await;
            let due = self.uncovered_since.map(|since| since + self.cadence.interval);
            if due.is_some_and(|due| due <= Instant::now()) {
                self.state().await?;
                continue;
            }
            let changed = self.store.changed(self.position);
            match due {
                Some(due) => {
                    if let Ok(changed) = tokio::time::timeout_at(due, changed).await {
                        changed?;
                    }
                }
                None => drop(changed.await?),
            }
        }
    }

    async fn finish(&mut self, resumed: bool) -> Result<(), AnchorError> {
        if !resumed {
            self.resume().await?;
        }
        self.catch_up().await?;
        if self.uncovered_since.is_some() {
            self.state().await?;
        }
        self.witness().await;
        Ok(())
    }

    /// Goes to where the last anchor of the log ends.
    async fn resume(&mut self) -> Result<(), AnchorError> {
        let store = Arc::clone(&self.store);
        let (signer, outside) = (Arc::clone(&self.signer), self.outside.clone());
        *self = Self::new(store, signer, self.cadence, outside);
        self.log = self.store.read_all(Position::START, 1).await?.first().map(|first| first.id);
        let (mut statements, mut newest) = (Vec::new(), None);
        loop {
            let next = self.revision.map_or(0, |last| last.saturating_add(1));
            let page = self.store.read_stream(&self.stream, next, PAGE).await?;
            let Some(end) = page.last() else { break };
            self.revision = Some(end.revision);
            for recorded in &page {
                let Some(statement) = super::statement(recorded) else { continue };
                match self.signer.open(&statement) {
                    Some(anchor) => newest = Some(anchor),
                    None => {
                        tracing::warn!(
                            revision = recorded.revision,
                            "an anchor of the log is not signed by a known key"
                        );
                    }
                }
                statements.push(statement);
            }
        }
        if let Some(anchor) = newest {
            self.position = self.position_of(&anchor.last).await?;
            self.running = Running { events: anchor.through, digest: anchor.digest };
            self.last = Some(anchor.last);
        }
        self.lacks(statements).await;
        Ok(())
    }

    async fn position_of(&self, place: &Place) -> Result<Position, AnchorError> {
        let missing = || AnchorError::Contradicted { stream: place.stream.clone(), revision: place.revision };
        let stream = place.stream.parse::<StreamName>().map_err(|_| missing())?;
        let found = self.store.read_stream(&stream, place.revision, 1).await?;
        let found = found.first().filter(|found| found.revision == place.revision);
        found.map(|found| found.position).ok_or_else(missing)
    }

    async fn catch_up(&mut self) -> Result<(), AnchorError> {
        loop {
            let page = self.store.read_all(self.position, PAGE).await?;
            if page.is_empty() {
                break;
            }
            let now = Instant::now();
            let most = self.cadence.events.clamp(1, MOST_EVENTS);
            for recorded in &page {
                self.fold(recorded, now);
                if self.marks.len() >= most && self.uncovered_since.is_some() {
                    self.state().await?;
                    // Another replica's anchor may have set us back: the rest of the page is read again.
                    break;
                }
            }
        }
        metrics::gauge!("yimen_log_unanchored_events").set(self.marks.len() as f64);
        Ok(())
    }

    fn fold(&mut self, recorded: &Recorded, now: Instant) {
        let hash = recorded.computed_hash();
        self.log.get_or_insert(recorded.id);
        self.position = recorded.position;
        self.running.add(hash);
        self.marks.push(Mark::of(hash));
        self.last = Some(Place { stream: recorded.stream.as_str().to_owned(), revision: recorded.revision });
        // An anchor alone is no reason for another one.
        if recorded.stream != self.stream {
            self.uncovered_since.get_or_insert(now);
        }
    }

    /// Writes an anchor over everything that was folded.
    async fn state(&mut self) -> Result<(), AnchorError> {
        let (Some(log), Some(last)) = (self.log, self.last.clone()) else { return Ok(()) };
        let anchor = Anchor {
            log,
            after: self.running.events - self.marks.len() as u64,
            through: self.running.events,
            digest: self.running.digest,
            last,
            marks: super::written(&self.marks),
            at: Timestamp::now(),
        };
        let statement = self.signer.sign(&anchor).map_err(AnchorError::Sign)?;
        let event = event(&statement, anchor.at)?;
        let expected = Expected::after(self.revision);
        match self.store.append(&self.stream, expected, vec![event]).await {
            Ok(appended) => {
                self.revision = Some(appended.revision);
                self.marks.clear();
                self.uncovered_since = None;
                if self.outside.is_some() {
                    self.unwitnessed.push_back(statement);
                }
                metrics::counter!("yimen_log_anchors_total").increment(1);
                Ok(())
            }
            // Another replica was faster; its anchor counts as much as ours.
            Err(AppendError::Conflict { .. }) => Box::pin(self.resume()).await,
            Err(AppendError::Store(error)) => Err(error.into()),
            Err(
                error @ (AppendError::IdReused { .. } | AppendError::TooLarge { .. } | AppendError::Nothing),
            ) => Err(AnchorError::Append(error)),
        }
    }

    /// Notes which of the log's statements the file outside lacks.
    async fn lacks(&mut self, statements: Vec<String>) {
        let Some(outside) = self.outside.clone() else { return };
        let read = tokio::task::spawn_blocking(move || outside.read()).await;
        let known = match read.map_err(std::io::Error::from).flatten() {
            Ok(known) => known,
            Err(error) => return unwritable(&error),
        };
        let Some(newest) = known.iter().rev().find(|known| self.signer.open(known).is_some()) else {
            self.unwitnessed = statements.into();
            return;
        };
        match statements.iter().rposition(|statement| statement == newest) {
            Some(at) => self.unwitnessed = statements.into_iter().skip(at + 1).collect(),
            None => {
                metrics::counter!("yimen_log_anchor_failures_total").increment(1);
                tracing::error!(
                    "the log lacks the newest anchor of the file outside: its end was cut off, or another log is here"
                );
                self.outside = None;
            }
        }
    }

    /// Brings the file outside up to date; what fails is tried again with the next anchor.
    async fn witness(&mut self) {
        let Some(outside) = self.outside.clone().filter(|_| !self.unwitnessed.is_empty()) else { return };
        let statements: Vec<_> = self.unwitnessed.iter().cloned().collect();
        let added = tokio::task::spawn_blocking(move || outside.add(&statements)).await;
        match added.map_err(std::io::Error::from).flatten() {
            Ok(()) => self.unwitnessed.clear(),
            Err(error) => unwritable(&error),
        }
    }
}

fn unwritable(error: &std::io::Error) {
    metrics::counter!("yimen_log_anchor_failures_total").increment(1);
    tracing::error!(%error, "the file of anchors outside the log can't be written");
}

fn event(statement: &str, at: Timestamp) -> Result<NewEvent, serde_json::Error> {
    let data = serde_json::to_vec(&Anchored { statement: statement.to_owned() })?;
    let id = Uuid::new_v4();
    let actor = Actor::system("anchor");
    let metadata = Metadata {
        actor: actor.id,
        role: actor.role,
        department: None,
        reason: None,
        command_id: id,
        command_digest: Digest::of(&data),
        trace_id: None,
        at,
    };
    NewEvent::new(id, ANCHORED, VERSION, data, &metadata)
}
