//! 渠道备案: the apps, mini-programs and sites through which citizens call.

pub(crate) mod approve;
pub(crate) mod close;
pub(crate) mod constrain_sender;
mod document;
pub(crate) mod file;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod suspend;
