//! Events that do not fit leave the item as it was: a damaged or foreign log makes nothing public.

use super::*;
use crate::item::{Outcome, Transfer};
use crate::scenario::{in_days, yuhang};

/// The item after `events`, as if the last one had not counted as a place in the stream.
fn unmoved(events: Vec<ItemEvent>) -> Registered {
    let mut item = state(events);
    item.revision -= 1;
    item
}

#[track_caller]
fn changes_nothing(history: Vec<ItemEvent>, event: ItemEvent) {
    assert_eq!(unmoved(followed_by(history.clone(), [event])), state(history));
}

fn public() -> ItemEvent {
    ItemEvent::Published { revision: 0, content_hash: content().hash() }
}

fn pass() -> ItemEvent {
    approved_at(Stage::Department, 0, content().hash(), &department_reviewer().id)
}

#[test]
fn every_event_counts_as_a_place_in_the_stream() {
    assert_eq!(state(drafted()).revision, 0);
    assert_eq!(state(followed_by(drafted(), [ItemEvent::Resumed {}])).revision, 1);
}

#[test]
fn before_its_registration_nothing_happens_to_an_item() {
    for event in published().into_iter().skip(1) {
        assert_eq!(given([event]).state(), Item::Unregistered);
    }
}

#[test]
fn a_second_registration_changes_nothing() {
    changes_nothing(published(), drafted_with(&other_content()));
}

#[test]
fn what_was_not_handed_in_is_not_approved() {
    changes_nothing(drafted(), pass());
    changes_nothing(followed_by(submitted(), [ItemEvent::Withdrawn {}]), pass());
}

#[test]
fn an_approval_of_other_content_or_another_revision_does_not_count() {
    let reviewer = &department_reviewer().id;
    changes_nothing(submitted(), approved_at(Stage::Department, 0, other_content().hash(), reviewer));
    changes_nothing(submitted(), approved_at(Stage::Department, 1, content().hash(), reviewer));
}

#[test]
fn what_is_not_approved_is_not_made_public() {
    for history in [drafted(), submitted(), passed_once()] {
        changes_nothing(history, public());
    }
}

#[test]
fn other_content_than_was_approved_is_not_made_public() {
    changes_nothing(approved(), ItemEvent::Published { revision: 0, content_hash: other_content().hash() });
    changes_nothing(approved(), ItemEvent::Published { revision: 1, content_hash: content().hash() });
}

#[test]
fn only_what_is_under_review_is_sent_back() {
    let comment = "缺材料清单".to_owned();
    for history in [drafted(), approved()] {
        let event = ItemEvent::ChangesRequested { stage: Stage::Department, comment: comment.clone() };
        changes_nothing(history.clone(), event);
        changes_nothing(history, ItemEvent::Rejected { stage: Stage::Department, comment: comment.clone() });
    }
}

#[test]
fn a_withdrawal_does_not_stand_for_the_revision_that_a_reviewer_asked_for() {
    let sent_back =
        ItemEvent::ChangesRequested { stage: Stage::Department, comment: "缺材料清单".to_owned() };
    changes_nothing(followed_by(submitted(), [sent_back]), ItemEvent::Withdrawn {});
}

#[test]
fn a_second_acceptance_does_not_undo_the_first() {
    let accepted = ItemEvent::TransferAccepted { announcement: text(), effective: in_days(30) };
    let history = followed_by(published(), [ItemEvent::TransferProposed { to: yuhang() }, accepted.clone()]);
    changes_nothing(history.clone(), accepted);
    assert!(matches!(state(history).transfer, Some(Transfer::Accepted { .. })));
}

#[test]
fn nothing_happens_to_what_ended() {
    let ended = ItemEvent::Retired { explanation: text(), outcome: Outcome::Gone };
    let history = followed_by(published(), [ended]);
    for event in followed_by(published_and_submitted(), [ItemEvent::TransferProposed { to: yuhang() }]) {
        changes_nothing(history.clone(), event);
    }
}

#[test]
fn a_review_is_bound_to_what_the_log_says_was_handed_in() {
    let unknown_events_before = 2;
    let history = followed_by(
        drafted(),
        [
            handed_in(unknown_events_before, other_content().hash()),
            approved_at(
                Stage::Department,
                unknown_events_before,
                other_content().hash(),
                &department_reviewer().id,
            ),
        ],
    );
    assert_eq!(review_of(history).awaiting(), Some(Stage::Catalogue));
}
