//! Proposes candidates without comparing everything with everything.

mod block;
mod keys;

use std::{collections::HashMap, hash::Hash};

use block::Blocks;
use keys::Keys;

use crate::profile::Profile;

/// The most candidates that one query answers.
pub const MAX_CANDIDATES: usize = 64;

/// The rarest n-grams that one query follows.
const MAX_GRAMS: usize = 12;

/// Names that one query takes from n-grams …
const MAX_NAMES: usize = 32;

/// … and items of each: what items of one name tell of the query, a few of them tell.
const MAX_ITEMS_PER_NAME: usize = 4;

/// An incremental index of profiles by blocks: shared code, name, rare n-grams of the object under one act, endpoint.
///
/// **Bounds.** Every block lists at most 256 members, so a query looks at a bounded number of items whatever the catalogue's
/// size. A block that outgrew its bound keeps the members that came first; such a block tells little, and every item is in
/// others, too. N-grams point at distinct names, so a name that a thousand districts use is one member.
///
/// **What blocking misses.** Items under different codes, whose names state different acts or share none of their rare
/// n-grams: `score` would call them distinct.
#[derive(Clone, Debug)]
pub struct Index<K> {
    slots: Vec<Option<(K, Profile)>>,
    free: Vec<u32>,
    by_id: HashMap<K, u32>,
    /// Items by code, by code and name, and by endpoint.
    items: Blocks<u32>,
    /// Items by name.
    names: Blocks<u32>,
    /// Names (by key) by n-gram.
    grams: Blocks<u64>,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_id: HashMap::new(),
            items: Blocks::default(),
            names: Blocks::default(),
            grams: Blocks::default(),
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

    /// The profile under an id.
    #[must_use]
    pub fn get(&self, id: &K) -> Option<&Profile> {
        let slot = *self.by_id.get(id)?;
        self.item(slot).map(|(_, profile)| profile)
    }

    /// Takes a profile in, in the place of an earlier one under the same id.
    pub fn insert(&mut self, id: K, profile: Profile) {
        self.remove(&id);
        let Some(slot) = self.free_slot() else { return };
        let keys = Keys::of(&profile);
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
        if let Some(place) = usize::try_from(slot).ok().and_then(|at| self.slots.get_mut(at)) {
            *place = Some((id.clone(), profile));
        }
        self.by_id.insert(id, slot);
    }

    /// Takes the profile under an id out.
    pub fn remove(&mut self, id: &K) -> Option<Profile> {
        let slot = self.by_id.remove(id)?;
        let (_, profile) = usize::try_from(slot).ok().and_then(|at| self.slots.get_mut(at))?.take()?;
        self.free.push(slot);
        let keys = Keys::of(&profile);
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
        Some(profile)
    }

    /// The ids worth scoring against a profile, the most promising first; at most [`MAX_CANDIDATES`].
    ///
    /// A profile that is itself in the index is among its own candidates.
    #[must_use]
    pub fn candidates(&self, profile: &Profile) -> Vec<K> {
        let keys = Keys::of(profile);
        let mut promise: HashMap<u32, f64> = HashMap::new();
        let mut promises = |slots: &[u32], bits: f64| {
            for slot in slots {
                *promise.entry(*slot).or_default() += bits;
            }
        };
        // Only the order among these four and the n-grams matters: a code with the name, a code, a name, an address.
        keys.code_and_name.iter().for_each(|key| promises(self.items.members(*key), 400.0));
        keys.codes.iter().for_each(|key| promises(self.items.members(*key), 200.0));
        keys.name.iter().for_each(|key| promises(self.names.members(*key), 100.0));
        keys.endpoint.iter().for_each(|key| promises(self.items.members(*key), 50.0));
        for (name, rarity) in self.alike_names(&keys) {
            let members = self.names.members(name);
            promises(members.get(..MAX_ITEMS_PER_NAME).unwrap_or(members), rarity);
        }
        let mut ranked: Vec<(f64, &K)> = promise
            .into_iter()
            .filter_map(|(slot, bits)| self.item(slot).map(|(id, _)| (bits, id)))
            .collect();
        ranked.sort_unstable_by(|(x, left), (y, right)| y.total_cmp(x).then_with(|| left.cmp(right)));
        ranked.truncate(MAX_CANDIDATES);
        ranked.into_iter().map(|(_, id)| id.clone()).collect()
    }

    /// Names that share rare n-grams with the query's, by key, with the sum of what those tell; at most [`MAX_NAMES`].
    fn alike_names(&self, keys: &Keys) -> Vec<(u64, f64)> {
        let mut grams: Vec<(u32, u64)> = keys
            .grams
            .iter()
            .map(|gram| (self.grams.count(*gram), *gram))
            .filter(|(count, _)| *count > 0)
            .collect();
        grams.sort_unstable();
        let mut sums: HashMap<u64, f64> = HashMap::new();
        for (count, gram) in grams.into_iter().take(MAX_GRAMS) {
            let rarity = 1.0 / (1.0 + f64::from(count)).log2();
            for name in self.grams.members(gram) {
                *sums.entry(*name).or_default() += rarity;
            }
        }
        let mut names: Vec<(u64, f64)> = sums.into_iter().collect();
        names.sort_unstable_by(|(left, x), (right, y)| y.total_cmp(x).then_with(|| left.cmp(right)));
        names.truncate(MAX_NAMES);
        names
    }

    fn item(&self, slot: u32) -> Option<&(K, Profile)> {
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
