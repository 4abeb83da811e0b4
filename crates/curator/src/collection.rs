//! All that the curator knows of the items that are public.

mod contradiction;
mod place;
#[cfg(test)]
mod shuffled;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use domain::duplicate_case::Decision;
use domain::{CaseId, EntryId, ItemId, Placement, Relation};
use event_store::Position;
use matching::{Index, Lexicon, Profile};
use read_model::CaseView;

pub use place::{Home, Placing, Suspicion};

/// Most links of a chain of merges that are followed: more than anybody makes, and an end whatever the log holds.
const MAX_MERGES: usize = 64;

/// The public items with their places, and what was asked and decided of them.
#[derive(Default)]
pub(crate) struct Collection {
    index: Index<ItemId>,
    entries: HashMap<ItemId, EntryId>,
    members: HashMap<EntryId, BTreeSet<ItemId>>,
    /// The entries that a steward took an item out of.
    parted: HashMap<ItemId, BTreeSet<EntryId>>,
    /// The entry that each alias was merged into.
    merged: HashMap<EntryId, EntryId>,
    cases: HashMap<CaseId, Standing>,
    /// For an entry whose members overlap, the pair whose case stands for it.
    overlaps: HashMap<EntryId, [ItemId; 2]>,
    position: Option<Position>,
}

/// What was decided of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Open,
    Confirmed,
    Dismissed,
}

impl From<&Decision> for Standing {
    fn from(decision: &Decision) -> Self {
        match decision {
            Decision::Open => Self::Open,
            Decision::Confirmed { .. } => Self::Confirmed,
            Decision::Dismissed { .. } => Self::Dismissed,
        }
    }
}

impl Collection {
    /// An empty one that reads names with these words.
    pub(crate) fn with_words(words: Arc<Lexicon>) -> Self {
        Self { index: Index::with_words(words), ..Self::default() }
    }

    /// Up to where in the log everything is known; `None` before that was read.
    pub(crate) fn position(&self) -> Option<Position> {
        self.position
    }

    /// Everything up to this position is known.
    pub(crate) fn reached(&mut self, position: Position) {
        self.position = Some(position);
    }

    /// Takes note of a public item, or of its new content.
    pub(crate) fn insert(&mut self, item: ItemId, profile: &Profile) {
        self.index.insert(item, profile);
    }

    /// Whether the item is known to be public.
    pub(crate) fn knows(&self, item: ItemId) -> bool {
        self.index.contains(&item)
    }

    /// Forgets an item that is public no more.
    pub(crate) fn remove(&mut self, item: ItemId) {
        self.index.remove(&item);
        self.leave(item);
    }

    /// Takes note of where an item is.
    pub(crate) fn placed(&mut self, item: ItemId, entry: EntryId) {
        self.leave(item);
        self.entries.insert(item, entry);
        self.members.entry(entry).or_default().insert(item);
    }

    /// Takes note of where a steward took an item out.
    pub(crate) fn parted(&mut self, item: ItemId, placement: &Placement) {
        match placement {
            Placement::Placed { parted_from, .. } if !parted_from.is_empty() => {
                self.parted.insert(item, parted_from.clone());
            }
            Placement::Placed { .. } | Placement::Unplaced | Placement::Withdrawn { .. } => {
                self.parted.remove(&item);
            }
        }
    }

    /// Whether a steward took one of the two out of the entry that the other is in: they are no one service.
    fn is_parted(&self, item: ItemId, other: ItemId) -> bool {
        let under = |item| self.entry_of(item).map(|entry| self.survivor(entry));
        let (Some(here), Some(there)) = (under(item), under(other)) else { return false };
        let out_of = |item, entry| {
            let parted = self.parted.get(&item).into_iter().flatten();
            parted.into_iter().any(|from| self.survivor(*from) == entry)
        };
        here != there && (out_of(item, there) || out_of(other, here))
    }

    fn leave(&mut self, item: ItemId) {
        let Some(entry) = self.entries.remove(&item) else { return };
        if let Some(members) = self.members.get_mut(&entry) {
            members.remove(&item);
            if members.is_empty() {
                self.members.remove(&entry);
            }
        }
    }

    /// Where an item is, as far as is known here.
    pub(crate) fn entry_of(&self, item: ItemId) -> Option<EntryId> {
        self.entries.get(&item).copied()
    }

    /// Takes note of what an entry was merged into, or that it is one of its own again.
    pub(crate) fn merged(&mut self, entry: EntryId, into: Option<EntryId>) {
        match into {
            Some(into) => self.merged.insert(entry, into),
            None => self.merged.remove(&entry),
        };
    }

    /// The entry that readers find under `entry`.
    fn survivor(&self, entry: EntryId) -> EntryId {
        let chain = std::iter::successors(Some(entry), |entry| self.merged.get(entry).copied());
        chain.take(MAX_MERGES).last().unwrap_or(entry)
    }

    /// Takes note of a case as it stands.
    pub(crate) fn ruled(&mut self, case: &CaseView) {
        self.cases.insert(case.id, Standing::from(&case.decision));
        if case.decision == Decision::Open && case.basis.relation == Some(Relation::Duplicate) {
            self.overlap(case.items);
        }
    }

    /// Takes note of a case that is about to be opened.
    pub(crate) fn suspected(&mut self, items: [ItemId; 2], relation: Option<Relation>) {
        let [one, other] = items;
        self.cases.entry(CaseId::new(one, other)).or_insert(Standing::Open);
        if relation == Some(Relation::Duplicate) {
            self.overlap(items);
        }
    }

    fn overlap(&mut self, items: [ItemId; 2]) {
        if let Some(entry) = self.shared_entry(items) {
            self.overlaps.insert(entry, items);
        }
    }

    /// Whether a steward is already asked about items of this entry that claim the same people.
    fn overlap_is_asked(&self, entry: EntryId) -> bool {
        self.overlaps.get(&entry).is_some_and(|items| {
            let [one, other] = *items;
            self.cases.get(&CaseId::new(one, other)) == Some(&Standing::Open)
                && self.shared_entry(*items) == Some(entry)
        })
    }

    fn shared_entry(&self, items: [ItemId; 2]) -> Option<EntryId> {
        let [one, other] = items.map(|item| self.entry_of(item).map(|entry| self.survivor(entry)));
        one.filter(|_| one == other)
    }

    fn is_dismissed(&self, item: Option<ItemId>, other: ItemId) -> bool {
        item.is_some_and(|item| {
            self.is_parted(item, other)
                || self.cases.get(&CaseId::new(item, other)) == Some(&Standing::Dismissed)
        })
    }

    fn was_suspected(&self, item: Option<ItemId>, other: ItemId) -> bool {
        item.is_some_and(|item| self.cases.contains_key(&CaseId::new(item, other)))
    }
}
