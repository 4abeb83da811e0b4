//! Calls are stopped at once, with a notice.

use super::*;
use crate::Role;
use crate::scenario::{auditor, operator, staff, yuhang};

fn suspended() -> Vec<ItemEvent> {
    followed_by(published(), [ItemEvent::Suspended { notice: text(), by: Role::Clerk }])
}

fn suspend(notice: LocalizedText) -> ItemCommand {
    ItemCommand::Suspend { notice }
}

#[test]
fn the_owner_and_an_operator_suspend() {
    for actor in [clerk(), operator()] {
        given(published())
            .when(suspend(text()), &actor)
            .then([ItemEvent::Suspended { notice: text(), by: actor.role }]);
    }
}

#[test]
fn nobody_else_suspends_or_resumes() {
    let stranger = staff("clerk.gu", Role::Clerk, Some(yuhang()));
    for actor in [stranger, reviewer(), auditor()] {
        for (history, command) in [(published(), suspend(text())), (suspended(), ItemCommand::Resume)] {
            let rejection = given(history).when(command, &actor).rejection();
            assert!(matches!(rejection, ItemRejection::NotAllowed(_)), "{rejection:?}");
        }
    }
}

#[test]
fn a_suspension_needs_a_notice() {
    let outcome = given(published()).when(suspend(LocalizedText::default()), &operator());
    assert_eq!(pointers(outcome.rejection()), ["/notice"]);
}

#[test]
fn only_what_is_public_is_suspended_or_resumed() {
    for command in [suspend(text()), ItemCommand::Resume] {
        let refusal = ItemRejection::WrongState("the item is not published");
        given(approved()).when(command, &operator()).refused(&refusal);
    }
}

#[test]
fn the_same_suspension_again_says_nothing() {
    given(suspended()).when(suspend(text()), &clerk()).then_nothing();
}

#[test]
fn another_notice_takes_the_place_of_the_first() {
    let notice = LocalizedText::zh("预计三月恢复");
    given(suspended())
        .when(suspend(notice.clone()), &operator())
        .then([ItemEvent::Suspended { notice, by: Role::Operator }]);
}

#[test]
fn a_suspended_item_shows_its_notice_and_keeps_its_content() {
    let item = state(suspended());
    let live = item.live().expect("public");
    assert_eq!(
        (live.suspension.as_ref().map(|suspension| &suspension.notice), live.content.as_ref()),
        (Some(&text()), &content())
    );
}

#[test]
fn a_suspension_ends() {
    given(suspended()).when(ItemCommand::Resume, &clerk()).then([ItemEvent::Resumed {}]);
    let resumed = state(followed_by(suspended(), [ItemEvent::Resumed {}]));
    assert_eq!(resumed.live().expect("public").suspension, None);
}

#[test]
fn what_is_not_suspended_is_not_resumed() {
    let refusal = ItemRejection::WrongState("the item is not suspended");
    given(published()).when(ItemCommand::Resume, &clerk()).refused(&refusal);
}

#[test]
fn a_suspended_item_is_revised_like_any_other() {
    given(suspended())
        .when(ItemCommand::Revise { content: Box::new(other_content()) }, &clerk())
        .then([revised_by(&other_content(), &clerk().id)]);
}

#[test]
fn what_an_operator_suspended_the_department_can_neither_resume_nor_take_over() {
    let history = followed_by(published(), [ItemEvent::Suspended { notice: text(), by: Role::Operator }]);
    for command in [ItemCommand::Resume, suspend(LocalizedText::zh("已修复"))] {
        let rejection = given(history.clone()).when(command, &clerk()).rejection();
        assert!(matches!(rejection, ItemRejection::NotAllowed(_)), "{rejection:?}");
    }
    given(history).when(ItemCommand::Resume, &operator()).then([ItemEvent::Resumed {}]);
}
