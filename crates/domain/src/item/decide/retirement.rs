//! An item's end: announced, carried out after the notice period.

use jiff::Timestamp;

use super::authority::{require, require_any};
use super::wording::{check_notice_period, check_public_text};
use super::{Decision, ItemEvent, ItemRejection, Registered};
use crate::item::Outcome;
use crate::{Actor, Context, LocalizedText, Role};

impl Registered {
    pub(super) fn announce_retirement(
        &self,
        explanation: &LocalizedText,
        outcome: &Outcome,
        effective: Timestamp,
        context: &Context<'_>,
    ) -> Decision {
        require(context.actor, Role::Clerk, &self.department)?;
        check_public_text("/explanation", explanation)?;
        if self.require_live()?.retirement.is_some() {
            return Err(ItemRejection::WrongState("a retirement is already announced"));
        }
        check_notice_period(effective, context)?;
        Ok(vec![ItemEvent::RetirementAnnounced {
            explanation: explanation.clone(),
            outcome: outcome.clone(),
            effective,
        }])
    }

    pub(super) fn cancel_retirement(&self, actor: &Actor) -> Decision {
        require(actor, Role::Clerk, &self.department)?;
        match self.require_live()?.retirement {
            Some(_) => Ok(vec![ItemEvent::RetirementCancelled {}]),
            None => Err(ItemRejection::WrongState("no retirement is announced")),
        }
    }

    pub(super) fn retire(&self, context: &Context<'_>) -> Decision {
        require_any(context.actor, &[Role::System])?;
        match &self.require_live()?.retirement {
            Some(retirement) if retirement.effective <= context.now => Ok(vec![ItemEvent::Retired {
                explanation: retirement.explanation.clone(),
                outcome: retirement.outcome.clone(),
            }]),
            Some(_) => Err(ItemRejection::NotYet),
            None => Err(ItemRejection::WrongState("no retirement is announced")),
        }
    }
}
