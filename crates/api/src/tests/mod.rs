//! The API as a whole, in memory: the real router, log, read model and tokens; no sockets.

mod asking;
mod bad_input;
mod disclosing;
mod documents;
mod endings;
mod house;
mod idempotency;
mod main_path;
mod operating;
mod previewing;
mod reading;
mod revoking;
mod roles;
mod stewarding;
mod usage;
