//! Departments, channels, revocations and duplicate cases: aggregates whose views are their states.

use std::sync::Arc;

use domain::{
    Aggregate, CaseId, Channel, ChannelEvent, ChannelId, Department, DepartmentEvent, DepartmentId,
    DuplicateCase, DuplicateCaseEvent, Revocation, RevocationEvent, RevocationId,
};

use super::{Projection, Stamp};
use crate::cases::Rank;
use crate::views::{CaseView, ChannelView, DepartmentView, RevocationView};

impl Projection {
    pub(super) fn department(&mut self, id: DepartmentId, event: &DepartmentEvent, stamp: &Stamp) {
        let mut department = match self.now.departments.get(&id) {
            Some(view) => Department::Enrolled {
                name: view.name.clone(),
                region: view.region.clone(),
                standing: view.standing.clone(),
            },
            None => Department::Unknown,
        };
        department.evolve(event);
        let Department::Enrolled { name, region, standing } = department else {
            return self.skip(stamp.position, "its department is not enrolled");
        };
        let view = DepartmentView {
            id: id.clone(),
            name,
            region,
            standing,
            revision: stamp.revision,
            updated_at: stamp.at,
        };
        self.now.departments.insert(id.clone(), Arc::new(view));
        self.touch_items_of(&id, stamp);
    }

    pub(super) fn channel(&mut self, id: ChannelId, event: &ChannelEvent, stamp: &Stamp) {
        let mut channel = match self.now.channels.get(&id) {
            Some(view) => Channel::Filed {
                filing: view.filing.clone(),
                filed_by: view.filed_by.clone(),
                sender_changed_by: view.sender_changed_by.clone(),
                standing: view.standing.clone(),
            },
            None => Channel::Unfiled,
        };
        channel.evolve(event);
        let Channel::Filed { filing, filed_by, sender_changed_by, standing } = channel else {
            return self.skip(stamp.position, "its channel is not filed");
        };
        let view = ChannelView {
            id: id.clone(),
            filing,
            filed_by,
            sender_changed_by,
            standing,
            revision: stamp.revision,
            updated_at: stamp.at,
        };
        self.now.channels.insert(id, Arc::new(view));
    }

    pub(super) fn revocation(&mut self, id: RevocationId, event: &RevocationEvent, stamp: &Stamp) {
        let mut revocation = match self.now.revocations.get(&id) {
            Some(view) => Revocation::Known {
                target: view.target,
                grounds: view.grounds.clone(),
                standing: view.standing,
            },
            None => Revocation::Unknown,
        };
        revocation.evolve(event);
        let Revocation::Known { target, grounds, standing } = revocation else {
            return self.skip(stamp.position, "nothing was revoked under its mark");
        };
        let (revision, updated_at) = (stamp.revision, stamp.at);
        let view = RevocationView { id: id.clone(), target, grounds, standing, revision, updated_at };
        self.now.revocations.insert(id, Arc::new(view));
    }

    pub(super) fn case(&mut self, id: CaseId, event: &DuplicateCaseEvent, stamp: &Stamp) {
        let before = self.now.cases.get(&id).cloned();
        let mut case = match &before {
            Some(view) => DuplicateCase::Suspected {
                items: view.items,
                basis: view.basis.clone(),
                decision: view.decision.clone(),
            },
            None => DuplicateCase::Unsuspected,
        };
        case.evolve(event);
        let DuplicateCase::Suspected { items, basis, decision } = case else {
            return self.skip(stamp.position, "its case was never opened");
        };
        let (suspected, suspected_at, before_reopenings) = match &before {
            Some(view) => (view.suspected, view.suspected_at, view.reopenings),
            None => (stamp.position, stamp.at, 0),
        };
        let rank = Rank::of(&basis);
        if let Some(before) = before {
            let was_decided = before.is_decided();
            self.now.cases_by_age.remove(&(was_decided, suspected));
            self.now.cases_by_probability.remove(&(was_decided, rank, suspected));
        }
        let view = CaseView {
            id,
            items,
            basis,
            decision,
            reopenings: before_reopenings.saturating_add(u32::from(takes_back(event))),
            revision: stamp.revision,
            suspected,
            suspected_at,
            updated_at: stamp.at,
        };
        self.list_case(Arc::new(view));
    }

    /// Puts a case into every list that it belongs in.
    pub(super) fn list_case(&mut self, view: Arc<CaseView>) {
        let (id, suspected, decided) = (view.id, view.suspected, view.is_decided());
        for item in view.items {
            self.now.cases_of.insert((item, suspected), id);
        }
        self.now.cases_by_age.insert((decided, suspected), id);
        self.now.cases_by_probability.insert((decided, Rank::of(&view.basis), suspected), id);
        self.now.cases.insert(id, view);
    }
}

fn takes_back(event: &DuplicateCaseEvent) -> bool {
    match event {
        DuplicateCaseEvent::Reopened {} => true,
        DuplicateCaseEvent::Suspected { .. }
        | DuplicateCaseEvent::Confirmed { .. }
        | DuplicateCaseEvent::Dismissed { .. } => false,
    }
}
