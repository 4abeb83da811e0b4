//! Stopping calls at once, and letting them through again.

use super::wording::check_public_text;
use super::{Decision, ItemEvent, ItemRejection, Registered};
use crate::item::Suspension;
use crate::{Actor, LocalizedText, Role};

impl Registered {
    pub(super) fn suspend(&self, notice: &LocalizedText, actor: &Actor) -> Decision {
        self.require_owner_or(actor, Role::Operator)?;
        check_public_text("/notice", notice)?;
        let suspension = self.require_live()?.suspension.as_ref();
        require_authority_over(suspension, actor)?;
        match suspension {
            Some(current) if current.notice == *notice && current.by == actor.role => Ok(Vec::new()),
            Some(_) | None => Ok(vec![ItemEvent::Suspended { notice: notice.clone(), by: actor.role }]),
        }
    }

    pub(super) fn resume(&self, actor: &Actor) -> Decision {
        self.require_owner_or(actor, Role::Operator)?;
        let suspension = self.require_live()?.suspension.as_ref();
        require_authority_over(suspension, actor)?;
        match suspension {
            Some(_) => Ok(vec![ItemEvent::Resumed {}]),
            None => Err(ItemRejection::WrongState("the item is not suspended")),
        }
    }
}

/// What an operator stopped in an emergency is an operator's to change.
fn require_authority_over(suspension: Option<&Suspension>, actor: &Actor) -> Result<(), ItemRejection> {
    match suspension {
        Some(Suspension { by: Role::Operator, .. }) if actor.role != Role::Operator => {
            Err(ItemRejection::NotAllowed("an operator suspended the item; only an operator can change that"))
        }
        Some(_) | None => Ok(()),
    }
}
