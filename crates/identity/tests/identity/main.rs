//! The identity check from outside: real tokens, real key servers, hostile input.

mod accepted_tokens;
mod assertions;
mod hostile_tokens;
mod introspection;
mod key_refresh;
mod proofs;
mod revocation;
mod sm2_tokens;
mod support;
mod ticket;
mod verdict_cache;
