//! The `yimen` binary as its users meet it: real processes, real sockets, real files.
//!
//! Data of `../shared`, beside the repository, is used where it is there; a test that needs it says so
//! and passes without it.

mod arrows;
mod backend_health;
mod backups;
mod bad_backends;
mod bad_input;
mod binary;
mod calls;
mod channels;
mod city;
mod client;
mod cluster;
mod configuring;
mod consent;
mod crashing;
mod credentials;
mod faulty_disks;
mod frames;
mod generated;
mod hostile_tokens;
mod import_formats;
mod import_run;
mod importing;
mod integrity;
mod introspection_outages;
mod key_rotation;
mod main_path;
mod match_run;
mod matching;
mod oidc_provider;
mod peers;
mod previewing;
mod proxies;
mod rate_limits;
mod raw;
mod reading;
mod real_data;
mod recipes;
mod replicas;
mod restarting;
mod revocations;
mod serving;
mod slow_clients;
mod sm2;
mod smuggling;
mod staff;
mod stand_in;
mod streaming;
mod surviving;
mod tickets;
mod tls;
mod tracing_calls;
mod usage;
mod websockets;
