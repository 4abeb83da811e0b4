//! The verdict of independent reviewers on exactly one content, and its publication.

use super::authority::{require, require_any};
use super::wording::check_note;
use super::{Decision, ItemEvent, ItemRejection, Registered};
use crate::item::{ApprovalBasis, ContentHash, Review, Stage, Verdict};
use crate::{Actor, Role};

/// Most characters of a reviewer's comment.
const COMMENT_LENGTH: usize = 4000;

impl Registered {
    pub(super) fn review(
        &self,
        revision: u64,
        content_hash: &ContentHash,
        verdict: &Verdict,
        actor: &Actor,
    ) -> Decision {
        const NOTHING: &str = "there is nothing under review";
        require_any(actor, &[Role::DepartmentReviewer, Role::Reviewer])?;
        let proposal = self.proposal(NOTHING)?;
        let (Review::Submitted { passed, .. }, Some(stage)) = (&proposal.review, proposal.review.awaiting())
        else {
            return Err(ItemRejection::WrongState(NOTHING));
        };
        self.require_reviewer(stage, actor)?;
        if proposal.revision != revision || proposal.content_hash != *content_hash {
            return Err(ItemRejection::OtherRevision {
                revision: proposal.revision,
                content_hash: proposal.content_hash.to_string(),
            });
        }
        // Who hands a draft in vouches for it as much as who wrote it.
        let involved = [&proposal.authors, &proposal.submitters].iter().any(|who| who.contains(&actor.id));
        if involved || passed.contains(&actor.id) {
            return Err(ItemRejection::FourEyes);
        }
        Ok(vec![match verdict {
            Verdict::Approve => ItemEvent::Approved {
                revision,
                content_hash: content_hash.clone(),
                basis: ApprovalBasis::Review { stage, reviewer: actor.id.clone() },
            },
            Verdict::RequestChanges { comment } => {
                check_note("/comment", comment, COMMENT_LENGTH)?;
                ItemEvent::ChangesRequested { stage, comment: comment.clone() }
            }
            Verdict::Reject { comment } => {
                check_note("/comment", comment, COMMENT_LENGTH)?;
                ItemEvent::Rejected { stage, comment: comment.clone() }
            }
        }])
    }

    fn require_reviewer(&self, stage: Stage, actor: &Actor) -> Result<(), ItemRejection> {
        match (stage, actor.role) {
            (Stage::Department, Role::DepartmentReviewer) => {
                require(actor, Role::DepartmentReviewer, &self.department)
            }
            (Stage::Catalogue, Role::Reviewer) if actor.department.as_ref() == Some(&self.department) => Err(
                ItemRejection::NotAllowed("the second stage is reviewed by somebody of another department"),
            ),
            (Stage::Catalogue, Role::Reviewer) => Ok(()),
            (Stage::Department | Stage::Catalogue, _) => Err(ItemRejection::OtherStage),
        }
    }

    pub(super) fn publish(&self, actor: &Actor) -> Decision {
        if actor.role != Role::Reviewer {
            require(actor, Role::Clerk, &self.department)
                .or_else(|_| require(actor, Role::DepartmentReviewer, &self.department))?;
        }
        let proposal = self.proposal("there is nothing to publish")?;
        if !matches!(proposal.review, Review::Approved { .. }) {
            return Err(ItemRejection::WrongState("only approved content can be published"));
        }
        Ok(vec![ItemEvent::Published {
            revision: proposal.revision,
            content_hash: proposal.content_hash.clone(),
        }])
    }
}
