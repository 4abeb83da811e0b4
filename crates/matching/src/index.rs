//! Proposes candidates without comparing everything with everything.

mod block;
mod keys;
mod pool;
mod search;

use std::{collections::HashMap, hash::Hash, sync::Arc};

use foldhash::fast::RandomState;

use crate::{
    batch::Blocking,
    evidence::Match,
    lexicon::Lexicon,
    measure::{Context, Ready},
    profile::Profile,
    record::Record,
    score::Glance,
};
use block::Blocks;
use keys::Keys;
use pool::Pool;
pub(crate) use search::Search;

/// The most candidates that one query answers.
pub const MAX_CANDIDATES: usize = 64;

/// The most members that a block lists, unless the list is short enough for more.
const MAX_BLOCK: usize = 256;

/// An incremental index of profiles by blocks: shared code, name, rare n-grams of the object under one act, rare words of
/// summary and keywords, endpoint.
///
/// **Bounds.** Every block lists at most 256 members, so a query looks at a bounded number of items whatever the catalogue's
/// size. A block that outgrew its bound keeps the members that came first, and finds no other in the place of one that is
/// removed; such a block tells little, and every item is in others, too. N-grams point at distinct names, so a name that a
/// thousand districts use is one member.
///
/// **What blocking misses.** Items under different codes, whose names state different acts or share none of their rare
/// n-grams, and whose summaries share no rare word: `score` would call them distinct.
#[derive(Clone, Debug)]
pub struct Index<K> {
    slots: Vec<Option<(K, Record)>>,
    free: Vec<u32>,
    by_id: HashMap<K, u32, RandomState>,
    pool: Pool,
    pub(crate) context: Context,
    most: usize,
    /// Items by code, by code and name, and by endpoint.
    items: Blocks<u32>,
    /// Items by name.
    names: Blocks<u32>,
    /// Names (by key) by n-gram.
    grams: Blocks<u64>,
    /// Items by a word of their texts.
    words: Blocks<u32>,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self::with_words(Arc::clone(Lexicon::built_in()))
    }
}

impl<K> Index<K> {
    /// An empty index that reads names and departments with these words.
    #[must_use]
    pub fn with_words(lexicon: Arc<Lexicon>) -> Self {
        Self::bounded(lexicon, MAX_CANDIDATES, MAX_BLOCK)
    }

    /// An empty index that answers `most` candidates at most from blocks of `block` members.
    pub(crate) fn bounded(lexicon: Arc<Lexicon>, most: usize, block: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_id: HashMap::default(),
            pool: Pool::default(),
            context: Context::new(lexicon),
            most,
            items: Blocks::new(block),
            names: Blocks::new(block),
            grams: Blocks::new(block),
            words: Blocks::new(block),
        }
    }
}

impl<K: Clone + Eq + Hash + Ord> Index<K> {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many profiles it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Whether it holds a profile under an id.
    #[must_use]
    pub fn contains(&self, id: &K) -> bool {
        self.by_id.contains_key(id)
    }

    /// Takes a profile in, in the place of an earlier one under the same id.
    pub fn insert(&mut self, id: K, profile: &Profile) {
        self.remove(&id);
        let Some(slot) = self.free_slot() else { return };
        let record = self.pool.take_in(&self.context.lexicon, profile);
        let keys = Keys::of(&record);
        for key in keys.items() {
            self.items.add(key, slot);
        }
        if let Some(name) = keys.name
            && self.names.add(name, slot) == 1
        {
            keys.grams.iter().for_each(|gram| {
                self.grams.add(*gram, name);
            });
        }
        for word in keys.words() {
            self.words.add(word, slot);
        }
        self.context.statistics.add(&record.words);
        self.context.stems.add(&record.stems);
        if let Some(place) = usize::try_from(slot).ok().and_then(|at| self.slots.get_mut(at)) {
            *place = Some((id.clone(), record));
        }
        self.by_id.insert(id, slot);
    }

    /// Takes the profile under an id out, and says whether there was one.
    pub fn remove(&mut self, id: &K) -> bool {
        let taken = self.by_id.remove(id).and_then(|slot| {
            let place = usize::try_from(slot).ok().and_then(|at| self.slots.get_mut(at))?;
            Some((slot, place.take()?.1))
        });
        let Some((slot, record)) = taken else { return false };
        self.free.push(slot);
        let keys = Keys::of(&record);
        for key in keys.items() {
            self.items.remove(key, slot);
        }
        if let Some(name) = keys.name
            && self.names.remove(name, slot) == 0
        {
            keys.grams.iter().for_each(|gram| {
                self.grams.remove(*gram, name);
            });
        }
        for word in keys.words() {
            self.words.remove(word, slot);
        }
        self.context.statistics.remove(&record.words);
        self.context.stems.remove(&record.stems);
        self.pool.let_go(&record);
        true
    }

    /// The candidates for a profile, scored; the most probable first, between equals the lowest id.
    ///
    /// A profile that is itself in the index matches itself.
    #[must_use]
    pub fn matches(&self, profile: &Profile) -> Vec<(K, Match)> {
        let query = Record::alone(&self.context.lexicon, profile);
        let query = self.ready(&query);
        let mut matches: Vec<(K, Match)> = Search::of(self)
            .proposals(query.record, u32::MAX)
            .filter_map(|slot| self.item(slot))
            .map(|(id, record)| (id.clone(), self.compare(&query, record)))
            .collect();
        matches.sort_by(|(left, x), (right, y)| {
            y.probability.total_cmp(&x.probability).then_with(|| left.cmp(right))
        });
        matches
    }

    /// A profile beside the one under an id, with what the index knows of all; `None` when there is none.
    #[must_use]
    pub fn score(&self, profile: &Profile, id: &K) -> Option<Match> {
        let (_, record) = self.item(*self.by_id.get(id)?)?;
        Some(self.compare(&self.ready(&Record::alone(&self.context.lexicon, profile)), record))
    }

    /// The ids worth scoring against a profile, the most promising first; at most [`MAX_CANDIDATES`].
    ///
    /// A profile that is itself in the index is among its own candidates.
    #[must_use]
    pub fn candidates(&self, profile: &Profile) -> Vec<K> {
        Search::of(self).ids(&Record::alone(&self.context.lexicon, profile))
    }

    /// What the search is bounded by, and what that cut off.
    pub(crate) fn blocking(&self) -> Blocking {
        let (full, largest) = [self.items.full(), self.names.full(), self.grams.full(), self.words.full()]
            .into_iter()
            .fold((0, 0), |(all, most), (full, largest)| (all + full, most.max(largest)));
        Blocking { most_candidates: self.most, full_blocks: full, largest_block: largest }
    }

    pub(crate) fn ready<'r>(&self, record: &'r Record) -> Ready<'r> {
        Ready::new(record, &self.context)
    }

    fn compare(&self, query: &Ready, record: &Record) -> Match {
        let other = self.ready(record);
        Glance::of(query, &other, &self.context).in_words().into_match()
    }

    pub(crate) fn item(&self, slot: u32) -> Option<&(K, Record)> {
        usize::try_from(slot).ok().and_then(|at| self.slots.get(at))?.as_ref()
    }

    /// A slot to fill; `None` when all 2^32 are taken.
    fn free_slot(&mut self) -> Option<u32> {
        self.free.pop().or_else(|| {
            let slot = u32::try_from(self.slots.len()).ok()?;
            self.slots.push(None);
            Some(slot)
        })
    }
}
