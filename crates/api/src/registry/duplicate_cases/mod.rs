//! 重复事项: pairs of items that may be the same service.

pub(crate) mod confirm;
pub(crate) mod dismiss;
mod document;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod reopen;
