//! The gateway as a process: listeners, connections, logs, metrics, wiring, and an orderly end.

mod access_line;
mod access_log;
mod anchors;
mod attendant;
mod bounds;
mod call_counts;
mod client_certificates;
mod connections;
mod deadline;
mod gate;
mod handover;
mod listener;
pub mod logs;
mod metrics;
mod places;
mod readiness;
mod refused;
mod revocations;
mod routes;
mod service;
mod signals;
mod slow_reader;
mod slow_stream;
mod tls;
mod traces;
mod workers;

pub use bounds::Bounds;
pub use connections::{Ended, Front, serve};
pub use listener::bind;
pub use service::{Background, Service};
pub use signals::cancel_on_signal;
pub use tls::TlsFiles;
