//! 渠道备案: the apps, mini-programs and sites through which citizens call.

pub(crate) mod approve;
pub(crate) mod close;
mod document;
pub(crate) mod file;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod suspend;
