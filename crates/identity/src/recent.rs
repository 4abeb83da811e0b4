//! What was of use lately, within bounds of number and time.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::quality::RandomState;
use jiff::{SignedDuration, Timestamp};

/// Parts with a lock each, so that threads seldom meet.
const PARTS: usize = 64;
/// Where in a hash the bits begin that choose a part: the tables take the lowest for a place and the uppermost to tell
/// neighbours apart, and could do neither with bits that all keys of a part share.
const PART_BITS: u32 = 32;

/// A bounded memory that forgets what has not been asked for.
///
/// Each part keeps two generations, and asks both. When the younger has had its share of the bound, or its time, the older
/// is forgotten and the younger takes its place; what is asked for meanwhile moves to the new one. So nothing is counted,
/// sorted or queued on the way of a call: all that it costs is a lock that is nearly always free, and one look-up.
pub struct Recent<K, V> {
    parts: Vec<Mutex<Part<K, V>>>,
    hasher: RandomState,
    /// The most weight of one generation of one part.
    most: u64,
    /// How long a generation stays the younger.
    turns_after: SignedDuration,
}

struct Part<K, V> {
    young: HashMap<K, (V, u32), RandomState>,
    old: HashMap<K, (V, u32), RandomState>,
    /// The weight of the younger generation.
    weight: u64,
    since: Timestamp,
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    /// Keeps at most `capacity` of weight, and what isn't asked for at least for `turns_after`, at most for twice that.
    pub fn new(capacity: u64, turns_after: SignedDuration) -> Self {
        let hasher = RandomState::default();
        let part = || {
            let (young, old) = (HashMap::with_hasher(hasher.clone()), HashMap::with_hasher(hasher.clone()));
            Mutex::new(Part { young, old, weight: 0, since: Timestamp::MIN })
        };
        let parts = (0..PARTS).map(|_| part()).collect();
        Self { parts, hasher, most: capacity / (2 * PARTS as u64), turns_after }
    }

    /// What is kept under this key.
    pub fn get(&self, key: &K, now: Timestamp) -> Option<V>
    where
        K: Clone,
    {
        let mut part = self.part(key);
        if let Some((value, _)) = part.young.get(key) {
            return Some(value.clone());
        }
        let (value, weight) = part.old.remove(key)?;
        part.put(key.clone(), value.clone(), weight, self, now);
        Some(value)
    }

    /// Keeps a value of this weight under this key, in place of what was there.
    pub fn put(&self, key: K, value: V, weight: u32, now: Timestamp) {
        let mut part = self.part(&key);
        part.old.remove(&key);
        part.put(key, value, weight, self, now);
    }

    /// How many values are kept.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| lock(part)).map(|part| part.young.len() + part.old.len()).sum()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn part(&self, key: &K) -> MutexGuard<'_, Part<K, V>> {
        let place = usize::try_from(self.hasher.hash_one(key) >> PART_BITS).unwrap_or_default() % PARTS;
        lock(&self.parts[place])
    }
}

fn lock<K, V>(part: &Mutex<Part<K, V>>) -> MutexGuard<'_, Part<K, V>> {
    // Nothing that panics runs under the lock.
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Hash + Eq, V> Part<K, V> {
    fn put(&mut self, key: K, value: V, weight: u32, bounds: &Recent<K, V>, now: Timestamp) {
        // One that is too large even alone would push out all others.
        if u64::from(weight) > bounds.most {
            let freed = self.young.remove(&key).map_or(0, |(_, weight)| weight.into());
            self.weight = self.weight.saturating_sub(freed);
            return;
        }
        let is_full = self.weight.saturating_add(weight.into()) > bounds.most;
        if is_full || now.duration_since(self.since) >= bounds.turns_after {
            let hasher = bounds.hasher.clone();
            self.old = std::mem::replace(&mut self.young, HashMap::with_hasher(hasher));
            self.weight = 0;
            self.since = now;
        }
        let before = self.young.insert(key, (value, weight));
        let freed = before.map_or(0, |(_, weight)| weight.into());
        self.weight = self.weight.saturating_add(weight.into()).saturating_sub(freed);
    }
}

/// Shows nothing that is kept.
impl<K, V> fmt::Debug for Recent<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent").field("most", &self.most).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: SignedDuration = SignedDuration::from_secs(60);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a second within range")
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let recent = Recent::new(PARTS as u64 * 2 * 4, MINUTE);
        for number in 0..10_000_u32 {
            recent.put(number, number, 1, at(0));
            assert_eq!(recent.get(&0, at(0)), Some(0), "after {number}");
        }
        assert!(recent.len() <= PARTS * 2 * 4, "{}", recent.len());
        assert_eq!(recent.get(&9_999, at(0)), Some(9_999));
        assert_eq!(recent.get(&1, at(0)), None);
    }

    #[test]
    fn a_new_value_takes_the_place_of_the_old_one() {
        let recent = Recent::new(1 << 20, MINUTE);
        recent.put("a", 1, 1, at(0));
        recent.put("b", 1, 1, at(0));
        recent.put("a", 2, 1, at(61));
        assert_eq!(recent.get(&"a", at(61)), Some(2));
    }

    #[test]
    fn nothing_stays_for_more_than_two_turns_unasked() {
        // One part, so that others' keys turn it.
        let recent = Recent::new(1 << 20, MINUTE);
        let part = |key: u32| (recent.hasher.hash_one(key) >> PART_BITS) % PARTS as u64;
        let same_part = |key: &u32| part(*key) == part(0);
        let others: Vec<u32> = (1..).filter(same_part).take(3).collect();
        recent.put(0, "kept", 1, at(0));
        for (number, other) in others.iter().enumerate() {
            recent.put(*other, "other", 1, at(61 * (number as i64 + 1)));
        }
        assert_eq!(recent.get(&0, at(200)), None);
    }

    #[test]
    fn what_is_too_heavy_is_not_kept() {
        let recent = Recent::new(PARTS as u64 * 2 * 10, MINUTE);
        recent.put("light", (), 10, at(0));
        recent.put("heavy", (), 11, at(0));
        assert_eq!(recent.get(&"light", at(0)), Some(()));
        assert_eq!(recent.get(&"heavy", at(0)), None);
        recent.put("light", (), 11, at(0));
        assert_eq!(recent.get(&"light", at(0)), None, "the old value is not what was put last");
    }
}
