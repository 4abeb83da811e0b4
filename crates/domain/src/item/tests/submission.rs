//! Handing a draft in, and taking it back.

use std::collections::BTreeSet;

use super::*;
use crate::item::Kind;
use crate::scenario::{operator, staff, yuhang};
use crate::{Policy, Role};

fn sent_back(verdict: ItemEvent) -> Vec<ItemEvent> {
    followed_by(submitted(), [verdict])
}

fn changes_requested() -> Vec<ItemEvent> {
    sent_back(ItemEvent::ChangesRequested { stage: Stage::Department, comment: "缺材料清单".to_owned() })
}

fn rejected() -> Vec<ItemEvent> {
    sent_back(ItemEvent::Rejected {
        stage: Stage::Department, comment: "不属于本部门职责".to_owned()
    })
}

#[test]
fn a_draft_is_handed_in_to_both_stages() {
    given(drafted()).when(ItemCommand::Submit, &clerk()).then([handed_in(0, content().hash())]);
}

#[test]
fn a_submission_is_bound_to_the_newest_revision() {
    given(followed_by(drafted(), [revised_by(&other_content(), &clerk().id)]))
        .when(ItemCommand::Submit, &clerk())
        .then([handed_in(1, other_content().hash())]);
}

#[test]
fn kinds_of_one_stage_skip_the_department() {
    let policy = Policy { single_stage_kinds: BTreeSet::from([Kind::Licence]), ..Policy::default() };
    given(drafted()).under(policy).when(ItemCommand::Submit, &clerk()).then([ItemEvent::Submitted {
        revision: 0,
        content_hash: content().hash(),
        stages: vec![Stage::Catalogue],
        by: Some(clerk().id),
    }]);
}

#[test]
fn only_the_owners_clerks_hand_in() {
    let stranger = staff("clerk.gu", Role::Clerk, Some(yuhang()));
    let refusal = ItemRejection::NotAllowed("the item belongs to another department");
    given(drafted()).when(ItemCommand::Submit, &stranger).refused(&refusal);
    let refusal = ItemRejection::NotAllowed("the role does not allow it");
    given(drafted()).when(ItemCommand::Submit, &operator()).refused(&refusal);
}

#[test]
fn there_has_to_be_a_draft() {
    let refusal = ItemRejection::WrongState("there is no draft to submit");
    given(published()).when(ItemCommand::Submit, &clerk()).refused(&refusal);
}

#[test]
fn what_is_handed_in_or_sent_back_is_not_handed_in_again() {
    for history in [submitted(), passed_once(), approved(), changes_requested(), rejected()] {
        let refusal = ItemRejection::WrongState("only a draft can be submitted; revise it first");
        given(history).when(ItemCommand::Submit, &clerk()).refused(&refusal);
    }
}

#[test]
fn what_was_sent_back_is_handed_in_after_a_revision() {
    for history in [changes_requested(), rejected()] {
        given(followed_by(history, [revised_by(&other_content(), &clerk().id)]))
            .when(ItemCommand::Submit, &clerk())
            .then([handed_in(3, other_content().hash())]);
    }
}

#[test]
fn a_submission_is_taken_back_at_any_stage_until_it_is_public() {
    for history in [submitted(), passed_once(), approved(), published_and_submitted()] {
        given(history).when(ItemCommand::Withdraw, &clerk()).then([ItemEvent::Withdrawn {}]);
    }
}

#[test]
fn what_was_taken_back_is_a_draft_again() {
    for history in [submitted(), passed_once(), approved()] {
        assert_eq!(review_of(followed_by(history, [ItemEvent::Withdrawn {}])), Review::Draft);
    }
}

#[test]
fn what_was_taken_back_can_be_handed_in_again() {
    given(followed_by(approved(), [ItemEvent::Withdrawn {}]))
        .when(ItemCommand::Submit, &clerk())
        .then([handed_in(0, content().hash())]);
}

#[test]
fn a_stage_passed_before_the_withdrawal_has_to_be_passed_again() {
    let again = [ItemEvent::Withdrawn {}, handed_in(0, content().hash())];
    assert_eq!(review_of(followed_by(passed_once(), again)).awaiting(), Some(Stage::Department));
}

#[test]
fn there_has_to_be_something_to_take_back() {
    for history in [drafted(), changes_requested(), rejected(), published()] {
        let refusal = ItemRejection::WrongState("there is nothing under review");
        given(history).when(ItemCommand::Withdraw, &clerk()).refused(&refusal);
    }
}

#[test]
fn only_the_owners_clerks_take_back() {
    let refusal = ItemRejection::NotAllowed("the role does not allow it");
    given(submitted()).when(ItemCommand::Withdraw, &reviewer()).refused(&refusal);
    let stranger = staff("clerk.gu", Role::Clerk, Some(yuhang()));
    let refusal = ItemRejection::NotAllowed("the item belongs to another department");
    given(submitted()).when(ItemCommand::Withdraw, &stranger).refused(&refusal);
}
