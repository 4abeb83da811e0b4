//! The shape every aggregate has: a rule is a function of (state, command), and time is an argument.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use crate::stored::Stored;
use crate::{Actor, Policy};

/// A consistency boundary: one event stream, folded to a state that commands are decided against.
///
/// `decide` may refuse; `evolve` can't fail, whatever the log holds. The state before the first
/// event is [`Default::default`].
pub trait Aggregate: Default + Debug + Clone + Send + Sync + 'static {
    /// First part of the stream's name, lower case, for example `item`.
    const CATEGORY: &'static str;
    /// Natural key: the rest of the stream's name.
    type Id: Clone + Debug + Display + FromStr + Send + Sync;
    /// What is asked for; imperative.
    type Command: Debug + Send + Sync;
    /// What happened; past tense.
    type Event: DomainEvent;
    /// Why a command is refused.
    type Rejection: std::error::Error + Send + Sync + 'static;

    /// The events that `command` leads to in this state; empty when it is already so.
    fn decide(
        &self,
        command: &Self::Command,
        context: &Context<'_>,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The state after `event`. Total: an event that does not fit leaves the state as it was.
    fn evolve(&mut self, event: &Self::Event);
}

/// What a decision may know besides state and command.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Who asks, and with which authority.
    pub actor: &'a Actor,
    /// When the command was received.
    pub now: Timestamp,
    /// The city's configured rules.
    pub policy: &'a Policy,
}

/// An event as it is stored: a type name, the version of its schema, and JSON data.
///
/// Implemented by an enum with one variant per event, written as `{"type": …, "data": …}`.
pub trait DomainEvent: Serialize + DeserializeOwned + Clone + Debug + Send + Sync + 'static {
    /// Every type name that this enum writes, with the schema version that it writes now.
    const TYPES: &'static [(&'static str, u16)];

    /// The stored type name of this event, for example `Published`.
    fn event_type(&self) -> &'static str;

    /// The data of the event alone, as JSON.
    fn to_data(&self) -> serde_json::Value {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(mut object)) => object.remove("data").unwrap_or_default(),
            Ok(_) | Err(_) => serde_json::Value::Null,
        }
    }

    /// Reads stored data of any version ever written.
    ///
    /// `Ok(None)` is an event type that this binary does not know: a newer writer's, to be passed over.
    fn from_data(
        event_type: &str,
        version: u16,
        data: serde_json::Value,
    ) -> Result<Option<Self>, serde_json::Error> {
        if !Self::TYPES.iter().any(|(name, _)| *name == event_type) {
            return Ok(None);
        }
        let data = Self::upcast(event_type, version, data);
        serde_json::from_value(serde_json::json!({ "type": event_type, "data": data })).map(Some)
    }

    /// The same of the bytes that are stored, in one pass where they are of the version that is written now.
    ///
    /// A rebuild reads every event there ever was.
    fn from_json(event_type: &str, version: u16, data: &[u8]) -> Result<Option<Self>, serde_json::Error> {
        match Self::TYPES.iter().find(|(name, _)| *name == event_type) {
            None => Ok(None),
            Some((_, now)) if *now == version => Self::deserialize(Stored { event_type, data }).map(Some),
            Some(_) => Self::from_data(event_type, version, serde_json::from_slice(data)?),
        }
    }

    /// Brings data of an older schema version to the current one, one explicit step per version.
    fn upcast(_event_type: &str, _version: u16, data: serde_json::Value) -> serde_json::Value {
        data
    }
}

/// The state after a whole history.
pub fn fold<'e, A: Aggregate>(events: impl IntoIterator<Item = &'e A::Event>) -> A {
    let mut state = A::default();
    for event in events {
        state.evolve(event);
    }
    state
}
