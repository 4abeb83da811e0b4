//! Stopping calls at once, and letting them through again.

use super::wording::check_public_text;
use super::{Decision, ItemEvent, ItemRejection, Registered};
use crate::{Actor, LocalizedText, Role};

impl Registered {
    pub(super) fn suspend(&self, notice: &LocalizedText, actor: &Actor) -> Decision {
        self.require_owner_or(actor, Role::Operator)?;
        check_public_text("/notice", notice)?;
        match &self.require_live()?.suspension {
            Some(current) if current == notice => Ok(Vec::new()),
            Some(_) | None => Ok(vec![ItemEvent::Suspended { notice: notice.clone() }]),
        }
    }

    pub(super) fn resume(&self, actor: &Actor) -> Decision {
        self.require_owner_or(actor, Role::Operator)?;
        match self.require_live()?.suspension {
            Some(_) => Ok(vec![ItemEvent::Resumed {}]),
            None => Err(ItemRejection::WrongState("the item is not suspended")),
        }
    }
}
