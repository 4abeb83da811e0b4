//! An item's announced end.

use super::*;
use crate::item::{Outcome, Publication};
use crate::scenario::{in_days, operator, staff, system, yuhang};
use crate::{EntryId, Role};

fn replaced() -> Outcome {
    let item = crate::ItemId::new(&yuhang(), &local_code());
    Outcome::ReplacedBy { entry: EntryId::founded_by(item) }
}

fn announce(effective_in_days: i64) -> ItemCommand {
    ItemCommand::AnnounceRetirement {
        explanation: text(),
        outcome: replaced(),
        effective: in_days(effective_in_days),
    }
}

/// Announced, to take effect in 30 days.
fn announced(so_far: Vec<ItemEvent>) -> Vec<ItemEvent> {
    let announced =
        ItemEvent::RetirementAnnounced { explanation: text(), outcome: replaced(), effective: in_days(30) };
    followed_by(so_far, [announced])
}

fn ended() -> ItemEvent {
    ItemEvent::Retired { explanation: text(), outcome: replaced() }
}

fn retired() -> Vec<ItemEvent> {
    followed_by(announced(published()), [ended()])
}

#[test]
fn the_owner_announces_the_end() {
    given(published()).when(announce(30), &clerk()).then(announced(Vec::new()));
}

#[test]
fn nobody_else_announces_it_or_calls_it_off() {
    for actor in [staff("clerk.gu", Role::Clerk, Some(yuhang())), operator(), system()] {
        for (history, command) in
            [(published(), announce(30)), (announced(published()), ItemCommand::CancelRetirement)]
        {
            let rejection = given(history).when(command, &actor).rejection();
            assert!(matches!(rejection, ItemRejection::NotAllowed(_)), "{rejection:?}");
        }
    }
}

#[test]
fn the_public_gets_the_whole_notice_period() {
    given(published()).when(announce(29), &clerk()).refused(&ItemRejection::NoticeTooShort { days: 30 });
}

#[test]
fn the_end_is_explained() {
    let command = ItemCommand::AnnounceRetirement {
        explanation: blank(),
        outcome: Outcome::Gone,
        effective: in_days(30),
    };
    let outcome = given(published()).when(command, &clerk());
    assert_eq!(pointers(outcome.rejection()), ["/explanation/zh-CN"]);
}

#[test]
fn only_what_is_public_ends() {
    let refusal = ItemRejection::WrongState("the item is not published");
    given(approved()).when(announce(30), &clerk()).refused(&refusal);
    given(approved()).when(ItemCommand::CancelRetirement, &clerk()).refused(&refusal);
    given(approved()).when(ItemCommand::Retire, &system()).refused(&refusal);
}

#[test]
fn an_end_is_announced_once() {
    let refusal = ItemRejection::WrongState("a retirement is already announced");
    given(announced(published())).when(announce(60), &clerk()).refused(&refusal);
}

#[test]
fn the_owner_calls_it_off() {
    given(announced(published()))
        .when(ItemCommand::CancelRetirement, &clerk())
        .then([ItemEvent::RetirementCancelled {}]);
    let item = state(followed_by(announced(published()), [ItemEvent::RetirementCancelled {}]));
    assert_eq!(item.live().expect("public").retirement, None);
}

#[test]
fn there_has_to_be_an_announcement() {
    let refusal = ItemRejection::WrongState("no retirement is announced");
    given(published()).when(ItemCommand::CancelRetirement, &clerk()).refused(&refusal);
    given(published()).on(in_days(30)).when(ItemCommand::Retire, &system()).refused(&refusal);
}

#[test]
fn it_ends_when_the_announced_time_has_come() {
    given(announced(published())).on(in_days(30)).when(ItemCommand::Retire, &system()).then([ended()]);
}

#[test]
fn it_does_not_end_before() {
    given(announced(published()))
        .on(in_days(29))
        .when(ItemCommand::Retire, &system())
        .refused(&ItemRejection::NotYet);
}

#[test]
fn only_the_calendar_ends_it() {
    let refusal = ItemRejection::NotAllowed("the role does not allow it");
    given(announced(published())).on(in_days(30)).when(ItemCommand::Retire, &clerk()).refused(&refusal);
}

#[test]
fn a_suspended_item_ends_like_any_other() {
    let suspended =
        followed_by(announced(published()), [ItemEvent::Suspended { notice: text(), by: Role::Clerk }]);
    given(suspended).on(in_days(30)).when(ItemCommand::Retire, &system()).then([ended()]);
}

#[test]
fn until_it_ends_it_is_public() {
    assert!(state(announced(published())).live().is_some());
}

#[test]
fn what_ended_says_why_and_what_takes_its_place() {
    let expected =
        Publication::Retired { content: Arc::new(content()), explanation: text(), outcome: replaced() };
    assert_eq!(state(retired()).publication, expected);
}

#[test]
fn a_revision_and_a_transfer_end_with_it() {
    let under_way = followed_by(published_and_submitted(), [ItemEvent::TransferProposed { to: yuhang() }]);
    let item = state(followed_by(announced(under_way), [ended()]));
    assert_eq!((item.proposal, item.transfer), (None, None));
}

#[test]
fn nothing_can_be_asked_of_what_ended() {
    for command in [
        ItemCommand::Revise { content: Box::new(other_content()) },
        ItemCommand::Submit,
        ItemCommand::Publish,
        ItemCommand::Suspend { notice: text() },
        ItemCommand::Resume,
        ItemCommand::ProposeTransfer { to: yuhang() },
        ItemCommand::CancelRetirement,
        announce(30),
    ] {
        given(retired()).when(command, &clerk()).refused(&ItemRejection::WrongState("the item is retired"));
    }
}
