//! How an event travels: its data as they are, and custom metadata that hold the seal, the schema version and who wrote.
//!
//! ```text
//! {"yimen":{"version":2,"write":"<uuid>"},"sealed":{…the metadata with their seal, byte for byte…}}
//! ```
//!
//! `write` names the append. The server answers a repeated append just like the first, so that an append knows by this
//! alone whether the events were there before.

use bytes::Bytes;
use eventstore::{EventData, RecordedEvent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::seal::seal;
use crate::{Digest, NewEvent, Position, Recorded, StoreError, StreamName};

#[derive(Debug, Serialize, Deserialize)]
struct Wrapped<'a> {
    yimen: Header,
    #[serde(borrow)]
    sealed: &'a RawValue,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Header {
    version: u16,
    write: Uuid,
}

/// An event of ours, and the append that wrote it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) recorded: Recorded,
    pub(super) write: Uuid,
}

/// An event of `$all` or of a stream.
#[derive(Debug)]
pub(super) enum Met {
    /// One of ours.
    Ours(Box<Entry>),
    /// The server's own, or another log's.
    Foreign,
    /// In our streams, and not written by us.
    Damaged(StoreError),
}

/// An event as it is appended, and its hash.
pub(super) fn encode(
    stream: &StreamName,
    revision: u64,
    previous_hash: Digest,
    event: &NewEvent,
    write: Uuid,
) -> Result<(EventData, Digest, usize), serde_json::Error> {
    let (metadata, hash) = seal(stream, revision, previous_hash, event);
    let sealed: &RawValue = serde_json::from_slice(&metadata)?;
    let wrapped = Wrapped { yimen: Header { version: event.version, write }, sealed };
    let wrapped = Bytes::from(serde_json::to_vec(&wrapped)?);
    let size = event.event_type.len() + event.data.len() + wrapped.len();
    // Marked as JSON if it is: the server's own tools show it then.
    let data = match serde_json::from_slice::<&RawValue>(&event.data) {
        Ok(json) if json.get().len() == event.data.len() => EventData::json(&event.event_type, &json)?,
        Ok(_) | Err(_) => EventData::binary(&event.event_type, event.data.clone()),
    };
    Ok((data.id(event.id).metadata(wrapped), hash, size))
}

/// What an event is to us; `prefix` begins the names of our streams.
pub(super) fn decode(prefix: &str, event: RecordedEvent) -> Met {
    let Some(name) = event.stream_id.strip_prefix(prefix) else { return Met::Foreign };
    let position = Position::from_raw(event.position.commit);
    // A tombstone stands in the stream that it ends. What the server then takes away, only a witness outside can show.
    if event.event_type.starts_with('$') {
        tracing::error!(stream = name, %position, event = event.event_type, "a stream of the log was deleted");
        return Met::Foreign;
    }
    if event.position.commit == u64::MAX {
        let detail = "the server doesn't say positions in streams: it is older than 22.6".to_owned();
        return Met::Damaged(StoreError::Corrupt { position: None, detail });
    }
    let damaged = |detail: String| {
        let detail = format!("{} of {}: {detail}", event.revision, event.stream_id);
        Met::Damaged(StoreError::Corrupt { position: Some(position), detail })
    };
    let stream: StreamName = match name.parse() {
        Ok(stream) => stream,
        Err(error) => return damaged(format!("{error}")),
    };
    let wrapped: Wrapped<'_> = match serde_json::from_slice(&event.custom_metadata) {
        Ok(wrapped) => wrapped,
        Err(_) => return damaged("its metadata are not Yimen's".to_owned()),
    };
    let sealed = wrapped.sealed.get().as_bytes();
    let recorded = Recorded {
        stream,
        revision: event.revision,
        position,
        id: event.id,
        event_type: event.event_type.clone(),
        version: wrapped.yimen.version,
        data: event.data.clone(),
        sealed_metadata: event.custom_metadata.slice_ref(sealed),
    };
    Met::Ours(Box::new(Entry { recorded, write: wrapped.yimen.write }))
}
