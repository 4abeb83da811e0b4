//! From a draft to its submission, and back.

use std::sync::Arc;

use super::authority::require;
use super::wording::check_content;
use super::{Decision, ItemEvent, ItemRejection, Registered};
use crate::item::{ApprovalBasis, ItemContent, Review, Stage};
use crate::{Actor, Context, DepartmentId, LocalCode, Role};

/// Registers an item with its first draft.
pub(super) fn draft(
    department: &DepartmentId,
    local_code: &LocalCode,
    content: &ItemContent,
    context: &Context<'_>,
) -> Decision {
    require(context.actor, Role::Clerk, department)?;
    check_content(content, context.policy)?;
    Ok(vec![ItemEvent::Drafted {
        department: department.clone(),
        local_code: local_code.clone(),
        content: Arc::new(content.clone()),
        author: context.actor.id.clone(),
    }])
}

impl Registered {
    pub(super) fn revise(&self, content: &ItemContent, context: &Context<'_>) -> Decision {
        require(context.actor, Role::Clerk, &self.department)?;
        if self.proposal.as_ref().is_some_and(|proposal| matches!(proposal.review, Review::Submitted { .. }))
        {
            return Err(ItemRejection::WrongState("the item is under review; withdraw the submission first"));
        }
        check_content(content, context.policy)?;
        let author = context.actor.id.clone();
        Ok(vec![ItemEvent::Revised { content: Arc::new(content.clone()), author }])
    }

    pub(super) fn submit(&self, context: &Context<'_>) -> Decision {
        require(context.actor, Role::Clerk, &self.department)?;
        let proposal = self.proposal("there is no draft to submit")?;
        if !matches!(proposal.review, Review::Draft) {
            return Err(ItemRejection::WrongState("only a draft can be submitted; revise it first"));
        }
        // The rules may have become stricter since it was drafted.
        check_content(&proposal.content, context.policy)?;
        let (revision, content_hash) = (proposal.revision, proposal.content_hash.clone());
        let fields = &context.policy.approved_by_rule;
        let by_rule = self.live().is_some_and(|live| proposal.content.same_but(&live.content, fields));
        let stages = if by_rule { Vec::new() } else { stages(&proposal.content, context) };
        let by = Some(context.actor.id.clone());
        let mut events =
            vec![ItemEvent::Submitted { revision, content_hash: content_hash.clone(), stages, by }];
        if by_rule {
            events.push(ItemEvent::Approved { revision, content_hash, basis: ApprovalBasis::Rule {} });
        }
        Ok(events)
    }

    pub(super) fn withdraw(&self, actor: &Actor) -> Decision {
        require(actor, Role::Clerk, &self.department)?;
        match &self.proposal {
            Some(proposal) if proposal.review.is_handed_in() => Ok(vec![ItemEvent::Withdrawn {}]),
            Some(_) | None => Err(ItemRejection::WrongState("there is nothing under review")),
        }
    }
}

/// The stages that new content of this kind has to pass.
fn stages(content: &ItemContent, context: &Context<'_>) -> Vec<Stage> {
    if context.policy.single_stage_kinds.contains(&content.kind) {
        vec![Stage::Catalogue]
    } else {
        vec![Stage::Department, Stage::Catalogue]
    }
}
