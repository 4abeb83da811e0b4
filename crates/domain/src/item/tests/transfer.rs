//! A change of owner.

use super::*;
use crate::item::Transfer;
use crate::scenario::{in_days, operator, staff, system, yuhang};
use crate::{Actor, Role};

fn new_owner() -> Actor {
    staff("clerk.gu", Role::Clerk, Some(yuhang()))
}

fn propose() -> ItemCommand {
    ItemCommand::ProposeTransfer { to: yuhang() }
}

fn accept(effective_in_days: i64) -> ItemCommand {
    ItemCommand::AcceptTransfer { announcement: text(), effective: in_days(effective_in_days) }
}

fn proposed(so_far: Vec<ItemEvent>) -> Vec<ItemEvent> {
    followed_by(so_far, [ItemEvent::TransferProposed { to: yuhang() }])
}

/// Accepted, to take effect in 30 days.
fn accepted(so_far: Vec<ItemEvent>) -> Vec<ItemEvent> {
    let accepted = ItemEvent::TransferAccepted { announcement: text(), effective: in_days(30) };
    followed_by(proposed(so_far), [accepted])
}

fn transferred() -> ItemEvent {
    ItemEvent::Transferred { from: xihu(), to: yuhang() }
}

#[test]
fn the_owner_proposes() {
    given(published()).when(propose(), &clerk()).then([ItemEvent::TransferProposed { to: yuhang() }]);
}

#[test]
fn nobody_takes_an_item_that_was_not_offered() {
    let refusal = ItemRejection::NotAllowed("the item belongs to another department");
    given(published()).when(propose(), &new_owner()).refused(&refusal);
    let refusal = ItemRejection::WrongState("no transfer is proposed");
    given(published()).when(accept(30), &new_owner()).refused(&refusal);
}

#[test]
fn an_item_is_not_offered_to_its_owner() {
    let refusal = ItemRejection::WrongState("the department already owns the item");
    given(published()).when(ItemCommand::ProposeTransfer { to: xihu() }, &clerk()).refused(&refusal);
}

#[test]
fn one_transfer_at_a_time() {
    for history in [proposed(published()), accepted(published())] {
        let refusal = ItemRejection::WrongState("a transfer is already under way");
        given(history).when(propose(), &clerk()).refused(&refusal);
    }
}

#[test]
fn the_new_owner_accepts_with_the_announcement() {
    given(proposed(published()))
        .when(accept(30), &new_owner())
        .then([ItemEvent::TransferAccepted { announcement: text(), effective: in_days(30) }]);
}

#[test]
fn the_old_owner_does_not_accept_for_the_new_one() {
    let refusal = ItemRejection::NotAllowed("the item belongs to another department");
    given(proposed(published())).when(accept(30), &clerk()).refused(&refusal);
}

#[test]
fn a_transfer_is_accepted_once() {
    let refusal = ItemRejection::WrongState("no transfer is proposed");
    given(accepted(published())).when(accept(30), &new_owner()).refused(&refusal);
}

#[test]
fn the_public_gets_the_whole_notice_period() {
    let refusal = ItemRejection::NoticeTooShort { days: 30 };
    given(proposed(published())).when(accept(29), &new_owner()).refused(&refusal);
}

#[test]
fn the_announcement_is_not_blank() {
    let command = ItemCommand::AcceptTransfer { announcement: blank(), effective: in_days(30) };
    let outcome = given(proposed(published())).when(command, &new_owner());
    assert_eq!(pointers(outcome.rejection()), ["/announcement/zh-CN"]);
}

#[test]
fn either_side_calls_it_off() {
    for history in [proposed(published()), accepted(published())] {
        for actor in [clerk(), new_owner()] {
            given(history.clone())
                .when(ItemCommand::CancelTransfer, &actor)
                .then([ItemEvent::TransferCancelled {}]);
        }
    }
}

#[test]
fn nobody_else_calls_it_off() {
    let stranger = staff("clerk.feng", Role::Clerk, Some("local:binjiang".parse().expect("well formed")));
    for actor in [stranger, operator()] {
        let rejection = given(proposed(published())).when(ItemCommand::CancelTransfer, &actor).rejection();
        assert!(matches!(rejection, ItemRejection::NotAllowed(_)), "{rejection:?}");
    }
}

#[test]
fn there_has_to_be_a_transfer_to_call_off() {
    let refusal = ItemRejection::WrongState("no transfer is under way");
    given(published()).when(ItemCommand::CancelTransfer, &clerk()).refused(&refusal);
    let cancelled = followed_by(accepted(published()), [ItemEvent::TransferCancelled {}]);
    given(cancelled).when(ItemCommand::CancelTransfer, &clerk()).refused(&refusal);
}

#[test]
fn it_takes_effect_when_the_announced_time_has_come() {
    given(accepted(published()))
        .on(in_days(30))
        .when(ItemCommand::CompleteTransfer, &system())
        .then([transferred()]);
}

#[test]
fn it_does_not_take_effect_before() {
    given(accepted(published()))
        .on(in_days(29))
        .when(ItemCommand::CompleteTransfer, &system())
        .refused(&ItemRejection::NotYet);
}

#[test]
fn only_the_calendar_carries_it_out() {
    for actor in [clerk(), new_owner(), operator()] {
        let refusal = ItemRejection::NotAllowed("the role does not allow it");
        given(accepted(published()))
            .on(in_days(30))
            .when(ItemCommand::CompleteTransfer, &actor)
            .refused(&refusal);
    }
}

#[test]
fn what_was_not_accepted_does_not_take_effect() {
    for history in [published(), proposed(published())] {
        let refusal = ItemRejection::WrongState("no transfer has been accepted");
        given(history).on(in_days(30)).when(ItemCommand::CompleteTransfer, &system()).refused(&refusal);
    }
}

#[test]
fn until_it_takes_effect_the_item_is_the_old_owners() {
    let item = state(accepted(published()));
    assert_eq!(item.department, xihu());
    let expected = Transfer::Accepted { to: yuhang(), announcement: text(), effective: in_days(30) };
    assert_eq!(item.transfer, Some(expected));
}

#[test]
fn afterwards_the_item_is_the_new_owners_and_keeps_its_code_and_content() {
    let history = followed_by(accepted(published()), [transferred()]);
    let item = state(history.clone());
    assert_eq!((&item.department, &item.local_code, &item.transfer), (&yuhang(), &local_code(), &None));
    assert_eq!(*item.live().expect("public").content, content());
    let refusal = ItemRejection::NotAllowed("the item belongs to another department");
    given(history.clone()).when(propose(), &clerk()).refused(&refusal);
    given(history)
        .when(ItemCommand::ProposeTransfer { to: xihu() }, &new_owner())
        .then([ItemEvent::TransferProposed { to: xihu() }]);
}

#[test]
fn a_draft_goes_over_with_the_item() {
    given(accepted(drafted()))
        .on(in_days(30))
        .when(ItemCommand::CompleteTransfer, &system())
        .then([transferred()]);
    given(followed_by(accepted(drafted()), [transferred()]))
        .when(ItemCommand::Submit, &new_owner())
        .then([handed_in_by(&new_owner().id, 0, content().hash())]);
}

#[test]
fn what_the_old_owner_handed_in_does_not_bind_the_new_one() {
    for history in [submitted(), passed_once(), approved()] {
        given(accepted(history))
            .on(in_days(30))
            .when(ItemCommand::CompleteTransfer, &system())
            .then([ItemEvent::Withdrawn {}, transferred()]);
    }
}
