//! Who may: the role, and the department that the item belongs to.

use super::{ItemRejection, Registered};
use crate::{Actor, DepartmentId, Role};

/// Refuses an actor without `role` in `department`.
pub(super) fn require(actor: &Actor, role: Role, department: &DepartmentId) -> Result<(), ItemRejection> {
    require_any(actor, &[role])?;
    if actor.department.as_ref() == Some(department) {
        Ok(())
    } else {
        Err(ItemRejection::NotAllowed("the item belongs to another department"))
    }
}

/// Refuses an actor with none of `roles`, whatever the department.
pub(super) fn require_any(actor: &Actor, roles: &[Role]) -> Result<(), ItemRejection> {
    if actor.is_any_of(roles) { Ok(()) } else { Err(ItemRejection::NotAllowed("the role does not allow it")) }
}

impl Registered {
    /// Refuses whoever has not `role` and is no clerk of the owner.
    pub(super) fn require_owner_or(&self, actor: &Actor, role: Role) -> Result<(), ItemRejection> {
        if actor.role == role { Ok(()) } else { require(actor, Role::Clerk, &self.department) }
    }
}
