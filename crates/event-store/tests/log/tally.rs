//! A small aggregate, and events of it, for tests.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use domain::{Actor, Aggregate, Context, DomainEvent, Policy};
use event_store::{Digest, Envelope, Expected, Metadata, NewEvent, StreamName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Adds numbers up, never above a hundred.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    pub total: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TallyId(pub String);

impl fmt::Display for TallyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TallyId {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum TallyCommand {
    /// One event per number; none for zeros.
    Add(Vec<u32>),
    /// Up to that total.
    RaiseTo(u32),
    /// An event with a long note.
    Note(usize),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum TallyEvent {
    Added { number: u32 },
    Noted { note: String },
}

impl DomainEvent for TallyEvent {
    const TYPES: &'static [(&'static str, u16)] = &[("Added", 2), ("Noted", 1)];

    fn event_type(&self) -> &'static str {
        match self {
            Self::Added { .. } => "Added",
            Self::Noted { .. } => "Noted",
        }
    }
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("a tally ends at 100")]
pub struct Full;

impl Aggregate for Tally {
    const CATEGORY: &'static str = "tally";
    type Id = TallyId;
    type Command = TallyCommand;
    type Event = TallyEvent;
    type Rejection = Full;

    fn decide(&self, command: &TallyCommand, _: &Context<'_>) -> Result<Vec<TallyEvent>, Full> {
        let numbers = match command {
            TallyCommand::Add(numbers) => numbers.clone(),
            TallyCommand::RaiseTo(total) => vec![total.saturating_sub(self.total)],
            TallyCommand::Note(bytes) => return Ok(vec![TallyEvent::Noted { note: "x".repeat(*bytes) }]),
        };
        if numbers.iter().sum::<u32>() + self.total > 100 {
            return Err(Full);
        }
        Ok(numbers.into_iter().filter(|n| *n > 0).map(|number| TallyEvent::Added { number }).collect())
    }

    fn evolve(&mut self, event: &TallyEvent) {
        match event {
            TallyEvent::Added { number } => self.total = self.total.saturating_add(*number),
            TallyEvent::Noted { .. } => {}
        }
    }
}

/// Somebody to act, under the city's default rules.
#[derive(Debug)]
pub struct Office {
    actor: Actor,
    policy: Policy,
}

impl Office {
    pub fn new() -> Self {
        Self { actor: Actor::system("test"), policy: Policy::default() }
    }

    /// An envelope for a command whose content is `body`.
    pub fn envelope(&self, command_id: Uuid, body: &str) -> Envelope<'_> {
        Envelope {
            actor: &self.actor,
            command_id,
            command_digest: Digest::of(body.as_bytes()),
            reason: Some("试运行".to_owned()),
            trace_id: None,
            now: Timestamp::UNIX_EPOCH,
            policy: &self.policy,
            expected: None,
        }
    }
}

/// A stream that no other test uses, also in a log that lives longer than the test.
pub fn fresh_stream() -> StreamName {
    StreamName::new("tally", &format!("区经信局-{}", Uuid::new_v4())).expect("a well-formed name")
}

/// An event with `data`, a JSON text.
pub fn event_of(id: Uuid, data: impl Into<Bytes>) -> NewEvent {
    let actor = Actor::system("test");
    let metadata = Metadata {
        actor: actor.id,
        role: actor.role,
        department: None,
        reason: None,
        command_id: id,
        command_digest: Digest::of(b""),
        trace_id: None,
        at: Timestamp::now(),
    };
    NewEvent::new(id, "Added", 2, data, &metadata).expect("metadata is JSON")
}

/// A new event that adds `number`.
pub fn event(number: u64) -> NewEvent {
    event_of(Uuid::new_v4(), format!(r#"{{"number":{number}}}"#))
}

/// The expectation that `revision` was the last event; for loops that begin with an empty stream.
pub fn after(count: u64) -> Expected {
    Expected::after(count.checked_sub(1))
}
