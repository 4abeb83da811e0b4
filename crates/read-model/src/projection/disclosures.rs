//! What departments may learn of citizens: begun and ended by what is public of their items.

use std::sync::Arc;

use domain::ItemId;
use domain::item::{ClaimRequest, Publication, Registered, Review};

use super::{Projection, Stamp};
use crate::disclosures::DisclosureFacet;
use crate::views::{
    Approval, Disclosure, DisclosureEnd, DisclosureEndReason, DisclosurePlace, ItemView, Submission,
};

impl Projection {
    /// Compares what the item's department may learn with what it could before, and writes down the difference.
    ///
    /// The states decide, not the kinds of events: whatever changes what is public, or whose it is, is seen.
    pub(super) fn disclose(
        &mut self,
        before: Option<&ItemView>,
        after: &Registered,
        id: ItemId,
        stamp: &Stamp,
    ) {
        let same_owner = before.is_none_or(|before| before.state.department == after.department);
        if same_owner && before.map_or(&[] as &[_], |before| declared(&before.state)) == declared(after) {
            return;
        }
        let (mut in_force, ended) = self.end_disclosures(after, id, same_owner, stamp);
        let goes_on = |request: &ClaimRequest| in_force.iter().any(|disclosure| is_of(disclosure, request));
        let new: Vec<_> = declared(after).iter().filter(|request| !goes_on(request)).collect();
        let submission = before.and_then(|before| before.submission.as_deref());
        for (number, request) in (0..).zip(new) {
            let place = DisclosurePlace { position: stamp.position, number };
            let taken_over = ended.iter().find(|ended| !same_owner && is_of(ended, request));
            let disclosure = match taken_over {
                Some(ended) => Disclosure {
                    place,
                    department: after.department.clone(),
                    since: stamp.at,
                    taken_over_from: Some(ended.department.clone()),
                    ..(**ended).clone()
                },
                None => Disclosure {
                    place,
                    item: id,
                    department: after.department.clone(),
                    claim: request.claim.clone(),
                    purpose: request.purpose.clone(),
                    since: stamp.at,
                    revision: after.live().map_or(after.revision, |live| live.revision),
                    approvals: submission.map(|submission| submission.approvals.clone()).unwrap_or_default(),
                    taken_over_from: None,
                    end: None,
                },
            };
            let disclosure = Arc::new(disclosure);
            self.index_disclosure(&disclosure);
            self.now.disclosures.insert(place, Arc::clone(&disclosure));
            in_force.push(disclosure);
        }
        if in_force.is_empty() {
            self.now.disclosed.remove(&id);
        } else {
            self.now.disclosed.insert(id, in_force.iter().map(|disclosure| disclosure.place).collect());
        }
    }

    /// Ends those of the item that don't go on. Answers those that do, and the others as they were before.
    fn end_disclosures(
        &mut self,
        after: &Registered,
        id: ItemId,
        same_owner: bool,
        stamp: &Stamp,
    ) -> (Vec<Arc<Disclosure>>, Vec<Arc<Disclosure>>) {
        let places = self.now.disclosed.get(&id).into_iter().flat_map(|places| places.iter());
        let before = places.filter_map(|place| self.now.disclosures.get(place)).cloned();
        let (in_force, ended): (Vec<_>, Vec<_>) = before.partition(|disclosure| {
            same_owner && declared(after).iter().any(|request| is_of(disclosure, request))
        });
        let reason = match (&after.publication, same_owner) {
            (Publication::Retired { .. }, _) => DisclosureEndReason::Retired,
            (Publication::Live(_) | Publication::Never, true) => DisclosureEndReason::Revised,
            (Publication::Live(_) | Publication::Never, false) => DisclosureEndReason::Transferred,
        };
        for disclosure in &ended {
            let end = Some(DisclosureEnd { at: stamp.at, reason });
            let ended = Arc::new(Disclosure { end, ..(**disclosure).clone() });
            self.now.disclosures.insert(disclosure.place, ended);
        }
        (in_force, ended)
    }

    /// Takes in one that is known whole, at any time after those that began before it.
    pub(super) fn list_disclosure(&mut self, disclosure: Arc<Disclosure>) {
        self.index_disclosure(&disclosure);
        if disclosure.end.is_none() {
            let before = self.now.disclosed.get(&disclosure.item);
            let in_force = before.into_iter().flat_map(|places| places.iter().copied());
            let in_force: Arc<[_]> = in_force.chain([disclosure.place]).collect();
            self.now.disclosed.insert(disclosure.item, in_force);
        }
        self.now.disclosures.insert(disclosure.place, disclosure);
    }

    fn index_disclosure(&mut self, disclosure: &Disclosure) {
        for facet in [
            DisclosureFacet::Department(disclosure.department.clone()),
            DisclosureFacet::Item(disclosure.item),
            DisclosureFacet::Claim(disclosure.claim.clone()),
        ] {
            self.now.disclosure_facets.insert((facet, disclosure.place));
        }
    }
}

/// The approvals of what is under review, with the one that an event has just added, if it has.
pub(super) fn approved(
    submission: Option<Box<Submission>>,
    before: &Registered,
    after: &Registered,
    approval: Approval,
) -> Option<Box<Submission>> {
    let mut submission = submission?;
    // One that doesn't fit what was handed in changes nothing.
    if review(before) != review(after) {
        submission.approvals.push(approval);
    }
    Some(submission)
}

fn review(state: &Registered) -> Option<&Review> {
    state.proposal.as_ref().map(|proposal| &proposal.review)
}

/// What the item's department may learn of a caller.
fn declared(state: &Registered) -> &[ClaimRequest] {
    state.live().map_or(&[], |live| &live.content.access.claims)
}

fn is_of(disclosure: &Disclosure, request: &ClaimRequest) -> bool {
    disclosure.claim == request.claim && disclosure.purpose == request.purpose
}
