//! Approved content becomes public in one step.

use super::*;
use crate::Role;
use crate::item::{Publication, Retirement};
use crate::scenario::{auditor, in_days, operator, staff, steward, system, yuhang};

fn public() -> ItemEvent {
    ItemEvent::Published { revision: 0, content_hash: content().hash() }
}

/// The next revision of a published item, passed by both stages.
fn next_approved(so_far: Vec<ItemEvent>) -> Vec<ItemEvent> {
    let revision = u64::try_from(so_far.len()).expect("short");
    let hash = other_content().hash();
    followed_by(
        so_far,
        [
            revised_by(&other_content(), &clerk().id),
            handed_in(revision, hash.clone()),
            approved_at(Stage::Department, revision, hash.clone(), &department_reviewer().id),
            approved_at(Stage::Catalogue, revision, hash, &reviewer().id),
        ],
    )
}

/// … and made public.
fn next_published(so_far: Vec<ItemEvent>) -> Vec<ItemEvent> {
    let revision = u64::try_from(so_far.len()).expect("short");
    let public = ItemEvent::Published { revision, content_hash: other_content().hash() };
    followed_by(next_approved(so_far), [public])
}

#[test]
fn the_owner_or_a_reviewer_publishes_approved_content() {
    for actor in [clerk(), department_reviewer(), reviewer()] {
        given(approved()).when(ItemCommand::Publish, &actor).then([public()]);
    }
}

#[test]
fn nobody_else_publishes() {
    for actor in [operator(), steward(), auditor(), system()] {
        let refusal = ItemRejection::NotAllowed("the role does not allow it");
        given(approved()).when(ItemCommand::Publish, &actor).refused(&refusal);
    }
    for role in [Role::Clerk, Role::DepartmentReviewer] {
        let stranger = staff("stranger", role, Some(yuhang()));
        assert!(matches!(
            given(approved()).when(ItemCommand::Publish, &stranger).rejection(),
            ItemRejection::NotAllowed(_)
        ));
    }
}

#[test]
fn nothing_is_public_before_every_stage_is_passed() {
    let sent_back =
        ItemEvent::ChangesRequested { stage: Stage::Department, comment: "缺材料清单".to_owned() };
    for history in [drafted(), submitted(), passed_once(), followed_by(submitted(), [sent_back])] {
        let refusal = ItemRejection::WrongState("only approved content can be published");
        given(history).when(ItemCommand::Publish, &clerk()).refused(&refusal);
    }
}

#[test]
fn an_approval_that_was_taken_back_does_not_count() {
    let refusal = ItemRejection::WrongState("only approved content can be published");
    given(followed_by(approved(), [ItemEvent::Withdrawn {}]))
        .when(ItemCommand::Publish, &clerk())
        .refused(&refusal);
}

#[test]
fn what_is_public_is_not_published_again() {
    let refusal = ItemRejection::WrongState("there is nothing to publish");
    given(published()).when(ItemCommand::Publish, &clerk()).refused(&refusal);
}

#[test]
fn what_is_public_knows_its_revision_and_what_its_approval_rests_on() {
    let item = state(published());
    let live = item.live().expect("public");
    assert_eq!((live.revision, &live.content_hash), (0, &content().hash()));
    assert_eq!(live.basis, ApprovalBasis::Review { stage: Stage::Catalogue, reviewer: reviewer().id });
    assert_eq!(item.proposal, None);
}

#[test]
fn what_is_public_stays_until_the_next_revision_is_published() {
    for history in [published_and_revised(), published_and_submitted(), next_approved(published())] {
        assert_eq!(*state(history).live().expect("public").content, content());
    }
}

#[test]
fn the_next_revision_takes_its_place_in_one_step() {
    let item = state(next_published(published()));
    let live = item.live().expect("public");
    assert_eq!((live.revision, live.content.as_ref()), (5, &other_content()));
}

#[test]
fn publishing_does_not_end_a_suspension() {
    let suspended = followed_by(published(), [ItemEvent::Suspended { notice: text(), by: Role::Clerk }]);
    assert_eq!(
        state(next_published(suspended))
            .live()
            .expect("public")
            .suspension
            .as_ref()
            .map(|suspension| &suspension.notice),
        Some(&text())
    );
}

#[test]
fn publishing_does_not_call_a_retirement_off() {
    let (explanation, outcome, effective) = (text(), crate::item::Outcome::Gone, in_days(30));
    let announced = ItemEvent::RetirementAnnounced {
        explanation: explanation.clone(),
        outcome: outcome.clone(),
        effective,
    };
    let item = state(next_published(followed_by(published(), [announced])));
    let expected = Retirement { explanation, outcome, effective };
    assert_eq!(item.live().expect("public").retirement, Some(expected));
}

#[test]
fn a_refused_revision_leaves_what_is_public() {
    let refused =
        ItemEvent::Rejected { stage: Stage::Department, comment: "不属于本部门职责".to_owned() };
    let item = state(followed_by(published_and_submitted(), [refused]));
    assert!(matches!(item.publication, Publication::Live(live) if *live.content == content()));
}
