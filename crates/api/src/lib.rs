//! The HTTP control plane: the catalogue for everybody, the registry for departments and reviewers, operations.
//!
//! [`router()`] is the table of contents. One use case is one file: its documentation, its handler, its errors. What
//! all of them share is an extractor in the handler's signature (who acts, in which role, on what terms) or a layer
//! of the stack (trace, compression, problems, limits). Refusals of the rules become problems at one edge.

mod admin;
mod anchors;
mod app;
mod catalogue;
mod command;
mod docs;
mod documents;
mod edge;
mod extract;
mod freshness;
mod json;
mod location;
mod nearest;
pub mod operations;
mod paging;
mod problem;
mod recorded;
mod registry;
mod representation;
mod responses;
mod router;
mod stack;
#[cfg(test)]
mod tests;
mod trace;

pub use admin::admin_router;
pub use anchors::open_anchor;
pub use app::App;
pub use command::Receipt;
pub use documents::openapi_documents;
pub use freshness::Freshness;
pub use problem::{Code, Fault, Problem, ProblemDetails};
pub use router::router;
pub use stack::API_VERSION;
