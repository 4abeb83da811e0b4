//! The hash chain of a stream: what is hashed, and how the hash travels with its event.
//!
//! An event's metadata is a JSON object that ends in two members of fixed length, the *seal*:
//!
//! ```text
//! {"actor":…,"at":…,"previousHash":"<64 hex digits>","hash":"<64 hex digits>"}
//! ```
//!
//! `previousHash` is the `hash` of the event before it in its stream, 64 zeros for the first. `hash` is
//! the SHA-256 over these fields, each preceded by its length as a big-endian `u64`
//! ([`Digest::of_fields`]):
//!
//! 1. `yimen-event-1`, the name of this encoding
//! 2. the stream's name, UTF-8
//! 3. the revision, big-endian `u64`
//! 4. the event's id, 16 bytes
//! 5. the event's type, UTF-8
//! 6. the schema version, big-endian `u16`
//! 7. the data, as stored
//! 8. the metadata, as stored, up to and with the digits and closing quote of `previousHash`
//!
//! Everything is hashed as stored, never re-encoded: members that this binary does not know stay covered.
//! Data and metadata are two byte arrays, so any log that keeps bytes can carry the seal. The position
//! is not part of it: it belongs to one log, and a copy of a stream in another log keeps its hashes.

use bytes::Bytes;

use crate::{Digest, NewEvent, Recorded, StreamName};

const ENCODING: &[u8] = b"yimen-event-1";
const PREVIOUS: &[u8] = b",\"previousHash\":\"";
const HASH: &[u8] = b",\"hash\":\"";
const DIGITS: usize = 64;
/// `,"hash":"<64>"}`: the end of the metadata that is not hashed.
const TAIL_BYTES: usize = HASH.len() + DIGITS + 2;
/// What sealing adds to an event's metadata.
pub(crate) const SEAL_BYTES: usize = PREVIOUS.len() + DIGITS + 1 + TAIL_BYTES - 1;

/// The end of an event's metadata, which ties it to the event before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// The hash of the event before it in its stream; [`Digest::ZERO`] for the first.
    pub previous_hash: Digest,
    /// The hash of this event.
    pub hash: Digest,
}

impl Seal {
    /// The seal at the end of stored metadata, if there is one.
    pub(crate) fn read(metadata: &[u8]) -> Option<Self> {
        let (head, tail) = metadata.split_at_checked(metadata.len().checked_sub(TAIL_BYTES)?)?;
        let hash = digest(tail.strip_prefix(HASH)?.strip_suffix(b"\"}")?)?;
        let start = head.len().checked_sub(PREVIOUS.len() + DIGITS + 1)?;
        let previous = head.get(start..)?.strip_prefix(PREVIOUS)?.strip_suffix(b"\"")?;
        Some(Self { previous_hash: digest(previous)?, hash })
    }
}

fn digest(digits: &[u8]) -> Option<Digest> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The metadata of `event` with its seal, and its hash, as the event at `revision` of `stream`.
pub(crate) fn seal(
    stream: &StreamName,
    revision: u64,
    previous_hash: Digest,
    event: &NewEvent,
) -> (Bytes, Digest) {
    let open = event.metadata.strip_suffix(b"}").unwrap_or(&event.metadata);
    let mut metadata = Vec::with_capacity(open.len() + SEAL_BYTES + 1);
    metadata.extend_from_slice(open);
    metadata.extend_from_slice(PREVIOUS);
    metadata.extend_from_slice(previous_hash.to_string().as_bytes());
    metadata.push(b'"');
    let hash = Digest::of_fields(&[
        ENCODING,
        stream.as_str().as_bytes(),
        &revision.to_be_bytes(),
        event.id.as_bytes(),
        event.event_type.as_bytes(),
        &event.version.to_be_bytes(),
        &event.data,
        &metadata,
    ]);
    metadata.extend_from_slice(HASH);
    metadata.extend_from_slice(hash.to_string().as_bytes());
    metadata.extend_from_slice(b"\"}");
    (metadata.into(), hash)
}

impl Recorded {
    /// The seal that the event carries, true or not; `None` if its metadata has none.
    pub fn seal(&self) -> Option<Seal> {
        Seal::read(&self.sealed_metadata)
    }

    /// The event as it was before it was sealed; `None` if it has no seal.
    pub(crate) fn unsealed(&self) -> Option<NewEvent> {
        self.seal()?;
        let open = self.sealed_metadata.len().checked_sub(SEAL_BYTES + 1)?;
        let mut metadata = self.sealed_metadata.get(..open)?.to_vec();
        metadata.push(b'}');
        Some(NewEvent {
            id: self.id,
            event_type: self.event_type.clone(),
            version: self.version,
            data: self.data.clone(),
            metadata: metadata.into(),
        })
    }

    /// The hash that the event, as it is stored now, should carry.
    pub fn computed_hash(&self) -> Digest {
        let hashed = self.sealed_metadata.len().saturating_sub(TAIL_BYTES);
        Digest::of_fields(&[
            ENCODING,
            self.stream.as_str().as_bytes(),
            &self.revision.to_be_bytes(),
            self.id.as_bytes(),
            self.event_type.as_bytes(),
            &self.version.to_be_bytes(),
            &self.data,
            self.sealed_metadata.get(..hashed).unwrap_or_default(),
        ])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::Position;

    fn event(metadata: &'static str) -> NewEvent {
        NewEvent {
            id: Uuid::from_u128(7),
            event_type: "Added".into(),
            version: 1,
            data: Bytes::from_static(b"{\"n\":1}"),
            metadata: Bytes::from_static(metadata.as_bytes()),
        }
    }

    fn recorded(revision: u64, event: NewEvent, sealed_metadata: Bytes) -> Recorded {
        Recorded {
            stream: StreamName::new("tally", "一").expect("well-formed"),
            revision,
            position: Position::START,
            id: event.id,
            event_type: event.event_type,
            version: event.version,
            data: event.data,
            sealed_metadata,
        }
    }

    /// Pins the encoding: a change here makes every log ever written fail its verification.
    #[test]
    fn the_encoding_is_for_ever() {
        let stream = StreamName::new("tally", "一").expect("well-formed");
        let event = event(r#"{"actor":"a","unknown":[1,{}]}"#);
        let (metadata, hash) = seal(&stream, 3, Digest::of(b"before"), &event);
        assert_eq!(metadata.len(), event.metadata.len() + SEAL_BYTES);
        assert_eq!(hash.to_string(), "060acb712255923e9740a2c2b8ff27727f87efa15862edc22d3806f46d2388a0");
        let recorded = recorded(3, event.clone(), metadata);
        assert_eq!(recorded.seal(), Some(Seal { previous_hash: Digest::of(b"before"), hash }));
        assert_eq!(recorded.computed_hash(), hash);
        assert_eq!(recorded.unsealed(), Some(event));
        let json: serde_json::Value =
            serde_json::from_slice(&recorded.sealed_metadata).expect("sealed metadata is JSON");
        assert_eq!(json["hash"], hash.to_string());
        assert_eq!(json["unknown"], serde_json::json!([1, {}]));
    }

    proptest! {
        #[test]
        fn hostile_metadata_has_no_seal_and_does_no_harm(bytes: Vec<u8>) {
            prop_assert_eq!(Seal::read(&bytes), None);
            let _hash = recorded(0, event("{}"), bytes.into()).computed_hash();
        }

        #[test]
        fn every_stored_byte_counts(at in 0usize..200, flip in 1u8..=255) {
            let stream = StreamName::new("tally", "一").expect("well-formed");
            let event = event(r#"{"actor":"a","reason":"because it was asked for"}"#);
            let (metadata, hash) = seal(&stream, 0, Digest::ZERO, &event);
            let mut altered = metadata.to_vec();
            let at = at % (metadata.len() - TAIL_BYTES);
            altered[at] ^= flip;
            prop_assert_ne!(recorded(0, event, altered.into()).computed_hash(), hash);
        }
    }
}
