//! 政务服务事项: a service item, from its first draft to its retirement.

mod base_url;
mod command;
mod content;
mod decide;
mod event;
mod evolve;
mod kind;
mod parts;
mod rejection;
mod state;

pub use command::{ItemCommand, Outcome, Verdict};
pub use content::{ContentHash, ItemContent};
pub use event::{ApprovalBasis, ItemEvent};
pub use kind::{Audience, Kind, Level};
pub use parts::{
    Access, Backend, ClaimRequest, EntryPoint, EntryPointChannel, Material, Office, TimeLimits, Timeouts,
};
pub use rejection::ItemRejection;
pub use state::{
    Item, LiveContent, Proposal, Publication, Registered, Retirement, Review, Stage, Suspension, Transfer,
};

#[cfg(test)]
mod tests;
