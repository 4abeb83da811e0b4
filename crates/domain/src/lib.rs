//! The rules of Yimen: departments, items, placements, entries, duplicate cases, channels, revocations and call counts.
//!
//! Pure: no IO, no async, no clock, no randomness. A rule is a function of a state and a command
//! ([`Aggregate::decide`]); a state is the fold of its events ([`Aggregate::evolve`]).

mod actor;
mod aggregate;
pub mod call_count;
pub mod channel;
pub mod code;
pub mod department;
pub mod duplicate_case;
pub mod entry;
mod evidence;
#[cfg(test)]
mod golden;
mod id;
pub mod item;
mod language_tag;
mod network;
pub mod placement;
mod policy;
#[cfg(test)]
mod properties;
pub mod revocation;
#[cfg(test)]
mod scenario;
pub mod schema;
mod stored;
mod text;
mod violation;

pub use actor::{Actor, Authors, Role, StaffId};
pub use aggregate::{Aggregate, Context, DomainEvent, fold};
pub use call_count::{CallCount, CallCountCommand, CallCountEvent};
pub use channel::{Channel, ChannelCommand, ChannelEvent};
pub use code::{Division, ItemCode, OrganisationCode, Uscc};
pub use department::{Department, DepartmentCommand, DepartmentEvent};
pub use duplicate_case::{DuplicateCase, DuplicateCaseCommand, DuplicateCaseEvent};
pub use entry::{Entry, EntryCommand, EntryEvent};
pub use evidence::{Basis, Evidence, Relation};
pub use id::{CaseId, ChannelId, CountId, DepartmentId, EntryId, IdError, ItemId, LocalCode, RevocationId};
pub use item::{Item, ItemCommand, ItemContent, ItemEvent};
pub use network::never_a_backend;
pub use placement::{Placement, PlacementCommand, PlacementEvent};
pub use policy::{Policy, RuleField};
pub use revocation::{Revocation, RevocationCommand, RevocationEvent};
pub use text::LocalizedText;
pub use violation::{Violation, Violations};
