//! Verdicts: bound to a revision and a content, stage by stage.

use super::*;
use crate::Role;
use crate::scenario::{auditor, operator, staff, steward, yuhang};

fn other_revision() -> ItemRejection {
    ItemRejection::OtherRevision { revision: 0, content_hash: content().hash().to_string() }
}

#[test]
fn the_department_passes_the_first_stage() {
    given(submitted()).when(approval(), &department_reviewer()).then([approved_at(
        Stage::Department,
        0,
        content().hash(),
        &department_reviewer().id,
    )]);
}

#[test]
fn after_the_first_stage_it_waits_for_the_second() {
    assert_eq!(review_of(passed_once()).awaiting(), Some(Stage::Catalogue));
}

#[test]
fn the_catalogue_passes_the_second_stage() {
    let expected = approved_at(Stage::Catalogue, 0, content().hash(), &reviewer().id);
    given(passed_once()).when(approval(), &reviewer()).then([expected]);
}

#[test]
fn after_the_last_stage_it_is_approved() {
    let basis = ApprovalBasis::Review { stage: Stage::Catalogue, reviewer: reviewer().id };
    assert_eq!(review_of(approved()), Review::Approved { basis });
}

#[test]
fn a_stage_is_not_skipped() {
    given(submitted()).when(approval(), &reviewer()).refused(&ItemRejection::OtherStage);
}

#[test]
fn a_stage_is_not_passed_twice() {
    let colleague = staff("head.zheng", Role::DepartmentReviewer, Some(xihu()));
    given(passed_once()).when(approval(), &colleague).refused(&ItemRejection::OtherStage);
}

#[test]
fn the_first_stage_is_the_owners_own() {
    let stranger = staff("head.gu", Role::DepartmentReviewer, Some(yuhang()));
    let refusal = ItemRejection::NotAllowed("the item belongs to another department");
    given(submitted()).when(approval(), &stranger).refused(&refusal);
}

#[test]
fn only_reviewers_review() {
    for actor in [clerk(), steward(), operator(), auditor()] {
        let refusal = ItemRejection::NotAllowed("the role does not allow it");
        given(submitted()).when(approval(), &actor).refused(&refusal);
    }
}

#[test]
fn a_verdict_on_another_revision_is_refused() {
    let stale =
        ItemCommand::Review { revision: 1, content_hash: content().hash(), verdict: Verdict::Approve };
    given(submitted()).when(stale, &department_reviewer()).refused(&other_revision());
}

#[test]
fn a_verdict_on_other_content_is_refused() {
    let other =
        ItemCommand::Review { revision: 0, content_hash: other_content().hash(), verdict: Verdict::Approve };
    given(submitted()).when(other, &department_reviewer()).refused(&other_revision());
}

#[test]
fn a_refusal_on_another_revision_is_refused_like_an_approval() {
    let comment = "缺材料清单".to_owned();
    for verdict in [Verdict::RequestChanges { comment: comment.clone() }, Verdict::Reject { comment }] {
        let stale = ItemCommand::Review { revision: 1, content_hash: content().hash(), verdict };
        given(submitted()).when(stale, &department_reviewer()).refused(&other_revision());
    }
}

#[test]
fn a_verdict_on_what_was_changed_and_handed_in_again_is_refused() {
    let changed = [
        ItemEvent::Withdrawn {},
        revised_by(&other_content(), &clerk().id),
        handed_in(3, other_content().hash()),
    ];
    given(followed_by(submitted(), changed)).when(approval(), &department_reviewer()).refused(
        &ItemRejection::OtherRevision { revision: 3, content_hash: other_content().hash().to_string() },
    );
}

#[test]
fn what_is_not_handed_in_is_not_reviewed() {
    let taken_back = || followed_by(submitted(), [ItemEvent::Withdrawn {}]);
    let changed = || followed_by(taken_back(), [revised_by(&other_content(), &clerk().id)]);
    for history in [drafted(), taken_back(), changed(), approved(), published()] {
        for actor in [department_reviewer(), reviewer()] {
            let refusal = ItemRejection::WrongState("there is nothing under review");
            given(history.clone()).when(approval(), &actor).refused(&refusal);
        }
    }
}

#[test]
fn changes_are_requested_with_a_comment() {
    let comment = "缺材料清单".to_owned();
    given(submitted())
        .when(verdict(Verdict::RequestChanges { comment: comment.clone() }), &department_reviewer())
        .then([ItemEvent::ChangesRequested { stage: Stage::Department, comment }]);
}

#[test]
fn the_second_stage_refuses_with_a_comment() {
    let comment = "名称与目录不一致".to_owned();
    given(passed_once())
        .when(verdict(Verdict::Reject { comment: comment.clone() }), &reviewer())
        .then([ItemEvent::Rejected { stage: Stage::Catalogue, comment }]);
}

#[test]
fn a_verdict_against_needs_a_comment_of_reasonable_length() {
    for comment in ["", " \n", &"长".repeat(4001), "bell\u{7}"] {
        for against in [
            Verdict::RequestChanges { comment: comment.to_owned() },
            Verdict::Reject { comment: comment.to_owned() },
        ] {
            let outcome = given(submitted()).when(verdict(against), &department_reviewer());
            assert_eq!(pointers(outcome.rejection()), ["/comment"], "{comment:.8}");
        }
    }
}
