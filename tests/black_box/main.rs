//! The `yimen` binary as its users meet it: real processes, real sockets, real files.
//!
//! Data of `../shared`, beside the repository, is used where it is there; a test that needs it says so
//! and passes without it.

mod arrows;
mod backend_health;
mod bad_backends;
mod bad_input;
mod binary;
mod calls;
mod city;
mod client;
mod configuring;
mod credentials;
mod generated;
mod import_formats;
mod import_run;
mod importing;
mod main_path;
mod match_run;
mod matching;
mod previewing;
mod raw;
mod reading;
mod real_data;
mod staff;
mod stand_in;
mod streaming;
mod surviving;
