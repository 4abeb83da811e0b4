//! Which proofs were shown lately, so that none is taken twice.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use foldhash::quality::RandomState;
use jiff::{SignedDuration, Timestamp};

use crate::Thumbprint;

/// Parts with a lock each, so that threads seldom meet.
const PARTS: usize = 64;

/// A proof by its key and name, of which 128 bits of a digest are kept: two different ones never meet by chance.
type Mark = [u8; 16];

/// A memory of this process alone. What is in it stays for as long as the proof could be taken again; when it is full,
/// nothing is forgotten, but no further proof can be taken either.
pub(crate) struct ProofMemory {
    parts: Vec<Mutex<Part>>,
    /// How many proofs are remembered, and how many may be.
    held: AtomicUsize,
    most: usize,
    /// How long a proof is remembered at least; at most twice as long, and then until somebody comes.
    lasts: SignedDuration,
}

struct Part {
    young: HashSet<Mark, RandomState>,
    old: HashSet<Mark, RandomState>,
    /// When the younger generation began.
    since: Timestamp,
}

/// What the memory says to a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noted {
    First,
    Again,
    /// It can't be told later whether it was shown.
    NoRoom,
}

impl ProofMemory {
    /// Remembers at most `most` proofs, each for at least `lasts`.
    pub(crate) fn new(most: usize, lasts: SignedDuration) -> Self {
        let part = || {
            let (young, old) = (HashSet::default(), HashSet::default());
            Mutex::new(Part { young, old, since: Timestamp::MIN })
        };
        let parts = (0..PARTS).map(|_| part()).collect();
        Self { parts, held: AtomicUsize::new(0), most, lasts }
    }

    /// Notes the proof of this name by this key.
    pub(crate) fn note(&self, key: &Thumbprint, name: &str, now: Timestamp) -> Noted {
        let mark = mark(key, name);
        // Nothing that panics runs under the lock.
        let part = &self.parts[usize::from(mark[0]) % PARTS];
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(part.since) >= self.lasts {
            let part = &mut *part;
            std::mem::swap(&mut part.old, &mut part.young);
            self.held.fetch_sub(part.young.len(), Ordering::Relaxed);
            part.young = HashSet::default();
            part.since = now;
        }
        if part.young.contains(&mark) || part.old.contains(&mark) {
            return Noted::Again;
        }
        // Others may add one each meanwhile: the bound is one of memory, not of law.
        if self.held.load(Ordering::Relaxed) >= self.most {
            return Noted::NoRoom;
        }
        self.held.fetch_add(1, Ordering::Relaxed);
        part.young.insert(mark);
        Noted::First
    }
}

fn mark(key: &Thumbprint, name: &str) -> Mark {
    let mut context = Context::new(&SHA256);
    context.update(key.as_bytes());
    context.update(name.as_bytes());
    let mut mark = Mark::default();
    let length = mark.len();
    mark.copy_from_slice(&context.finish().as_ref()[..length]);
    mark
}

impl fmt::Debug for ProofMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofMemory")
            .field("held", &self.held)
            .field("most", &self.most)
            .finish_non_exhaustive()
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
    fn a_proof_is_known_for_at_least_its_time() {
        let memory = ProofMemory::new(1000, MINUTE);
        let (mine, theirs) = (Thumbprint::of(b"mine"), Thumbprint::of(b"theirs"));
        for second in [0, 1, 59, 61, 100] {
            let name = second.to_string();
            assert_eq!(memory.note(&mine, &name, at(second)), Noted::First, "{second}");
            assert_eq!(memory.note(&theirs, &name, at(second)), Noted::First, "another's of the same name");
            for later in [0, 1, 30, 59] {
                assert_eq!(memory.note(&mine, &name, at(second + later)), Noted::Again, "{second} {later}");
            }
        }
    }

    #[test]
    fn a_full_memory_takes_no_more_and_forgets_nothing_before_its_time() {
        let memory = ProofMemory::new(100, MINUTE);
        let key = Thumbprint::of(b"key");
        for number in 0..100 {
            assert_eq!(memory.note(&key, &number.to_string(), at(0)), Noted::First);
        }
        for number in 100..1000 {
            assert_eq!(memory.note(&key, &number.to_string(), at(59)), Noted::NoRoom);
        }
        for number in 0..100 {
            assert_eq!(memory.note(&key, &number.to_string(), at(59)), Noted::Again);
        }
        // Each part turns when somebody comes by; what was there for two turns has gone.
        let taken = |second: i64| {
            let names = (1000..11_000).map(|number| number.to_string());
            names.filter(|name| memory.note(&key, name, at(second)) == Noted::First).count()
        };
        assert_eq!(taken(61), 0);
        assert_eq!(taken(122), 100);
    }
}
