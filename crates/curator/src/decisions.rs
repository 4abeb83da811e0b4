//! What stewards decide of cases, carried out; and taken back, without a trace, when a case is reopened.
//!
//! Every step is given once, whoever carries it out, and is undone only while nobody has decided otherwise since.

use domain::duplicate_case::{Decision, Resolution};
use domain::placement::Decider;
use domain::{
    Actor, Aggregate, Basis, DuplicateCase, DuplicateCaseEvent, Entry, EntryCommand, EntryEvent, EntryId,
    ItemId, Placement, PlacementCommand, PlacementEvent,
};
use event_store::{Recorded, StoreError, StreamName, decode, load};
use read_model::{CaseView, Snapshot};
use uuid::Uuid;

use crate::Curator;
use crate::commands::{command_id, give_as, settled};

/// Events of a stream that are read at once.
const PAGE: usize = 256;

/// A steward's word on a case.
struct Word<'a> {
    curator: &'a Curator,
    snapshot: &'a Snapshot,
    case: &'a CaseView,
    /// What is done is done in their name.
    steward: Actor,
    /// The event that says it.
    event: &'a Recorded,
}

/// Carries out what an event of a case asks for.
pub(crate) async fn heed(
    curator: &Curator,
    snapshot: &Snapshot,
    case: &CaseView,
    event: &Recorded,
) -> Result<(), StoreError> {
    let Ok(metadata) = event.metadata() else { return Ok(()) };
    let steward = Actor { id: metadata.actor, role: metadata.role, department: metadata.department };
    let word = Word { curator, snapshot, case, steward, event };
    match (event.event_type.as_str(), &case.decision) {
        ("Confirmed", Decision::Confirmed { resolution }) => {
            word.join(resolution).await?;
            word.choose(resolution).await
        }
        ("Reopened", _) => word.take_back().await,
        (_, _) => Ok(()),
    }
}

/// Carries out what was decided while no curator was at work, where nobody has decided otherwise since.
pub(crate) async fn heed_missed(curator: &Curator, snapshot: &Snapshot) -> Result<(), StoreError> {
    for case in snapshot.cases().values() {
        let seems_missed = match &case.decision {
            Decision::Open => case.reopenings > 0,
            Decision::Confirmed { resolution } => !is_so(snapshot, case, resolution),
            Decision::Dismissed { .. } => false,
        };
        if !seems_missed {
            continue;
        }
        let Ok(stream) = StreamName::new(DuplicateCase::CATEGORY, &case.id.to_string()) else { continue };
        let last = curator.store.read_stream(&stream, case.revision, 1).await?;
        let Some(event) = last.first() else { continue };
        let mut newest = true;
        for item in &case.items {
            newest &= load::<Placement>(&*curator.store, item).await?.position < event.position;
        }
        // What was reopened is undone only as far as it still stands, however long ago.
        if newest || case.decision == Decision::Open {
            heed(curator, snapshot, case, event).await?;
        }
    }
    Ok(())
}

/// Whether readers find both items under one entry, and the one that is kept speaks for it.
fn is_so(snapshot: &Snapshot, case: &CaseView, resolution: &Resolution) -> bool {
    let [one, other] = case.items.map(|item| under(snapshot, item));
    let speaks = match resolution {
        Resolution::KeepPrimary { primary } => {
            one.and_then(|entry| snapshot.live_entry(entry)).is_none_or(|entry| entry.primary == *primary)
        }
        Resolution::BothStay { .. } => true,
    };
    one == other && speaks
}

/// The entry under which readers find an item.
fn under(snapshot: &Snapshot, item: ItemId) -> Option<EntryId> {
    let entry = snapshot.item(item)?.entry()?;
    Some(snapshot.survivor(entry))
}

impl Word<'_> {
    /// The item that stays where it is and the one that joins it: the later one, unless that is kept.
    fn sides(&self, resolution: &Resolution) -> (ItemId, ItemId) {
        let [low, high] = self.case.items;
        let registered = |item: ItemId| self.snapshot.item(item).map(|view| view.registered);
        let (earlier, later) = if registered(low) <= registered(high) { (low, high) } else { (high, low) };
        match resolution {
            Resolution::KeepPrimary { primary } if *primary == later => (later, earlier),
            Resolution::KeepPrimary { .. } | Resolution::BothStay { .. } => (earlier, later),
        }
    }

    /// Puts one item where the other is. The entry that it leaves with nothing becomes an alias: apps have saved it.
    async fn join(&self, resolution: &Resolution) -> Result<(), StoreError> {
        let (stays, joins) = self.sides(resolution);
        let entry_of = |item| self.curator.collection.read().entry_of(item);
        let (Some(home), Some(left)) = (entry_of(stays), entry_of(joins)) else { return Ok(()) };
        if self.snapshot.survivor(home) == self.snapshot.survivor(left) {
            return Ok(());
        }
        if !self.put(joins, home, stays).await? {
            return Ok(());
        }
        let left = self.snapshot.survivor(left);
        let mut others = self.snapshot.family(left).into_iter().flat_map(|name| self.snapshot.members(name));
        if others.all(|item| item == joins) {
            let into = self.snapshot.survivor(home);
            let lineage = self.snapshot.lineage(into);
            self.entry(left, &EntryCommand::Merge { entry: left, into, lineage }, "alias").await?;
        }
        Ok(())
    }

    /// The item that is kept speaks for its entry.
    async fn choose(&self, resolution: &Resolution) -> Result<(), StoreError> {
        let Resolution::KeepPrimary { primary } = resolution else { return Ok(()) };
        let home = self.curator.collection.read().entry_of(*primary);
        match home {
            Some(home) => {
                let home = self.snapshot.survivor(home);
                self.entry(home, &EntryCommand::ChoosePrimary { item: *primary }, "primary").await
            }
            None => Ok(()),
        }
    }

    /// Undoes what the confirmation before the reopening led to, the last first.
    async fn take_back(&self) -> Result<(), StoreError> {
        let Some((cause, resolution)) = self.taken_back().await? else { return Ok(()) };
        let (stays, joins) = self.sides(&resolution);
        let home = self.curator.collection.read().entry_of(stays).map(|home| self.snapshot.survivor(home));
        if let Some(home) = home
            && let Some(before) = self.primary_before(home, &cause).await?
        {
            let command = match before {
                Some(item) => EntryCommand::ChoosePrimary { item },
                None => EntryCommand::WithdrawPrimary,
            };
            self.entry(home, &command, "primary").await?;
        }
        let Some(from) = self.moved_from(joins, stays).await? else { return Ok(()) };
        for entry in self.snapshot.lineage(from) {
            if self.was_merged(entry, &cause).await? {
                self.entry(entry, &EntryCommand::Restore, "alias").await?;
            }
        }
        // Its evidence names nobody else, so that a later look does not undo the undoing.
        self.put(joins, from, joins).await.map(drop)
    }

    /// The confirmation that this event takes back, and what it said; none if it takes back a dismissal.
    async fn taken_back(&self) -> Result<Option<(String, Resolution)>, StoreError> {
        let Some(before) = self.event.revision.checked_sub(1) else { return Ok(None) };
        let found = self.curator.store.read_stream(&self.event.stream, before, 1).await?;
        let Some(recorded) = found.first() else { return Ok(None) };
        Ok(match decode::<DuplicateCaseEvent>(recorded) {
            Ok(Some(DuplicateCaseEvent::Confirmed { resolution })) => {
                Some((recorded.id.to_string(), resolution))
            }
            Ok(Some(
                DuplicateCaseEvent::Suspected { .. }
                | DuplicateCaseEvent::Dismissed { .. }
                | DuplicateCaseEvent::Reopened {},
            ))
            | Ok(None)
            | Err(_) => None,
        })
    }

    /// Moves an item because of its likeness to another, with the authority of whoever placed it: what a steward decided
    /// before yields to this decision, and what the curator placed stays the curator's. Says whether it moved.
    async fn put(&self, item: ItemId, entry: EntryId, other: ItemId) -> Result<bool, StoreError> {
        let curator = Actor::system("curator");
        let actor = match load::<Placement>(&*self.curator.store, &item).await?.state {
            Placement::Placed { by: Decider::Steward, .. } => &self.steward,
            Placement::Placed { by: Decider::Curator, .. }
            | Placement::Unplaced
            | Placement::Withdrawn { .. } => &curator,
        };
        let basis = Basis { compared_with: Some(other), ..Basis::default() };
        let command = PlacementCommand::Move { entry, basis };
        let cause = self.event.id.to_string();
        let moved = settled(give_as::<Placement>(self.curator, actor, &item, &command, &cause).await)?;
        let moved = moved.is_some_and(|moved| !moved.events.is_empty());
        if moved {
            self.curator.collection.write().placed(item, entry);
        }
        Ok(moved)
    }

    async fn entry(&self, entry: EntryId, command: &EntryCommand, step: &str) -> Result<(), StoreError> {
        let cause = step_of(&self.event.id.to_string(), step);
        settled(give_as::<Entry>(self.curator, &self.steward, &entry, command, &cause).await).map(drop)
    }

    /// The entry that `item` was in before it was moved to where `other` is; none if it was not, or has moved since.
    async fn moved_from(&self, item: ItemId, other: ItemId) -> Result<Option<EntryId>, StoreError> {
        let mut last = None;
        for recorded in self.story::<Placement>(item).await? {
            last = match decode::<PlacementEvent>(&recorded) {
                Ok(Some(PlacementEvent::Moved { from, basis, .. })) if basis.compared_with == Some(other) => {
                    Some(from)
                }
                Ok(Some(_)) => None,
                Ok(None) | Err(_) => last,
            };
        }
        Ok(last)
    }

    /// The choice that there was before the confirmation `cause` made one; none if it made none, or it has changed since.
    async fn primary_before(
        &self,
        entry: EntryId,
        cause: &str,
    ) -> Result<Option<Option<ItemId>>, StoreError> {
        let made = command_id::<Entry>(&entry, &step_of(cause, "primary"));
        let (mut now, mut before) = (None, None);
        for (command, event) in self.entry_story(entry).await? {
            let then = match event {
                EntryEvent::PrimaryChosen { item } => Some(item),
                EntryEvent::PrimaryWithdrawn {} => None,
                EntryEvent::Formed {}
                | EntryEvent::Renamed { .. }
                | EntryEvent::NameWithdrawn {}
                | EntryEvent::MergedInto { .. }
                | EntryEvent::Restored { .. } => continue,
            };
            before = (command == made).then_some(now);
            now = then;
        }
        Ok(before)
    }

    /// Whether the entry is an alias because the confirmation `cause` left it with nothing.
    async fn was_merged(&self, entry: EntryId, cause: &str) -> Result<bool, StoreError> {
        let made = command_id::<Entry>(&entry, &step_of(cause, "alias"));
        let mut merged = false;
        for (command, event) in self.entry_story(entry).await? {
            match event {
                EntryEvent::MergedInto { .. } => merged = command == made,
                EntryEvent::Restored { .. } => merged = false,
                EntryEvent::Formed {}
                | EntryEvent::Renamed { .. }
                | EntryEvent::NameWithdrawn {}
                | EntryEvent::PrimaryChosen { .. }
                | EntryEvent::PrimaryWithdrawn {} => {}
            }
        }
        Ok(merged)
    }

    /// The events of an entry, each with the command that led to it.
    async fn entry_story(&self, entry: EntryId) -> Result<Vec<(Uuid, EntryEvent)>, StoreError> {
        let told = |recorded: Recorded| {
            let event = decode::<EntryEvent>(&recorded).ok().flatten()?;
            Some((recorded.metadata().ok()?.command_id, event))
        };
        Ok(self.story::<Entry>(entry).await?.into_iter().filter_map(told).collect())
    }

    async fn story<A: Aggregate>(&self, id: A::Id) -> Result<Vec<Recorded>, StoreError> {
        let mut story = Vec::new();
        let Ok(stream) = StreamName::new(A::CATEGORY, &id.to_string()) else { return Ok(story) };
        loop {
            let next = story.last().map_or(0, |last: &Recorded| last.revision.saturating_add(1));
            let page = self.curator.store.read_stream(&stream, next, PAGE).await?;
            if page.is_empty() {
                return Ok(story);
            }
            story.extend(page);
        }
    }
}

/// One of the steps that an event asks for: no two of them are one command.
fn step_of(cause: &str, step: &str) -> String {
    format!("{cause}\0{step}")
}
