//! The state of everything at one position of the log.

use std::fmt;
use std::sync::Arc;

use domain::item::Stage;
use domain::{CaseId, ChannelId, DepartmentId, EntryId, ItemId, RevocationId};
use event_store::Position;
use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::cases::Rank;
use crate::disclosures::DisclosureFacet;
use crate::facets::Facets;
use crate::kept::Reached;
use crate::node::Node;
use crate::views::{
    CaseView, ChannelView, DepartmentView, Disclosure, DisclosurePlace, Due, EntryStanding, EntryUsage,
    EntryView, ItemView, Join, RevocationView, Route,
};

/// Everything that readers see, at one position of the log; immutable, and cheap to clone.
///
/// Two snapshots of one log at one position are equal, however the log was read.
#[derive(Clone, Default, PartialEq)]
pub struct Snapshot {
    pub(crate) position: Position,
    /// Identifier of the log's first event: recognises the log.
    pub(crate) log: Option<Uuid>,
    /// The last event of all.
    pub(crate) reached: Option<Reached>,
    /// Time of the last event that told its time.
    pub(crate) last_at: Timestamp,
    pub(crate) skipped: u64,

    pub(crate) departments: OrdMap<DepartmentId, Arc<DepartmentView>>,
    pub(crate) channels: OrdMap<ChannelId, Arc<ChannelView>>,
    pub(crate) revocations: OrdMap<RevocationId, Arc<RevocationView>>,
    pub(crate) items: OrdMap<ItemId, Arc<ItemView>>,
    /// What the curator did without asking.
    pub(crate) joins: OrdMap<ItemId, Arc<Join>>,
    pub(crate) items_of: OrdMap<DepartmentId, OrdMap<Position, ItemId>>,
    pub(crate) cases: OrdMap<CaseId, Arc<CaseView>>,
    /// By whether they are decided, then by age.
    pub(crate) cases_by_age: OrdMap<(bool, Position), CaseId>,
    /// By whether they are decided, then by probability, the highest first, then by age.
    pub(crate) cases_by_probability: OrdMap<(bool, Rank, Position), CaseId>,
    pub(crate) cases_of: OrdMap<(ItemId, Position), CaseId>,
    pub(crate) queue: OrdMap<(Stage, Position), ItemId>,
    pub(crate) queue_of: OrdMap<(DepartmentId, Stage, Position), ItemId>,
    pub(crate) calendar: OrdSet<Due>,

    /// What departments may learn of citizens, and what they might: by where it began.
    pub(crate) disclosures: OrdMap<DisclosurePlace, Arc<Disclosure>>,
    pub(crate) disclosure_facets: OrdSet<(DisclosureFacet, DisclosurePlace)>,
    /// Those in force of each item.
    pub(crate) disclosed: OrdMap<ItemId, Arc<[DisclosurePlace]>>,

    pub(crate) nodes: OrdMap<EntryId, Arc<Node>>,
    /// Items by the entry that they are placed in, then by registration.
    pub(crate) members: OrdMap<(EntryId, Position), ItemId>,
    /// Entries by the entry that they are merged into, then by formation.
    pub(crate) merged: OrdMap<(EntryId, Position), EntryId>,

    /// By the entry that was called, whatever became of it.
    pub(crate) usage: OrdMap<EntryId, Arc<EntryUsage>>,
    pub(crate) counted_since: Option<Date>,

    // Derived from the above, entry by entry.
    pub(crate) entries: OrdMap<EntryId, EntryStanding>,
    pub(crate) routes: OrdMap<EntryId, Route>,
    pub(crate) facets: Facets,
    pub(crate) feed: OrdSet<(Position, FeedPlace)>,
}

/// A place among the entries that changed at one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FeedPlace {
    Entry(EntryId),
    /// After all of them.
    End,
}

impl Snapshot {
    /// The position that it shows: every event up to it, and none after it.
    pub fn position(&self) -> Position {
        self.position
    }

    /// How many events were passed over: unknown, unreadable, or without an effect that could be.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Every department.
    pub fn departments(&self) -> &OrdMap<DepartmentId, Arc<DepartmentView>> {
        &self.departments
    }

    /// One department.
    pub fn department(&self, id: &DepartmentId) -> Option<&Arc<DepartmentView>> {
        self.departments.get(id)
    }

    /// Every channel.
    pub fn channels(&self) -> &OrdMap<ChannelId, Arc<ChannelView>> {
        &self.channels
    }

    /// One channel.
    pub fn channel(&self, id: &ChannelId) -> Option<&Arc<ChannelView>> {
        self.channels.get(id)
    }

    /// Every revocation, in force or lifted.
    pub fn revocations(&self) -> &OrdMap<RevocationId, Arc<RevocationView>> {
        &self.revocations
    }

    /// Every registered item.
    pub fn items(&self) -> &OrdMap<ItemId, Arc<ItemView>> {
        &self.items
    }

    /// One item.
    pub fn item(&self, id: ItemId) -> Option<&Arc<ItemView>> {
        self.items.get(&id)
    }

    /// The items that the curator put into another's entry without asking, whatever became of them.
    pub fn joins(&self) -> &OrdMap<ItemId, Arc<Join>> {
        &self.joins
    }

    /// The items that are placed in an entry itself and not in one of its aliases, in order of their registration.
    pub fn members(&self, entry: EntryId) -> impl Iterator<Item = ItemId> {
        let placed =
            self.members.range((entry, Position::START)..).take_while(move |((of, _), _)| *of == entry);
        placed.map(|(_, item)| *item)
    }

    /// Every entry that readers may find under its identifier: live, merged or retired.
    ///
    /// An entry without any item that is or was public is not there. Nor is an offering of a department that
    /// the register does not know (主办单位 has to be shown), until that is enrolled.
    pub fn entries(&self) -> &OrdMap<EntryId, EntryStanding> {
        &self.entries
    }

    /// One entry, live, merged or retired.
    pub fn entry(&self, id: EntryId) -> Option<&EntryStanding> {
        self.entries.get(&id)
    }

    /// Place of the last event in an entry's own stream (the `If-Match` of its commands), aliases included.
    pub fn entry_revision(&self, id: EntryId) -> Option<u64> {
        self.nodes.get(&id)?.revision
    }

    /// One live entry, through an alias if need be.
    pub fn live_entry(&self, id: EntryId) -> Option<&Arc<EntryView>> {
        match self.entries.get(&self.survivor(id))? {
            EntryStanding::Live(view) => Some(view),
            EntryStanding::Alias { .. } | EntryStanding::Retired(_) => None,
        }
    }

    /// The end of the chain of merges that begins at `id`; `id` itself if it is not merged.
    pub fn survivor(&self, id: EntryId) -> EntryId {
        self.chain(id).last().unwrap_or(id)
    }

    /// `id` and all that it is an alias of, nearest first: what `EntryCommand::Merge` wants to know of its target.
    pub fn lineage(&self, id: EntryId) -> Vec<EntryId> {
        self.chain(id).collect()
    }

    /// Ends, because the projection lets no merge close a loop.
    pub(crate) fn chain(&self, id: EntryId) -> impl Iterator<Item = EntryId> {
        std::iter::successors(Some(id), |id| self.nodes.get(id).and_then(|node| node.merged_into()))
    }

    /// How often an entry was called, and those that are merged into it.
    pub fn usage(&self, id: EntryId) -> EntryUsage {
        let mut usage = EntryUsage::default();
        self.family(id).iter().filter_map(|id| self.usage.get(id)).for_each(|own| usage.add_all(own));
        usage
    }

    /// The first day of which the log tells how often entries were called; none before anything was counted.
    pub fn counted_since(&self) -> Option<Date> {
        self.counted_since
    }

    /// Where calls to each identifier go, aliases included; made to be compared with `imbl::OrdMap::diff`.
    pub fn routes(&self) -> &OrdMap<EntryId, Route> {
        &self.routes
    }

    /// Every duplicate case, open and decided.
    pub fn cases(&self) -> &OrdMap<CaseId, Arc<CaseView>> {
        &self.cases
    }

    /// One duplicate case.
    pub fn case(&self, id: CaseId) -> Option<&Arc<CaseView>> {
        self.cases.get(&id)
    }

    /// The cases that an item is part of, oldest first.
    pub fn cases_of(&self, item: ItemId) -> impl Iterator<Item = &Arc<CaseView>> {
        self.cases_of
            .range((item, Position::START)..)
            .take_while(move |((of, _), _)| *of == item)
            .filter_map(|(_, case)| self.cases.get(case))
    }

    /// What is due at `now`, by the time at which it takes effect.
    pub fn due(&self, now: Timestamp) -> Vec<Due> {
        self.calendar.iter().take_while(|due| due.effective <= now).cloned().collect()
    }

    /// When the next announced change takes effect, be it past or to come.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.calendar.get_min().map(|due| due.effective)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("position", &self.position)
            .field("items", &self.items.len())
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}
