//! Remembers comparisons of names: in a list of a province's districts, a few thousand names meet over and over.

use std::collections::{HashMap, hash_map::Entry};

use foldhash::fast::RandomState;

use crate::{
    compare::{NameComparison, compare},
    lexicon::Lexicon,
    record::Name,
};

/// Comparisons that each thread remembers at once.
const MOST: usize = 1 << 16;

/// Names that were compared, and how.
#[derive(Debug, Default)]
pub(crate) struct NameMemory<'r> {
    known: HashMap<[u64; 2], Remembered<'r>, RandomState>,
}

#[derive(Debug)]
struct Remembered<'r> {
    names: [&'r Name; 2],
    compared: Box<NameComparison>,
}

impl<'r> NameMemory<'r> {
    /// Two names beside each other, in this order.
    pub(crate) fn compare(&mut self, lexicon: &Lexicon, a: &'r Name, b: &'r Name) -> &NameComparison {
        let names = [a, b];
        let key = names.map(|name| name.hash);
        let compare = || Remembered { names, compared: Box::new(compare(lexicon, &a.parsed, &b.parsed)) };
        if self.known.len() >= MOST && !self.known.contains_key(&key) {
            self.known.clear();
        }
        let known = match self.known.entry(key) {
            Entry::Vacant(place) => place.insert(compare()),
            Entry::Occupied(place) => {
                let known = place.into_mut();
                // Keys are hashes.
                if !known.names.iter().zip(names).all(|(known, name)| known.means(name)) {
                    *known = compare();
                }
                known
            }
        };
        &known.compared
    }
}
