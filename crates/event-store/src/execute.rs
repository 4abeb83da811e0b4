//! How a command becomes events: read, fold, decide, append at the exact revision.

use std::time::Duration;

use domain::{Actor, Aggregate, Context, DomainEvent, Policy};
use jiff::Timestamp;
use uuid::Uuid;

use crate::history::{FoldError, History, Original};
use crate::{
    AppendError, Appended, DecodeError, Digest, EventStore, Expected, Loaded, Metadata, NewEvent, Position,
    StoreError, StreamName, StreamNameError,
};

/// How often a command is decided before a crowded stream is reported.
const ATTEMPTS: u32 = 5;

/// What comes with a command: who, when, under which key and condition.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// Who gives the command.
    pub actor: &'a Actor,
    /// Identifies the command: the same id again is the same command, answered without doing it twice.
    ///
    /// One id is for one stream. Whoever derives several commands from one request gives each its own,
    /// for example `Uuid::new_v5(&request, b"placement")`.
    pub command_id: Uuid,
    /// Digest of the command's canonical content, to refuse an id that comes again with another body.
    pub command_digest: Digest,
    /// The reason that the actor gave, if any.
    pub reason: Option<String>,
    /// The W3C trace id of the request, if there is one.
    pub trace_id: Option<String>,
    /// When the command was received.
    pub now: Timestamp,
    /// The city's rules.
    pub policy: &'a Policy,
    /// The revision that the actor has seen (`If-Match`); `None` decides on whatever is there.
    pub expected: Option<u64>,
}

impl Envelope<'_> {
    fn metadata(&self) -> Metadata {
        Metadata {
            actor: self.actor.id.clone(),
            role: self.actor.role,
            department: self.actor.department.clone(),
            reason: self.reason.clone(),
            command_id: self.command_id,
            command_digest: self.command_digest,
            trace_id: self.trace_id.clone(),
            at: self.now,
        }
    }
}

/// What a command led to.
#[derive(Debug, Clone)]
pub struct Executed<A: Aggregate> {
    /// The state right after the command.
    pub state: A,
    /// The stream's revision right after the command; `None` if it still has no events.
    pub revision: Option<u64>,
    /// A reader that has reached this position sees the command's effect.
    pub position: Position,
    /// What happened; empty if it was already so.
    pub events: Vec<A::Event>,
    /// Whether this answers a command that had been carried out before.
    pub replayed: bool,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<R: std::error::Error + 'static> {
    /// The rules refuse it.
    #[error(transparent)]
    Rejected(R),
    /// The stream is not at the revision that the actor has seen.
    #[error("it has changed since it was read")]
    Stale {
        /// Revision of its last event; `None` if it has none.
        actual: Option<u64>,
    },
    /// The command id has been used for another command.
    #[error("the command id has been used for another command")]
    CommandReused,
    /// Others wrote to the stream each time; nothing was written.
    #[error("too many commands for one subject at once")]
    Contended,
    /// The events are larger than the log takes.
    #[error("{bytes} bytes are more than the {limit} that one command may write")]
    TooLarge {
        /// Their size in bytes.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The aggregate's id can't be part of a stream's name.
    #[error(transparent)]
    Name(#[from] StreamNameError),
    /// An event of the stream can't be read, so that nothing can be decided on it.
    #[error(transparent)]
    Undecodable(#[from] DecodeError),
    /// An event can't be written as JSON.
    #[error("an event can't be written as JSON")]
    Unencodable(#[source] serde_json::Error),
    /// The log failed. If it is unavailable, the command may have been carried out: repeat it as it is.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<R: std::error::Error + 'static> From<FoldError> for ExecuteError<R> {
    fn from(error: FoldError) -> Self {
        match error {
            FoldError::Store(error) => Self::Store(error),
            FoldError::Decode(error) => Self::Undecodable(error),
        }
    }
}

/// The id of the event that a command writes at `ordinal`, counted from 0.
///
/// UUID version 5 (RFC 9562) in the namespace of the command id, of the ordinal's decimal digits.
pub fn event_id(command_id: Uuid, ordinal: usize) -> Uuid {
    Uuid::new_v5(&command_id, ordinal.to_string().as_bytes())
}

/// Carries out a command on one aggregate.
///
/// Decides again when others were faster, up to five times. A command whose id is already in the stream
/// is answered with what it led to then. A command that changes nothing succeeds without an event.
pub async fn execute<A: Aggregate>(
    store: &dyn EventStore,
    id: &A::Id,
    command: &A::Command,
    envelope: &Envelope<'_>,
) -> Result<Executed<A>, ExecuteError<A::Rejection>> {
    let stream = StreamName::new(A::CATEGORY, &id.to_string())?;
    let context = Context { actor: envelope.actor, now: envelope.now, policy: envelope.policy };
    let mut history = History::<A>::of_command(envelope.command_id);
    let mut used_before = false;
    for attempt in 0..ATTEMPTS {
        back_off(attempt).await;
        history.catch_up(store, &stream).await?;
        if let Some(original) = history.original {
            return replay(original, envelope);
        }
        if used_before {
            return Err(ExecuteError::CommandReused);
        }
        if envelope.expected.is_some() && envelope.expected != history.now.revision {
            return Err(ExecuteError::Stale { actual: history.now.revision });
        }
        let events = history.now.state.decide(command, &context).map_err(ExecuteError::Rejected)?;
        if events.is_empty() {
            return Ok(executed(history.now, events));
        }
        let encoded = encode(&events, envelope).map_err(ExecuteError::Unencodable)?;
        match append(store, &stream, Expected::after(history.now.revision), encoded).await {
            Ok(Outcome::Written(appended)) => return Ok(written(history.now, events, appended)),
            // Somebody gave the same command at the same time: its events say what it led to.
            Ok(Outcome::WrittenByAnother) | Err(AppendError::IdReused { .. }) => used_before = true,
            Err(AppendError::Conflict { .. }) => {}
            Err(AppendError::TooLarge { bytes, limit }) => {
                return Err(ExecuteError::TooLarge { bytes, limit });
            }
            Err(AppendError::Nothing) => return Ok(executed(history.now, events)),
            Err(AppendError::Store(error)) => return Err(error.into()),
        }
    }
    Err(ExecuteError::Contended)
}

/// Lets the faster ones finish; the jitter keeps equals from meeting again.
async fn back_off(attempt: u32) {
    if attempt > 0 {
        let most = 500_u64 << attempt;
        tokio::time::sleep(Duration::from_micros(rand::random_range(0..=most))).await;
    }
}

enum Outcome {
    Written(Appended),
    WrittenByAnother,
}

/// Appends; if the outcome is unknown, once more with the same ids.
async fn append(
    store: &dyn EventStore,
    stream: &StreamName,
    expected: Expected,
    events: Vec<NewEvent>,
) -> Result<Outcome, AppendError> {
    match store.append(stream, expected, events.clone()).await {
        Err(AppendError::Store(StoreError::Unavailable { source })) => {
            tracing::warn!(%stream, error = %source, "append failed with unknown outcome; repeating it");
            // If the events are there now, the first try may have written them: they are ours.
            store.append(stream, expected, events).await.map(Outcome::Written)
        }
        Ok(appended) if appended.duplicate => Ok(Outcome::WrittenByAnother),
        outcome => outcome.map(Outcome::Written),
    }
}

fn encode<E: DomainEvent>(events: &[E], envelope: &Envelope<'_>) -> Result<Vec<NewEvent>, serde_json::Error> {
    let metadata = envelope.metadata();
    let numbered = events.iter().enumerate();
    numbered
        .map(|(ordinal, event)| NewEvent::encode(event_id(envelope.command_id, ordinal), event, &metadata))
        .collect()
}

fn executed<A: Aggregate>(now: Loaded<A>, events: Vec<A::Event>) -> Executed<A> {
    Executed { state: now.state, revision: now.revision, position: now.position, events, replayed: false }
}

fn written<A: Aggregate>(mut now: Loaded<A>, events: Vec<A::Event>, appended: Appended) -> Executed<A> {
    for event in &events {
        now.state.evolve(event);
    }
    now.revision = Some(appended.revision);
    now.position = appended.position;
    executed(now, events)
}

fn replay<A: Aggregate>(
    original: Original<A>,
    envelope: &Envelope<'_>,
) -> Result<Executed<A>, ExecuteError<A::Rejection>> {
    if original.digest != envelope.command_digest {
        return Err(ExecuteError::CommandReused);
    }
    Ok(Executed { replayed: true, ..executed(original.then, original.events) })
}
