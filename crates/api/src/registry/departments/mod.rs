//! 部门: the register of departments.

pub(crate) mod enrol;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod rename;
pub(crate) mod resume;
pub(crate) mod succeed;
pub(crate) mod suspend;
mod view;
