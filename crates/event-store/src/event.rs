//! Events on their way into the log and out of it.

use bytes::Bytes;
use domain::{Actor, DepartmentId, DomainEvent, Role, StaffId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Digest, Position, StreamName};

/// Who caused an event, why, when, and by which command.
///
/// Stored as a JSON object beside the event's data. Reading passes over members it does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The member of staff, or the component of Yimen, that gave the command.
    pub actor: StaffId,
    /// The role in which the command was given.
    pub role: Role,
    /// The department that the actor belonged to then, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// The reason that the actor gave, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The command that led to this event; one command may lead to several.
    pub command_id: Uuid,
    /// Digest of the command's canonical content: tells a repeated command from a reused id.
    pub command_digest: Digest,
    /// The W3C trace id of the request, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// When the command was received.
    pub at: Timestamp,
}

impl Metadata {
    /// Who acted, as the rules see them.
    pub fn actor(&self) -> Actor {
        Actor { id: self.actor.clone(), role: self.role, department: self.department.clone() }
    }
}

/// The part of [`Metadata`] that says who caused an event, and when.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Cause {
    /// The member of staff, or the component of Yimen.
    pub actor: StaffId,
    /// When the command was received.
    pub at: Timestamp,
}

/// An event that is to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) version: u16,
    pub(crate) data: Bytes,
    /// A JSON object that still lacks its seal.
    pub(crate) metadata: Bytes,
}

impl NewEvent {
    /// An event whose data is already encoded as JSON.
    ///
    /// `version` is that of the data's schema. Fails only if the metadata can't be written as JSON.
    pub fn new(
        id: Uuid,
        event_type: impl Into<String>,
        version: u16,
        data: impl Into<Bytes>,
        metadata: &Metadata,
    ) -> Result<Self, serde_json::Error> {
        let metadata = serde_json::to_vec(metadata)?;
        Ok(Self { id, event_type: event_type.into(), version, data: data.into(), metadata: metadata.into() })
    }

    /// A domain event, encoded.
    pub fn encode<E: DomainEvent>(
        id: Uuid,
        event: &E,
        metadata: &Metadata,
    ) -> Result<Self, serde_json::Error> {
        let event_type = event.event_type();
        let version =
            E::TYPES.iter().find(|(name, _)| *name == event_type).map_or(1, |(_, version)| *version);
        Self::new(id, event_type, version, serde_json::to_vec(&event.to_data())?, metadata)
    }

    /// Its identifier, unique in the whole log.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The bytes that it will take in the log, without the stream's name.
    pub fn size(&self) -> usize {
        self.event_type.len() + self.data.len() + self.metadata.len() + crate::seal::SEAL_BYTES
    }
}

/// An event of the log, as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The stream that it belongs to.
    pub stream: StreamName,
    /// Its place in the stream, counted from 0 without gaps.
    pub revision: u64,
    /// Its place in the whole log.
    pub position: Position,
    /// Its identifier, unique in the whole log.
    pub id: Uuid,
    /// The name of its type, for example `Published`.
    pub event_type: String,
    /// The schema version of its data.
    pub version: u16,
    /// Its data: JSON, byte for byte as it was written.
    pub data: Bytes,
    /// Its metadata: JSON with the seal at the end, byte for byte as it was written.
    pub sealed_metadata: Bytes,
}

impl Recorded {
    /// Who caused it, why and when.
    pub fn metadata(&self) -> Result<Metadata, DecodeError> {
        serde_json::from_slice(&self.sealed_metadata).map_err(|source| self.undecodable(source))
    }

    /// Who caused it and when: all that a projection keeps, and the other members need not be read.
    pub fn cause(&self) -> Result<Cause, DecodeError> {
        serde_json::from_slice(&self.sealed_metadata).map_err(|source| self.undecodable(source))
    }

    fn undecodable(&self, source: serde_json::Error) -> DecodeError {
        DecodeError {
            stream: self.stream.clone(),
            revision: self.revision,
            event_type: self.event_type.clone(),
            version: self.version,
            source,
        }
    }
}

/// A stored event that can't be read as what its type name says.
#[derive(Debug, thiserror::Error)]
#[error("event {revision} of {stream} is no readable {event_type}, version {version}")]
pub struct DecodeError {
    /// The stream of the event.
    pub stream: StreamName,
    /// Its place in the stream.
    pub revision: u64,
    /// What it says it is.
    pub event_type: String,
    /// The schema version that it says it has.
    pub version: u16,
    /// What is wrong with its JSON.
    pub source: serde_json::Error,
}

/// The domain event in a stored one; `None` if this binary does not know its type (a newer writer's).
pub fn decode<E: DomainEvent>(recorded: &Recorded) -> Result<Option<E>, DecodeError> {
    E::from_json(&recorded.event_type, recorded.version, &recorded.data)
        .map_err(|source| recorded.undecodable(source))
}
