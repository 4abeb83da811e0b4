//! Nobody reviews their own work, and nobody reviews twice.

use super::*;
use crate::scenario::staff;
use crate::{Actor, Role};

/// The same person in another role.
fn as_role(actor: Actor, role: Role) -> Actor {
    Actor { role, ..actor }
}

#[test]
fn an_author_does_not_pass_the_first_stage() {
    let author = as_role(clerk(), Role::DepartmentReviewer);
    given(submitted()).when(approval(), &author).refused(&ItemRejection::FourEyes);
}

#[test]
fn an_author_does_not_pass_the_second_stage_from_another_department() {
    let author = staff(&clerk().id.0, Role::Reviewer, None);
    given(passed_once()).when(approval(), &author).refused(&ItemRejection::FourEyes);
}

#[test]
fn an_author_does_not_refuse_it_either() {
    let author = as_role(clerk(), Role::DepartmentReviewer);
    let refusal = verdict(Verdict::Reject { comment: "不再需要".to_owned() });
    given(submitted()).when(refusal, &author).refused(&ItemRejection::FourEyes);
}

#[test]
fn the_author_of_an_earlier_draft_is_an_author_too() {
    let colleague = staff("clerk.he", Role::Clerk, Some(xihu()));
    let history = followed_by(
        drafted(),
        [revised_by(&other_content(), &colleague.id), handed_in(1, other_content().hash())],
    );
    let approval =
        ItemCommand::Review { revision: 1, content_hash: other_content().hash(), verdict: Verdict::Approve };
    for author in [clerk(), colleague] {
        given(history.clone())
            .when(approval.clone(), &as_role(author, Role::DepartmentReviewer))
            .refused(&ItemRejection::FourEyes);
    }
}

#[test]
fn the_author_of_what_is_public_may_review_the_next_revision() {
    let successor = staff("clerk.he", Role::Clerk, Some(xihu()));
    let history = followed_by(
        published(),
        [revised_by(&other_content(), &successor.id), handed_in_by(&successor.id, 5, other_content().hash())],
    );
    let approval =
        ItemCommand::Review { revision: 5, content_hash: other_content().hash(), verdict: Verdict::Approve };
    let first_author = as_role(clerk(), Role::DepartmentReviewer);
    let passed = approved_at(Stage::Department, 5, other_content().hash(), &first_author.id);
    given(history).when(approval, &first_author).then([passed]);
}

#[test]
fn who_only_handed_it_in_passes_no_stage() {
    let colleague = staff("clerk.he", Role::Clerk, Some(xihu()));
    let history = followed_by(drafted(), [handed_in_by(&colleague.id, 0, content().hash())]);
    let reviewing = as_role(colleague.clone(), Role::DepartmentReviewer);
    given(history.clone()).when(approval(), &reviewing).refused(&ItemRejection::FourEyes);
    let passed = approved_at(Stage::Department, 0, content().hash(), &department_reviewer().id);
    let elsewhere = staff(&colleague.id.0, Role::Reviewer, None);
    given(followed_by(history, [passed])).when(approval(), &elsewhere).refused(&ItemRejection::FourEyes);
}

#[test]
fn who_handed_in_an_earlier_draft_passes_no_later_one() {
    let colleague = staff("clerk.he", Role::Clerk, Some(xihu()));
    let history = followed_by(
        drafted(),
        [
            handed_in_by(&colleague.id, 0, content().hash()),
            ItemEvent::Withdrawn {},
            revised_by(&other_content(), &clerk().id),
            handed_in(3, other_content().hash()),
        ],
    );
    let approval =
        ItemCommand::Review { revision: 3, content_hash: other_content().hash(), verdict: Verdict::Approve };
    let reviewing = as_role(colleague, Role::DepartmentReviewer);
    given(history).when(approval, &reviewing).refused(&ItemRejection::FourEyes);
}

#[test]
fn events_from_before_the_submitter_was_kept_bind_the_authors_alone() {
    let stages = vec![Stage::Department, Stage::Catalogue];
    let old = ItemEvent::Submitted { revision: 0, content_hash: content().hash(), stages, by: None };
    let passed = approved_at(Stage::Department, 0, content().hash(), &department_reviewer().id);
    given(followed_by(drafted(), [old])).when(approval(), &department_reviewer()).then([passed]);
}

#[test]
fn nobody_passes_both_stages() {
    let both = staff(&department_reviewer().id.0, Role::Reviewer, None);
    given(passed_once()).when(approval(), &both).refused(&ItemRejection::FourEyes);
}

#[test]
fn the_second_stage_is_passed_outside_the_department() {
    let colleague = staff("reviewer.he", Role::Reviewer, Some(xihu()));
    let refusal = ItemRejection::NotAllowed("the second stage is reviewed by somebody of another department");
    given(passed_once()).when(approval(), &colleague).refused(&refusal);
}
