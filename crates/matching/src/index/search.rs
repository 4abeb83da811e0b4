//! Looks an index through for what is worth scoring against a record.

use std::{cmp::Ordering, collections::HashMap, hash::Hash};

use foldhash::fast::RandomState;

use crate::{
    index::{Index, keys::Keys},
    record::Record,
};

/// The rarest n-grams, and the rarest words, that one query follows.
const MAX_FOLLOWED: usize = 12;

/// Names that one query takes from n-grams …
const MAX_NAMES: usize = 32;

/// … and items of each: what items of one name tell of the query, a few of them tell.
const MAX_ITEMS_PER_NAME: usize = 4;

/// Searches of one index, the fastest when records with one name follow each other.
#[derive(Debug)]
pub(crate) struct Search<'i, K> {
    index: &'i Index<K>,
    /// A name (by key) and those alike, with what their common n-grams tell.
    alike: (Option<u64>, Vec<(u64, f64)>),
    /// What speaks for each slot that was come across.
    promise: HashMap<u32, f64, RandomState>,
}

impl<'i, K: Clone + Eq + Hash + Ord> Search<'i, K> {
    pub(crate) fn of(index: &'i Index<K>) -> Self {
        Self { index, alike: (None, Vec::new()), promise: HashMap::default() }
    }

    /// The slots below `end` that are worth scoring against a record: the most promising, in no order.
    pub(crate) fn proposals(&mut self, record: &Record, end: u32) -> impl Iterator<Item = u32> + use<'i, K> {
        self.found(record, end).into_iter().map(|(_, _, slot)| slot)
    }

    /// The ids of all that is worth scoring against a record, the most promising first, between equals the lowest.
    pub(super) fn ids(&mut self, record: &Record) -> Vec<K> {
        let mut found = self.found(record, u32::MAX);
        found.sort_unstable_by(best_first);
        found.into_iter().map(|(_, id, _)| id.clone()).collect()
    }

    fn found(&mut self, record: &Record, end: u32) -> Vec<(f64, &'i K, u32)> {
        let keys = Keys::of(record);
        self.find_alike(&keys);
        let Self { index, alike: (_, alike), promise } = self;
        promise.clear();
        let mut promises = |slots: &[u32], bits: f64| {
            for slot in slots.iter().take_while(|slot| **slot < end) {
                *promise.entry(*slot).or_default() += bits;
            }
        };
        // Only the order among these four and the rest matters: a code with the name, a code, a name, an address.
        keys.code_and_name.iter().for_each(|key| promises(index.items.members(*key), 400.0));
        keys.codes.iter().for_each(|key| promises(index.items.members(*key), 200.0));
        keys.name.iter().for_each(|key| promises(index.names.members(*key), 100.0));
        keys.endpoint.iter().for_each(|key| promises(index.items.members(*key), 50.0));
        for (name, rarity) in alike.iter() {
            let members = index.names.members(*name);
            promises(members.get(..MAX_ITEMS_PER_NAME).unwrap_or(members), *rarity);
        }
        for (word, rarity) in index.words.rarest(keys.words(), MAX_FOLLOWED) {
            promises(index.words.members(word), rarity);
        }
        let known = |(slot, bits): (&u32, &f64)| index.item(*slot).map(|(id, _)| (*bits, id, *slot));
        let mut found: Vec<(f64, &'i K, u32)> = promise.iter().filter_map(known).collect();
        if found.len() > index.most {
            found.select_nth_unstable_by(index.most, best_first);
            found.truncate(index.most);
        }
        found
    }

    /// Finds the names that share rare n-grams with a record's, with the sum of what those tell; at most [`MAX_NAMES`].
    fn find_alike(&mut self, keys: &Keys) {
        let (of, names) = &mut self.alike;
        if *of == keys.name {
            return;
        }
        *of = keys.name;
        let mut sums: HashMap<u64, f64, RandomState> = HashMap::default();
        for (gram, rarity) in self.index.grams.rarest(keys.grams.iter().copied(), MAX_FOLLOWED) {
            for name in self.index.grams.members(gram) {
                *sums.entry(*name).or_default() += rarity;
            }
        }
        names.clear();
        names.extend(sums);
        names.sort_unstable_by(|(left, x), (right, y)| y.total_cmp(x).then_with(|| left.cmp(right)));
        names.truncate(MAX_NAMES.max(self.index.most / 2));
    }
}

fn best_first<K: Ord>((x, left, _): &(f64, &K, u32), (y, right, _): &(f64, &K, u32)) -> Ordering {
    y.total_cmp(x).then_with(|| left.cmp(right))
}
