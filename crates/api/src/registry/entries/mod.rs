//! 办事入口: entries as stewards see and change them.

pub(crate) mod choose_primary;
pub(crate) mod get;
pub(crate) mod merge;
pub(crate) mod rename;
pub(crate) mod restore;
pub(crate) mod split;
mod split_plan;
