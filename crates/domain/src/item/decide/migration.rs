//! What an operator brings over from another system, where it was reviewed.

use std::sync::Arc;

use super::authority::require_any;
use super::wording::{check_content, check_note};
use super::{Decision, ItemEvent, ItemRejection, Registered};
use crate::item::{ApprovalBasis, ItemContent};
use crate::{Context, DepartmentId, LocalCode, Role};

/// Most characters of the name of a migration's source.
const SOURCE_LENGTH: usize = 500;

/// Registers an item and publishes it at once.
pub(super) fn register(
    department: &DepartmentId,
    local_code: &LocalCode,
    content: &ItemContent,
    source: &str,
    context: &Context<'_>,
) -> Decision {
    check(content, source, context)?;
    let mut events = vec![ItemEvent::Drafted {
        department: department.clone(),
        local_code: local_code.clone(),
        content: Arc::new(content.clone()),
        author: context.actor.id.clone(),
    }];
    events.extend(publication(0, content, source));
    Ok(events)
}

impl Registered {
    /// Brings newer content of a migrated item; says nothing when it is the same, so that an import can be repeated.
    pub(super) fn migrate(
        &self,
        department: &DepartmentId,
        content: &ItemContent,
        source: &str,
        context: &Context<'_>,
    ) -> Decision {
        check(content, source, context)?;
        if self.department != *department {
            return Err(ItemRejection::RevisedSinceMigration);
        }
        if self.live().is_some_and(|live| *live.content == *content) {
            return Ok(Vec::new());
        }
        let by_migration =
            self.live().is_some_and(|live| matches!(live.basis, ApprovalBasis::Migration { .. }));
        if !by_migration || self.proposal.is_some() {
            return Err(ItemRejection::RevisedSinceMigration);
        }
        let mut events =
            vec![ItemEvent::Revised { content: Arc::new(content.clone()), author: context.actor.id.clone() }];
        events.extend(publication(self.revision + 1, content, source));
        Ok(events)
    }
}

fn check(content: &ItemContent, source: &str, context: &Context<'_>) -> Result<(), ItemRejection> {
    require_any(context.actor, &[Role::Operator])?;
    check_note("/source", source, SOURCE_LENGTH)?;
    check_content(content, context.policy)
}

/// What follows the draft or revision that a migration brought at `revision`.
fn publication(revision: u64, content: &ItemContent, source: &str) -> [ItemEvent; 3] {
    let content_hash = content.hash();
    [
        ItemEvent::Submitted { revision, content_hash: content_hash.clone(), stages: Vec::new(), by: None },
        ItemEvent::Approved {
            revision,
            content_hash: content_hash.clone(),
            basis: ApprovalBasis::Migration { source: source.to_owned() },
        },
        ItemEvent::Published { revision, content_hash },
    ]
}
