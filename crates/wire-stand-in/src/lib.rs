//! A wire stand-in for an EventStoreDB or KurrentDB cluster: for tests, never for data.
//!
//! It speaks as much of the gRPC protocol as Yimen's adapter uses (append, read of a stream and of `$all`, gossip, server
//! features), over real sockets, and keeps everything in memory. Its model is what the server's behaviour was read to be:
//! positions with gaps, system events among the others, idempotent appends by event id at the expected revision, soft
//! deletion and tombstones, a bound on appends, `not-leader` with the leader's address. [`Fault`]s are switched on by
//! the test. It is no proof of anything about the real server: for that, the same suites take a real cluster's address.

mod cluster;
mod fault;
mod log;
mod node;
mod protocol;
mod reading;
mod service;

pub use cluster::{Options, WireStandIn};
pub use fault::{Call, Fault};
