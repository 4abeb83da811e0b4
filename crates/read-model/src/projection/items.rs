//! Items and their placements.

use std::sync::Arc;

use domain::item::{Registered, Transfer};
use domain::placement::Decider;
use domain::{Aggregate, EntryId, Item, ItemEvent, ItemId, Placement, PlacementEvent};

use super::disclosures::approved;
use super::{Projection, Stamp};
use crate::views::{Approval, Due, DueAction, ItemView, Join, Submission};

impl Projection {
    pub(super) fn item(&mut self, id: ItemId, event: &ItemEvent, stamp: &Stamp) {
        let before = self.now.items.get(&id).cloned();
        let mut item = match &before {
            Some(view) => Item::Registered(Box::new((*view.state).clone())),
            None => Item::Unregistered,
        };
        item.evolve(event);
        let Item::Registered(state) = item else {
            return self.skip(stamp.position, "its item is not registered");
        };
        self.disclose(before.as_deref(), &state, id, stamp);
        let submission = submission(before.as_deref(), &state, event, stamp);
        let after = Arc::new(ItemView {
            id,
            state: Arc::from(state),
            placement: before.as_ref().map(|view| view.placement.clone()).unwrap_or_default(),
            revision: stamp.revision,
            registered: before.as_ref().map_or(stamp.position, |view| view.registered),
            changed: stamp.position,
            updated_at: stamp.at,
            submission,
        });
        self.index(before.as_deref(), &after);
        let (entry, live) = (after.entry(), after.state.live().is_some());
        self.now.items.insert(id, after);
        if let Some(entry) = entry.filter(|_| public_sees(event)) {
            self.touch(entry, live, stamp);
        }
    }

    pub(super) fn placement(&mut self, id: ItemId, event: &PlacementEvent, stamp: &Stamp) {
        let Some(view) = self.now.items.get(&id).cloned() else {
            return self.skip(stamp.position, "it places an item that is not registered");
        };
        if let Some(join) = automatic_join(event) {
            self.now.joins.insert(id, Arc::new(join));
        }
        let mut placement = view.placement.clone();
        placement.evolve(event);
        if let Placement::Placed { basis, .. } = &mut placement {
            basis.evidence = Vec::new();
        }
        let live = view.state.live().is_some();
        let before = view.entry();
        let after = ItemView { placement, ..(*view).clone() };
        let now = after.entry();
        let registered = view.registered;
        self.now.items.insert(id, Arc::new(after));
        if before == now {
            return;
        }
        if let Some(entry) = before {
            self.now.members.remove(&(entry, registered));
            self.touch(entry, false, stamp);
        }
        if let Some(entry) = now {
            self.now.members.insert((entry, registered), id);
            self.touch(entry, live, stamp);
        }
    }

    /// Everything that a department's items are part of has changed with it.
    pub(super) fn touch_items_of(&mut self, department: &domain::DepartmentId, stamp: &Stamp) {
        let items = self.now.items_of.get(department).into_iter().flat_map(|items| items.values());
        let touched: Vec<(EntryId, bool)> = items
            .filter_map(|id| self.now.items.get(id))
            .filter_map(|view| Some((view.entry()?, view.state.live().is_some())))
            .collect();
        for (entry, live) in touched {
            self.touch(entry, live, stamp);
        }
    }

    /// Keeps the department's list, the review queue and the calendar.
    pub(super) fn index(&mut self, before: Option<&ItemView>, after: &ItemView) {
        if let Some(before) = before {
            self.unlist(before, after);
        }
        let department = &after.state.department;
        if before.is_none_or(|before| before.state.department != *department) {
            let items = self.now.items_of.entry(department.clone()).or_default();
            items.insert(after.registered, after.id);
        }
        if let Some((stage, position)) = awaits(after) {
            self.now.queue.insert((stage, position), after.id);
            self.now.queue_of.insert((department.clone(), stage, position), after.id);
        }
        for due in announced(after) {
            self.now.calendar.insert(due);
        }
    }

    fn unlist(&mut self, before: &ItemView, after: &ItemView) {
        let department = &before.state.department;
        if after.state.department != *department
            && let Some(items) = self.now.items_of.get_mut(department)
        {
            items.remove(&before.registered);
            if items.is_empty() {
                self.now.items_of.remove(department);
            }
        }
        if let Some((stage, position)) = awaits(before) {
            self.now.queue.remove(&(stage, position));
            self.now.queue_of.remove(&(department.clone(), stage, position));
        }
        for due in announced(before) {
            self.now.calendar.remove(&due);
        }
    }
}

/// What the curator did by evidence alone, if that is what the event says.
fn automatic_join(event: &PlacementEvent) -> Option<Join> {
    let (entry, by, basis) = match event {
        PlacementEvent::Placed { entry, by, basis } => (entry, by, basis),
        PlacementEvent::Moved { to, by, basis, .. } => (to, by, basis),
        PlacementEvent::Withdrawn { .. } => return None,
    };
    match by {
        Decider::Curator => Some(Join {
            entry: *entry,
            with: basis.compared_with?,
            probability: basis.probability?,
            relation: basis.relation,
            feature: basis.leading_feature().map(Arc::from),
        }),
        Decider::Steward => None,
    }
}

fn submission(
    before: Option<&ItemView>,
    after: &Registered,
    event: &ItemEvent,
    stamp: &Stamp,
) -> Option<Box<Submission>> {
    match event {
        ItemEvent::Submitted { .. } => Some(Box::new(Submission {
            by: stamp.actor.clone(),
            at: stamp.at,
            position: stamp.position,
            approvals: Vec::new(),
        })),
        ItemEvent::Approved { basis, .. } => {
            let before = before?;
            let approval = Approval { basis: basis.clone(), by: stamp.actor.clone(), at: stamp.at };
            approved(before.submission.clone(), &before.state, after, approval)
        }
        ItemEvent::Published { .. } => None,
        ItemEvent::Drafted { .. }
        | ItemEvent::Revised { .. }
        | ItemEvent::Withdrawn {}
        | ItemEvent::ChangesRequested { .. }
        | ItemEvent::Rejected { .. }
        | ItemEvent::Suspended { .. }
        | ItemEvent::Resumed {}
        | ItemEvent::TransferProposed { .. }
        | ItemEvent::TransferAccepted { .. }
        | ItemEvent::TransferCancelled {}
        | ItemEvent::Transferred { .. }
        | ItemEvent::RetirementAnnounced { .. }
        | ItemEvent::RetirementCancelled {}
        | ItemEvent::Retired { .. } => before.and_then(|view| view.submission.clone()),
    }
}

/// Whether an event can change what the public sees of an item.
fn public_sees(event: &ItemEvent) -> bool {
    match event {
        ItemEvent::Published { .. }
        | ItemEvent::Suspended { .. }
        | ItemEvent::Resumed {}
        | ItemEvent::TransferAccepted { .. }
        | ItemEvent::TransferCancelled {}
        | ItemEvent::Transferred { .. }
        | ItemEvent::RetirementAnnounced { .. }
        | ItemEvent::RetirementCancelled {}
        | ItemEvent::Retired { .. } => true,
        ItemEvent::Drafted { .. }
        | ItemEvent::Revised { .. }
        | ItemEvent::Submitted { .. }
        | ItemEvent::Withdrawn {}
        | ItemEvent::ChangesRequested { .. }
        | ItemEvent::Approved { .. }
        | ItemEvent::Rejected { .. }
        | ItemEvent::TransferProposed { .. } => false,
    }
}

/// The stage of review that the item waits for, and since where in the log.
fn awaits(view: &ItemView) -> Option<(domain::item::Stage, event_store::Position)> {
    let stage = view.state.proposal.as_ref()?.review.awaiting()?;
    Some((stage, view.submission.as_ref()?.position))
}

/// What is announced to happen to the item.
fn announced(view: &ItemView) -> impl Iterator<Item = Due> {
    let item = view.id;
    let transfer = match view.state.transfer {
        Some(Transfer::Accepted { effective, .. }) => {
            Some(Due { effective, item, action: DueAction::CompleteTransfer })
        }
        Some(Transfer::Proposed { .. }) | None => None,
    };
    let retirement = view.state.live().and_then(|live| live.retirement.as_ref());
    let retirement =
        retirement.map(|retirement| Due { effective: retirement.effective, item, action: DueAction::Retire });
    transfer.into_iter().chain(retirement)
}
