//! A change of owner: proposed, accepted and announced, carried out after the notice period.

use jiff::Timestamp;

use super::authority::{require, require_any};
use super::wording::{check_notice_period, check_public_text};
use super::{Decision, ItemEvent, ItemRejection, Registered};
use crate::item::Transfer;
use crate::{Actor, Context, DepartmentId, LocalizedText, Role};

impl Registered {
    pub(super) fn propose_transfer(&self, to: &DepartmentId, actor: &Actor) -> Decision {
        require(actor, Role::Clerk, &self.department)?;
        if *to == self.department {
            return Err(ItemRejection::WrongState("the department already owns the item"));
        }
        match &self.transfer {
            None => Ok(vec![ItemEvent::TransferProposed { to: to.clone() }]),
            Some(_) => Err(ItemRejection::WrongState("a transfer is already under way")),
        }
    }

    pub(super) fn accept_transfer(
        &self,
        announcement: &LocalizedText,
        effective: Timestamp,
        context: &Context<'_>,
    ) -> Decision {
        let Some(Transfer::Proposed { to }) = &self.transfer else {
            return Err(ItemRejection::WrongState("no transfer is proposed"));
        };
        require(context.actor, Role::Clerk, to)?;
        check_public_text("/announcement", announcement)?;
        check_notice_period(effective, context)?;
        Ok(vec![ItemEvent::TransferAccepted { announcement: announcement.clone(), effective }])
    }

    pub(super) fn cancel_transfer(&self, actor: &Actor) -> Decision {
        let to = match &self.transfer {
            None => return Err(ItemRejection::WrongState("no transfer is under way")),
            Some(Transfer::Proposed { to } | Transfer::Accepted { to, .. }) => to,
        };
        require(actor, Role::Clerk, &self.department).or_else(|_| require(actor, Role::Clerk, to))?;
        Ok(vec![ItemEvent::TransferCancelled {}])
    }

    pub(super) fn complete_transfer(&self, context: &Context<'_>) -> Decision {
        require_any(context.actor, &[Role::System])?;
        match &self.transfer {
            Some(Transfer::Accepted { to, effective, .. }) if *effective <= context.now => {
                let mut events = self.withdrawal_by_transfer();
                events.push(ItemEvent::Transferred { from: self.department.clone(), to: to.clone() });
                Ok(events)
            }
            Some(Transfer::Accepted { .. }) => Err(ItemRejection::NotYet),
            Some(Transfer::Proposed { .. }) | None => {
                Err(ItemRejection::WrongState("no transfer has been accepted"))
            }
        }
    }

    /// The old owner's submission does not bind the new one: who reviews what depends on the owner.
    fn withdrawal_by_transfer(&self) -> Vec<ItemEvent> {
        match &self.proposal {
            Some(proposal) if proposal.review.is_handed_in() => vec![ItemEvent::Withdrawn {}],
            Some(_) | None => Vec::new(),
        }
    }
}
