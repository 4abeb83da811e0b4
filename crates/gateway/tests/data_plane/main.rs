//! The data plane over real sockets: each rule of the call path with the attack or the accident that it is for.

mod addresses;
mod backends;
mod departments;
mod evidence;
mod failures;
mod headers;
mod identity_check;
mod paths;
mod regions;
mod rig;
mod standing;
mod streaming;
