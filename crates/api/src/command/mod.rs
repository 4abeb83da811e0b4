//! From an HTTP request to events and back: what a command brings along, once-only execution, the receipt.

mod receipt;
mod recent;
mod request;
mod terms;

pub use receipt::Receipt;
pub(crate) use receipt::YIMEN_POSITION;
pub(crate) use recent::Recent;
pub(crate) use request::{BareCommand, Command, Question, Replacement};
pub(crate) use terms::Terms;
