//! Registering an item, and revising it.

use super::*;
use crate::scenario::{auditor, operator, staff, yuhang};
use crate::{Policy, Role};

fn draft() -> ItemCommand {
    ItemCommand::Draft { department: xihu(), local_code: local_code(), content: Box::new(content()) }
}

fn revise() -> ItemCommand {
    ItemCommand::Revise { content: Box::new(other_content()) }
}

#[test]
fn a_clerk_registers_an_item_of_their_department() {
    given([]).when(draft(), &clerk()).then(drafted());
}

#[test]
fn a_clerk_of_another_department_may_not_register_it() {
    let stranger = staff("clerk.gu", Role::Clerk, Some(yuhang()));
    let refusal = ItemRejection::NotAllowed("the item belongs to another department");
    given([]).when(draft(), &stranger).refused(&refusal);
}

#[test]
fn a_clerk_without_a_department_may_not_register_anything() {
    let refusal = ItemRejection::NotAllowed("the item belongs to another department");
    given([]).when(draft(), &staff("clerk.gu", Role::Clerk, None)).refused(&refusal);
}

#[test]
fn only_clerks_register_items() {
    for actor in [operator(), auditor(), reviewer(), department_reviewer()] {
        given([]).when(draft(), &actor).refused(&ItemRejection::NotAllowed("the role does not allow it"));
    }
}

#[test]
fn content_that_breaks_a_rule_is_not_registered() {
    let command =
        ItemCommand::Draft { department: xihu(), local_code: local_code(), content: Box::new(named(" ")) };
    assert_eq!(pointers(given([]).when(command, &clerk()).rejection()), ["/name/zh-CN"]);
}

#[test]
fn an_item_is_registered_once() {
    given(drafted()).when(draft(), &clerk()).refused(&ItemRejection::AlreadyRegistered);
}

#[test]
fn nothing_can_be_asked_of_an_item_that_is_not_registered() {
    for command in [revise(), ItemCommand::Submit, approval(), ItemCommand::Publish, ItemCommand::Retire] {
        given([]).when(command, &clerk()).refused(&ItemRejection::NotRegistered);
    }
}

#[test]
fn a_draft_is_revised() {
    given(drafted()).when(revise(), &clerk()).then([revised_by(&other_content(), &clerk().id)]);
}

#[test]
fn a_revision_takes_the_place_of_the_draft() {
    let proposal = state(followed_by(drafted(), [revised_by(&other_content(), &clerk().id)])).proposal;
    let proposal = proposal.expect("revised");
    assert_eq!((proposal.revision, proposal.content_hash), (1, other_content().hash()));
}

#[test]
fn only_the_owners_clerks_revise() {
    let stranger = staff("clerk.gu", Role::Clerk, Some(yuhang()));
    let refusal = ItemRejection::NotAllowed("the item belongs to another department");
    given(drafted()).when(revise(), &stranger).refused(&refusal);
    given(drafted())
        .when(revise(), &department_reviewer())
        .refused(&ItemRejection::NotAllowed("the role does not allow it"));
}

#[test]
fn what_is_under_review_is_not_revised() {
    for history in [submitted(), passed_once()] {
        let refusal = ItemRejection::WrongState("the item is under review; withdraw the submission first");
        given(history).when(revise(), &clerk()).refused(&refusal);
    }
}

#[test]
fn a_revision_that_breaks_a_rule_is_refused() {
    let command = ItemCommand::Revise { content: Box::new(named("")) };
    assert_eq!(pointers(given(drafted()).when(command, &clerk()).rejection()), ["/name/zh-CN"]);
}

#[test]
fn revising_approved_content_takes_its_approval_away() {
    given(approved()).when(revise(), &clerk()).then([revised_by(&other_content(), &clerk().id)]);
    let history = followed_by(approved(), [revised_by(&other_content(), &clerk().id)]);
    assert_eq!(review_of(history), Review::Draft);
}

#[test]
fn revising_a_published_item_leaves_it_live() {
    given(published()).when(revise(), &clerk()).then([revised_by(&other_content(), &clerk().id)]);
    let item = state(published_and_revised());
    assert_eq!(*item.live().expect("still live").content, content());
    assert_eq!(*item.proposal.expect("revised").content, other_content());
}

/// Content that requires a level of assurance.
fn requiring(level: &str) -> ItemContent {
    let mut content = content();
    content.access.assurance = Some(level.to_owned());
    content
}

#[test]
fn only_levels_that_the_gateway_knows_can_be_required() {
    let policy = |levels: &[&str]| Policy {
        assurance_levels: levels.iter().map(|level| (*level).to_owned()).collect(),
        ..Policy::default()
    };
    let revise = |level: &str| ItemCommand::Revise { content: Box::new(requiring(level)) };
    let known = given(drafted()).under(policy(&["low", "high"])).when(revise("high"), &clerk());
    known.then([revised_by(&requiring("high"), &clerk().id)]);
    for (levels, detail) in [
        (&["low", "high"][..], "\"hihg\" is not known; the levels are high, low"),
        (&[], "\"hihg\" is not known: the gateway has no assurance levels"),
    ] {
        let refusal = given(drafted()).under(policy(levels)).when(revise("hihg"), &clerk()).rejection();
        let ItemRejection::Invalid(violations) = refusal else { panic!("{refusal:?}") };
        let [violation] = &violations[..] else { panic!("{violations:?}") };
        assert_eq!(
            (violation.pointer.as_str(), violation.code.as_str()),
            ("/access/assurance", "unknown-level")
        );
        assert_eq!(violation.detail, detail);
    }
}

#[test]
fn a_level_that_is_no_more_known_is_not_handed_in() {
    let policy = |level: &str| Policy { assurance_levels: [level.to_owned()].into(), ..Policy::default() };
    let draft = || followed_by(drafted(), [revised_by(&requiring("high"), &clerk().id)]);
    let submit = |level: &str| given(draft()).under(policy(level)).when(ItemCommand::Submit, &clerk());
    submit("high").then([handed_in(1, requiring("high").hash())]);
    assert!(matches!(submit("low").rejection(), ItemRejection::Invalid(_)));
}
