//! Anchors: signed statements about the whole log, kept in the log as events of a stream of their own.
//!
//! A hash chain ties the events of one stream together; nothing in it tells whether a stream's end was rewritten,
//! whether two streams' events changed places, or whether the log was cut off. An anchor does: it says how many
//! events the log had, and what a running hash over all of them in their order was. Whoever changes one of them
//! afterwards would have to sign anew.
//!
//! The running hash starts at 64 zeros; each event makes it the SHA-256 ([`Digest::of_fields`]) of
//!
//! 1. `yimen-anchor-1`, the name of this encoding
//! 2. the running hash before, 32 bytes
//! 3. the event's own hash ([`Recorded::computed_hash`](crate::Recorded::computed_hash)), 32 bytes
//!
//! Anchors are events like others, so the next one covers them. Positions are no part of it: a copy of the log in
//! another store keeps its anchors. Beside the running hash, an anchor lists a *mark* of each event since the one
//! before it, the first eight bytes of the event's hash: the hash proves, the marks tell which event it is about.

mod outside;
mod writer;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::outside::OutsideAnchors;
pub use self::writer::{AnchorError, Anchorer, Cadence, SignAnchor, SignFailure};
use crate::{Digest, Recorded, StreamName};

/// The category of the anchors' stream. It belongs to the log itself: projections pass over it.
pub const ANCHOR_CATEGORY: &str = "anchor";
/// The type of its events.
const ANCHORED: &str = "Anchored";
/// Version of the data of [`ANCHORED`].
const VERSION: u16 = 1;
const ENCODING: &[u8] = b"yimen-anchor-1";
/// Bytes of a mark.
const MARK: usize = 8;
/// Events that one anchor covers at most, so that it stays far below the largest event that a log takes.
pub(crate) const MOST_EVENTS: usize = 4096;

/// What an anchor states, as it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The id of the log's first event: names the log, in whatever store it is.
    pub log: Uuid,
    /// Events before those whose marks are listed.
    pub after: u64,
    /// Events of the log that `digest` covers.
    pub through: u64,
    /// The running hash over the first `through` events.
    pub digest: Digest,
    /// The last of them.
    pub last: Place,
    /// A mark for each event after the first `after`, base64url without padding.
    pub marks: String,
    /// When it was stated.
    pub at: Timestamp,
}

/// Where an event is, in terms that every store of the log shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The name of its stream.
    pub stream: String,
    /// Its place in the stream.
    pub revision: u64,
}

/// The data of an anchor's event.
#[derive(Debug, Serialize, Deserialize)]
struct Anchored {
    /// The anchor as a compact JWS (RFC 7515).
    statement: String,
}

impl Anchor {
    /// The marks, in the order of the log; none if they are not as many as the anchor says.
    pub(crate) fn marks(&self) -> Option<Vec<Mark>> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.marks).ok()?;
        let (marks, rest) = bytes.as_chunks::<MARK>();
        let fits = self.after.checked_add(marks.len() as u64) == Some(self.through);
        (rest.is_empty() && fits).then(|| marks.iter().copied().map(Mark).collect())
    }
}

/// The first bytes of an event's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mark([u8; MARK]);

impl Mark {
    pub(crate) fn of(hash: Digest) -> Self {
        Self(hash.first_bytes())
    }
}

fn written(marks: impl IntoIterator<Item = Mark>) -> String {
    URL_SAFE_NO_PAD.encode(marks.into_iter().flat_map(|mark| mark.0).collect::<Vec<u8>>())
}

/// The hash over so many events of a log, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) events: u64,
    pub(crate) digest: Digest,
}

impl Running {
    pub(crate) const START: Self = Self { events: 0, digest: Digest::ZERO };

    pub(crate) fn add(&mut self, hash: Digest) {
        self.events += 1;
        self.digest = Digest::of_fields(&[ENCODING, self.digest.as_bytes(), hash.as_bytes()]);
    }
}

/// The stream that holds a log's anchors.
pub(crate) fn stream() -> StreamName {
    StreamName::constant("anchor-log")
}

/// The signed statement in an event of the anchors' stream; none if it holds something else.
pub(crate) fn statement(recorded: &Recorded) -> Option<String> {
    let anchored = serde_json::from_slice::<Anchored>(&recorded.data).ok()?;
    (recorded.event_type == ANCHORED).then_some(anchored.statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pins the encoding: a change here makes every anchor ever written fail its verification.
    #[test]
    fn the_encoding_is_for_ever() {
        let mut running = Running::START;
        running.add(Digest::of(b"one"));
        running.add(Digest::of(b"two"));
        assert_eq!(
            running.digest.to_string(),
            "b7e341790f008a91932cdce18a82e0fca45d1fcd042f0bfeeec11891d40a1d71"
        );
        let marks = [Mark::of(Digest::of(b"one")), Mark::of(Digest::of(b"two"))];
        let text = r#"{"log":"00000000-0000-0000-0000-000000000007","after":3,"through":5,"digest":"PINNED","last":{"stream":"item-1","revision":4},"marks":"MARKS","at":"2026-01-02T03:04:05Z"}"#
            .replace("PINNED", &running.digest.to_string())
            .replace("MARKS", &written(marks));
        let anchor: Anchor = serde_json::from_str(&text).expect("an anchor");
        assert_eq!(anchor.marks().as_deref(), Some(marks.as_slice()));
        assert_eq!(serde_json::to_string(&anchor).ok().as_deref(), Some(text.as_str()));
    }

    #[test]
    fn marks_have_to_be_as_many_as_the_anchor_says() {
        let anchor = |after, through, marks: &str| Anchor {
            log: Uuid::nil(),
            after,
            through,
            digest: Digest::ZERO,
            last: Place { stream: String::new(), revision: 0 },
            marks: marks.to_owned(),
            at: Timestamp::UNIX_EPOCH,
        };
        let two = written([Mark([1; 8]), Mark([2; 8])]);
        assert!(anchor(1, 3, &two).marks().is_some());
        for hostile in [anchor(1, 4, &two), anchor(u64::MAX, 1, &two), anchor(0, 0, "AA"), anchor(0, 0, "?")]
        {
            assert_eq!(hostile.marks(), None, "{hostile:?}");
        }
    }
}
