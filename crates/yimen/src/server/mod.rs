//! The gateway as a process: listeners, connections, logs, metrics, wiring, and an orderly end.

mod connections;
mod first_bytes;
mod listener;
pub mod logs;
mod metrics;
mod readiness;
mod revocations;
mod routes;
mod service;
mod signals;

pub use connections::{Bounds, Ended, serve};
pub use listener::bind;
pub use service::{Background, Service};
pub use signals::cancel_on_signal;
