//! The `yimen` binary as its users meet it: real processes, real sockets, real files.
//!
//! Data of `../shared`, beside the repository, is used where it is there; a test that needs it says so
//! and passes without it.

mod arrows;
mod binary;
mod calls;
mod city;
mod client;
mod credentials;
mod generated;
mod main_path;
mod raw;
mod staff;
mod stand_in;
mod streaming;
