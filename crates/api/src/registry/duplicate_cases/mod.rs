//! 重复事项: pairs of items that may be the same service.

mod comparison;
pub(crate) mod confirm;
mod difference;
pub(crate) mod dismiss;
mod document;
pub(crate) mod get;
pub(crate) mod list;
mod next_steps;
pub(crate) mod reopen;
