//! The data plane over real sockets: each rule of the call path with the attack or the accident that it is for.

mod addresses;
mod backends;
mod departments;
mod evidence;
mod failures;
mod going_away;
mod headers;
mod health;
mod hostile_responses;
mod identity_check;
mod moving;
mod paths;
mod pools;
mod regions;
mod reuse;
mod rig;
mod standing;
mod streaming;
mod tls_backend;
mod tls_backends;
