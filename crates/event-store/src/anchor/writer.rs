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
    fn sign(&self, anchor: &Anchor) -> Result<String, SignFailure>;

    /// The anchor in a statement that was read from the log, in the order of the log; `None` if nobody whom we know
    /// signed it.
    fn open(&self, statement: &str) -> Option<Anchor>;
}

/// Why an anchor isn't signed.
#[derive(Debug, thiserror::Error)]
pub enum SignFailure {
    /// The log's anchors announced other keys than ours: nobody would believe what we sign.
    #[error("no anchor of the log announced any of our keys")]
    Stranger,
    /// The signer failed otherwise.
    #[error(transparent)]
    Failed(Box<dyn std::error::Error + Send + Sync>),
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
    /// The log comes from a gateway with other keys. Nothing is anchored until one of its keys is here.
    #[error(
        "the log's anchors know none of this gateway's keys: bring the assertion key file of the gateway that wrote \
         them and start again; until then nothing new is anchored"
    )]
    Stranger,
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
    /// The events since the last anchor.
    uncovered: VecDeque<Uncovered>,
    last: Option<Place>,
    /// Statements that the file outside still lacks.
    unwitnessed: VecDeque<String>,
}

/// An event that no anchor covers.
#[derive(Debug)]
struct Uncovered {
    mark: Mark,
    /// When it was read; none for an anchor, which alone is no reason for another one.
    since: Option<Instant>,
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
            uncovered: VecDeque::new(),
            last: None,
            unwitnessed: VecDeque::new(),
        }
    }

    /// Anchors until `stop`, and once more then, so that a log at rest is covered to its end.
    ///
    /// Ends before that only with what trying again doesn't mend: the log contradicts its anchors, or knows none of the
    /// signer's keys.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Send) -> Result<(), AnchorError> {
        let mut stop = std::pin::pin!(stop);
        let stopped = metrics::gauge!("yimen_log_anchoring_stopped");
        stopped.set(0.0);
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
            if let AnchorError::Contradicted { .. } | AnchorError::Stranger = error {
                stopped.set(1.0);
                return Err(error);
            }
            tokio::select! {
                () = &mut stop => break,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        if let Err(error) = self.finish(resumed).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the end of the log is not anchored");
        }
        Ok(())
    }

    /// Goes on for ever; each await may be the last.
    async fn follow(&mut self, resumed: &mut bool) -> Result<(), AnchorError> {
        self.read_on(resumed).await?;
        loop {
            self.catch_up().await?;
            self.witness().await;
            let due = self.uncovered_since().map(|since| since + self.cadence.interval);
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

    async fn finish(&mut self, mut resumed: bool) -> Result<(), AnchorError> {
        self.read_on(&mut resumed).await?;
        self.catch_up().await?;
        if self.uncovered_since().is_some() {
            self.state().await?;
        }
        self.witness().await;
        Ok(())
    }

    /// When the oldest event was read that is no anchor itself, and that none covers.
    fn uncovered_since(&self) -> Option<Instant> {
        self.uncovered.iter().find_map(|event| event.since)
    }

    /// Takes in the anchors that the log has beyond those that are known. Whatever was written or not, by us or by
    /// another replica: the log says how far they go.
    async fn read_on(&mut self, resumed: &mut bool) -> Result<(), AnchorError> {
        if self.log.is_none() {
            self.log = self.store.read_all(Position::START, 1).await?.first().map(|first| first.id);
        }
        let (mut revision, mut statements, mut newest) = (self.revision, Vec::new(), None);
        loop {
            let next = revision.map_or(0, |last| last.saturating_add(1));
            let page = self.store.read_stream(&self.stream, next, PAGE).await?;
            let Some(end) = page.last() else { break };
            revision = Some(end.revision);
            // A page of signatures takes longer than other tasks should wait.
            let signer = Arc::clone(&self.signer);
            let opened = tokio::task::spawn_blocking(move || {
                page.iter().filter_map(|recorded| open(&*signer, recorded)).collect::<Vec<_>>()
            });
            for (statement, anchor) in opened.await.map_err(StoreError::unavailable)? {
                newest = anchor.or(newest);
                if self.outside.is_some() {
                    statements.push(statement);
                }
            }
        }
        if let Some(anchor) = newest {
            self.stand_on(anchor).await?;
        }
        // Noted only when all is taken in: it may be cut short at each await, and begins again then.
        if *resumed {
            self.unwitnessed.extend(statements);
        } else {
            self.lacks(statements).await;
        }
        self.revision = revision;
        *resumed = true;
        Ok(())
    }

    /// Goes on where an anchor ends, or keeps what has been read beyond it.
    async fn stand_on(&mut self, anchor: Anchor) -> Result<(), AnchorError> {
        if anchor.through > self.running.events {
            self.position = self.position_of(&anchor.last).await?;
            self.running = Running { events: anchor.through, digest: anchor.digest };
            self.last = Some(anchor.last);
            self.uncovered.clear();
        } else {
            self.covered_through(anchor.through);
        }
        Ok(())
    }

    /// Forgets the events that an anchor covers.
    fn covered_through(&mut self, through: u64) {
        let before = self.running.events - self.uncovered.len() as u64;
        let covered = usize::try_from(through.saturating_sub(before)).unwrap_or(usize::MAX);
        self.uncovered.drain(..covered.min(self.uncovered.len()));
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
                if self.uncovered.len() >= most && self.uncovered_since().is_some() {
                    self.state().await?;
                    // Another replica's anchor may have taken us further: the rest of the page is read again.
                    break;
                }
            }
        }
        metrics::gauge!("yimen_log_unanchored_events").set(self.uncovered.len() as f64);
        Ok(())
    }

    fn fold(&mut self, recorded: &Recorded, now: Instant) {
        let hash = recorded.computed_hash();
        self.log.get_or_insert(recorded.id);
        self.position = recorded.position;
        let is_anchor = recorded.stream == self.stream;
        if is_anchor && self.revision < Some(recorded.revision) {
            self.take_in(recorded);
        }
        self.running.add(hash);
        self.uncovered.push_back(Uncovered { mark: Mark::of(hash), since: (!is_anchor).then_some(now) });
        self.last = Some(Place { stream: recorded.stream.as_str().to_owned(), revision: recorded.revision });
    }

    /// Another replica's anchor counts as much as ours.
    fn take_in(&mut self, recorded: &Recorded) {
        self.revision = Some(recorded.revision);
        let Some((statement, anchor)) = open(&*self.signer, recorded) else { return };
        if let Some(anchor) = anchor {
            self.covered_through(anchor.through);
        }
        if self.outside.is_some() {
            self.unwitnessed.push_back(statement);
        }
    }

    /// Writes an anchor over everything that was folded.
    async fn state(&mut self) -> Result<(), AnchorError> {
        let (Some(log), Some(last)) = (self.log, self.last.clone()) else { return Ok(()) };
        let anchor = Anchor {
            log,
            after: self.running.events - self.uncovered.len() as u64,
            through: self.running.events,
            digest: self.running.digest,
            last,
            marks: super::written(self.uncovered.iter().map(|event| event.mark)),
            at: Timestamp::now(),
        };
        let statement = self.signer.sign(&anchor).map_err(|failure| match failure {
            SignFailure::Stranger => AnchorError::Stranger,
            SignFailure::Failed(source) => AnchorError::Sign(source),
        })?;
        let event = event(&statement, anchor.at)?;
        let expected = Expected::after(self.revision);
        match self.store.append(&self.stream, expected, vec![event]).await {
            Ok(appended) => {
                self.revision = Some(appended.revision);
                self.uncovered.clear();
                if self.outside.is_some() {
                    self.unwitnessed.push_back(statement);
                }
                metrics::counter!("yimen_log_anchors_total").increment(1);
                Ok(())
            }
            // Another replica was faster.
            Err(error @ AppendError::Conflict { .. }) => {
                self.read_on(&mut true).await?;
                // If it isn't to be seen yet, later.
                if self.revision == expected.revision() { Err(AnchorError::Append(error)) } else { Ok(()) }
            }
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

/// The statement in an event of the anchors' stream, and what it says if somebody whom we know signed it.
fn open(signer: &dyn SignAnchor, recorded: &Recorded) -> Option<(String, Option<Anchor>)> {
    let statement = super::statement(recorded)?;
    let anchor = signer.open(&statement);
    if anchor.is_none() {
        tracing::warn!(revision = recorded.revision, "an anchor of the log is not signed by a known key");
    }
    Some((statement, anchor))
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
