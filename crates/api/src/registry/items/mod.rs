//! 事项: service items, from the first draft to retirement.

pub(crate) mod accept_transfer;
pub(crate) mod announce_retirement;
pub(crate) mod cancel_retirement;
pub(crate) mod cancel_transfer;
mod claim_changes;
mod document;
pub(crate) mod draft;
pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod place;
pub(crate) mod propose_transfer;
pub(crate) mod publish;
pub(crate) mod queue;
pub(crate) mod resume;
pub(crate) mod review;
pub(crate) mod revise;
mod state;
pub(crate) mod submit;
pub(crate) mod suspend;
pub(crate) mod withdraw;

pub(crate) use document::ItemDocument;
