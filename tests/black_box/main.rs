//! The `yimen` binary as its users meet it: real processes, real sockets, real files.
//!
//! Data of `../shared`, beside the repository, is used where it is there; a test that needs it says so
//! and passes without it.

mod arrows;
mod binary;
mod city;
mod client;
mod generated;
mod main_path;
mod staff;
mod stand_in;
