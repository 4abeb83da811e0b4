//! The keys that sign assertions, old, current and next: which one signs, and which ones are published.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::ASSERTION_LIFETIME;
use crate::signing::Sign;

/// A key, and from when it signs.
#[derive(Debug, Clone)]
pub(crate) struct RingKey {
    pub(crate) key: Arc<dyn Sign>,
    pub(crate) signs_from: Timestamp,
}

/// The keys of one gateway. Every replica that has the same ring changes over at the same moment.
#[derive(Debug, Clone)]
pub struct KeyRing {
    oldest: RingKey,
    /// In order of `signs_from`.
    later: Vec<RingKey>,
}

/// What a key of a ring does at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyDuty {
    /// It is published and will sign.
    Next,
    /// It is published and signs.
    Signs,
    /// It is published: what it signed may still be on its way.
    Verifies,
    /// Nobody needs it any more.
    Done,
}

/// A key of a ring, for people to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEntry {
    /// Its name (`kid`).
    pub id: String,
    /// Its algorithm, as `alg` names it.
    pub algorithm: &'static str,
    /// From when it signs.
    pub signs_from: Timestamp,
    /// What it does now.
    pub duty: KeyDuty,
}

impl KeyRing {
    /// How long a key stays published after another began to sign: an assertion's life, and as much again for clocks
    /// that differ and calls under way.
    pub const OUTLIVES: SignedDuration = SignedDuration::from_secs(2 * ASSERTION_LIFETIME.as_secs() as i64);

    /// A ring of one key, which always signs.
    pub fn of(key: Arc<dyn Sign>) -> Self {
        Self { oldest: RingKey { key, signs_from: Timestamp::UNIX_EPOCH }, later: Vec::new() }
    }

    /// A ring of these keys; none without any.
    pub(crate) fn new(mut keys: Vec<RingKey>) -> Option<Self> {
        keys.sort_by_key(|key| key.signs_from);
        let mut keys = keys.into_iter();
        Some(Self { oldest: keys.next()?, later: keys.collect() })
    }

    fn keys(&self) -> impl Iterator<Item = &RingKey> {
        std::iter::once(&self.oldest).chain(&self.later)
    }

    /// Every key, in order of when it signs.
    pub(crate) fn all(&self) -> impl Iterator<Item = &dyn Sign> {
        self.keys().map(|key| key.key.as_ref())
    }

    /// The key that signs: the one that began last, or the first to come.
    pub(crate) fn signing(&self, now: Timestamp) -> &dyn Sign {
        let began = self.later.iter().rev().find(|key| key.signs_from <= now);
        began.unwrap_or(&self.oldest).key.as_ref()
    }

    /// The public keys to publish, as a JWK Set (RFC 7517).
    pub(crate) fn jwks(&self, now: Timestamp) -> Value {
        let published = self.duties(now).filter(|(_, duty)| *duty != KeyDuty::Done);
        json!({ "keys": published.map(|(key, _)| key.key.public_jwk()).collect::<Vec<_>>() })
    }

    /// Every key, in order of when it signs.
    pub fn entries(&self, now: Timestamp) -> Vec<KeyEntry> {
        let entry = |(key, duty): (&RingKey, KeyDuty)| KeyEntry {
            id: key.key.key_id().to_owned(),
            algorithm: key.key.algorithm().as_str(),
            signs_from: key.signs_from,
            duty,
        };
        self.duties(now).map(entry).collect()
    }

    pub(crate) fn duties(&self, now: Timestamp) -> impl Iterator<Item = (&RingKey, KeyDuty)> {
        self.keys().enumerate().map(move |(place, key)| {
            let successor = self.later.get(place).map(|next| next.signs_from);
            let gone_by = |end: Timestamp| end.checked_add(Self::OUTLIVES).is_ok_and(|end| end <= now);
            let duty = match successor {
                Some(end) if gone_by(end) => KeyDuty::Done,
                Some(end) if end <= now => KeyDuty::Verifies,
                Some(_) | None if key.signs_from <= now || place == 0 => KeyDuty::Signs,
                Some(_) | None => KeyDuty::Next,
            };
            (key, duty)
        })
    }

    /// Whether both hold the same keys at the same times.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        let times = |ring: &Self| -> Vec<_> {
            ring.keys().map(|key| (key.key.key_id().to_owned(), key.signs_from)).collect()
        };
        times(self) == times(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ed25519Key, Es256Key};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("within range")
    }

    /// An ES256 key from the beginning, an Ed25519 key from second 1000.
    fn ring() -> (KeyRing, String, String) {
        let old: Arc<dyn Sign> = Arc::new(Es256Key::generate().expect("randomness"));
        let new: Arc<dyn Sign> = Arc::new(Ed25519Key::generate().expect("randomness"));
        let ids = (old.key_id().to_owned(), new.key_id().to_owned());
        let key = |key, second| RingKey { key, signs_from: at(second) };
        let ring = KeyRing::new(vec![key(new, 1000), key(old, 0)]).expect("two keys");
        (ring, ids.0, ids.1)
    }

    #[test]
    fn the_next_key_is_published_before_it_signs_and_the_old_one_until_its_assertions_ended() {
        let (ring, old, new) = ring();
        let published = |second| -> Vec<_> {
            let jwks = ring.jwks(at(second));
            let keys = jwks["keys"].as_array().expect("a set").clone();
            keys.iter().map(|key| key["kid"].as_str().expect("a name").to_owned()).collect()
        };
        let signing = |second| ring.signing(at(second)).key_id().to_owned();
        let end = 1000 + KeyRing::OUTLIVES.as_secs();
        for (second, signs, both) in [
            (0, &old, true),
            (999, &old, true),
            (1000, &new, true),
            (end - 1, &new, true),
            (end, &new, false),
        ] {
            assert_eq!(signing(second), *signs, "{second}");
            assert!(published(second).contains(signs), "{second}");
            assert_eq!(published(second).len() == 2, both, "{second}");
        }
    }

    #[test]
    fn each_key_says_what_it_does() {
        let (ring, ..) = ring();
        let duties = |second| ring.entries(at(second)).iter().map(|entry| entry.duty).collect::<Vec<_>>();
        assert_eq!(duties(0), [KeyDuty::Signs, KeyDuty::Next]);
        assert_eq!(duties(1000), [KeyDuty::Verifies, KeyDuty::Signs]);
        assert_eq!(duties(10_000), [KeyDuty::Done, KeyDuty::Signs]);
        assert_eq!(duties(-1), [KeyDuty::Signs, KeyDuty::Next], "a clock before all of them still signs");
    }
}
