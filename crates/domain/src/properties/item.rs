//! The law of 先审后发: whatever is asked in whatever order, nothing is public without its review.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::arbitrary::actor;
use super::arbitrary::item::usual_command;
use crate::item::{ApprovalBasis, ContentHash, ItemEvent, Registered, Stage};
use crate::scenario::{today, xihu};
use crate::{Actor, Aggregate, Authors, Context, Item, ItemCommand, Policy, Role, StaffId, fold};

/// A command, who gives it, how many days later, and whether both are made to fit where the item stands.
type Step = (ItemCommand, Actor, u8, bool);

fn step() -> impl Strategy<Value = Step> {
    (usual_command(), actor(), 0u8..3, proptest::bool::weighted(0.8))
}

/// Aims a verdict at what is under review now, as a reviewer who has read it would.
fn aimed(command: ItemCommand, item: &Registered) -> ItemCommand {
    match (command, &item.proposal) {
        (ItemCommand::Review { verdict, .. }, Some(proposal)) => ItemCommand::Review {
            revision: proposal.revision,
            content_hash: proposal.content_hash.clone(),
            verdict,
        },
        (command, _) => command,
    }
}

/// The same person, with the authority that the command asks for where the item stands.
fn in_charge(actor: Actor, command: &ItemCommand, state: &Item) -> Actor {
    let item = state.registered();
    let owner = item.map_or_else(xihu, |item| item.department.clone());
    let awaiting = item.and_then(|item| item.proposal.as_ref()?.review.awaiting());
    let (role, department) = match (command, awaiting) {
        (ItemCommand::Review { .. }, Some(Stage::Department)) => (Role::DepartmentReviewer, Some(owner)),
        (ItemCommand::Review { .. }, _) => (Role::Reviewer, None),
        (ItemCommand::Migrate { .. } | ItemCommand::Resume, _) => (Role::Operator, None),
        (ItemCommand::CompleteTransfer | ItemCommand::Retire, _) => (Role::System, None),
        (_, _) => (Role::Clerk, Some(owner)),
    };
    Actor { role, department, ..actor }
}

/// The events of a story, each decided on what went before.
fn story(steps: Vec<Step>) -> Vec<ItemEvent> {
    let policy = Policy::default();
    let (mut state, mut now, mut events) = (Item::default(), today(), Vec::new());
    for (mut command, mut actor, days, fits) in steps {
        now += jiff::SignedDuration::from_hours(24 * i64::from(days));
        if fits {
            actor = in_charge(actor, &command, &state);
            command = match state.registered() {
                Some(item) => aimed(command, item),
                None => command,
            };
        }
        let context = Context { actor: &actor, now, policy: &policy };
        for event in state.decide(&command, &context).unwrap_or_default() {
            state.evolve(&event);
            events.push(event);
        }
    }
    events
}

/// A second reading of the log, independent of the fold: who wrote and handed in, and who passed it.
#[derive(Default)]
struct Witness {
    authors: Authors,
    handed_in: Option<(u64, ContentHash, Vec<Stage>)>,
    reviewers: Vec<StaffId>,
    otherwise_approved: bool,
}

impl Witness {
    fn see(&mut self, event: &ItemEvent) -> Result<(), TestCaseError> {
        match event {
            ItemEvent::Drafted { author, .. } | ItemEvent::Revised { author, .. } => {
                self.authors.insert(author.clone());
                self.forget_review();
            }
            ItemEvent::Submitted { revision, content_hash, stages, by } => {
                self.forget_review();
                self.authors.extend(by.clone());
                self.handed_in = Some((*revision, content_hash.clone(), stages.clone()));
            }
            ItemEvent::Withdrawn {} | ItemEvent::ChangesRequested { .. } | ItemEvent::Rejected { .. } => {
                self.forget_review();
            }
            ItemEvent::Approved { basis: ApprovalBasis::Review { reviewer, .. }, .. } => {
                self.reviewers.push(reviewer.clone());
            }
            ItemEvent::Approved { .. } => self.otherwise_approved = true,
            ItemEvent::Published { revision, content_hash } => self.judge(*revision, content_hash)?,
            ItemEvent::Suspended { .. }
            | ItemEvent::Resumed {}
            | ItemEvent::TransferProposed { .. }
            | ItemEvent::TransferAccepted { .. }
            | ItemEvent::TransferCancelled {}
            | ItemEvent::Transferred { .. }
            | ItemEvent::RetirementAnnounced { .. }
            | ItemEvent::RetirementCancelled {}
            | ItemEvent::Retired { .. } => {}
        }
        Ok(())
    }

    fn judge(&mut self, revision: u64, content_hash: &ContentHash) -> Result<(), TestCaseError> {
        let Some((handed_in, hash, stages)) = self.handed_in.take() else {
            return Err(TestCaseError::fail("published what was not handed in"));
        };
        prop_assert_eq!((handed_in, &hash), (revision, content_hash));
        prop_assert_eq!(self.otherwise_approved, stages.is_empty());
        prop_assert_eq!(self.reviewers.len(), stages.len());
        let distinct: BTreeSet<_> = self.reviewers.iter().cloned().collect();
        prop_assert_eq!(distinct.len(), stages.len());
        prop_assert!(distinct.is_disjoint(&self.authors));
        self.authors.clear();
        self.forget_review();
        Ok(())
    }

    fn forget_review(&mut self) {
        self.handed_in = None;
        self.reviewers.clear();
        self.otherwise_approved = false;
    }
}

proptest! {
    #[test]
    fn nothing_is_public_without_its_review(steps in vec(step(), 0..80)) {
        let mut witness = Witness::default();
        for event in story(steps) {
            witness.see(&event)?;
        }
    }

    #[test]
    fn the_fold_counts_every_place_in_the_stream(steps in vec(step(), 0..40)) {
        let events = story(steps);
        let item: Item = fold(&events);
        let last = item.registered().map(|registered| registered.revision);
        prop_assert_eq!(last, u64::try_from(events.len()).expect("short").checked_sub(1));
    }
}
