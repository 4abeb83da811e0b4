//! The last event that a snapshot holds, so that it is known again in the log.

use event_store::{Digest, EventStore, Position, Recorded, StoreError, StreamName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An event by its place and its hash, which covers its content and its whole stream before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reached {
    pub(crate) position: Position,
    stream: String,
    revision: u64,
    id: Uuid,
    hash: Option<Digest>,
}

impl Reached {
    pub(crate) fn of(event: &Recorded) -> Self {
        Self {
            position: event.position,
            stream: event.stream.as_str().to_owned(),
            revision: event.revision,
            id: event.id,
            hash: event.seal().map(|seal| seal.hash),
        }
    }

    /// Whether the log holds this very event at this very place, unaltered.
    pub(crate) async fn is_in(&self, store: &dyn EventStore) -> Result<bool, StoreError> {
        let Ok(stream) = self.stream.parse::<StreamName>() else { return Ok(false) };
        let found = store.read_stream(&stream, self.revision, 1).await?;
        Ok(found
            .first()
            .is_some_and(|event| Self::of(event) == *self && Some(event.computed_hash()) == self.hash))
    }
}
