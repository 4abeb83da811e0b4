//! Where each HTTP/1.1 request of a connection ends, and whether everybody would agree (RFC 9112).
//!
//! Request smuggling lives on messages that two readers divide differently. [`Framing`] reads the bytes of a connection
//! as the grammar has them and in no other way: what it lets pass can be read in one way only, so that whoever parses
//! it afterwards, however leniently, finds the same requests. Everything else is a [`Refusal`] before anybody acts on
//! it: two lengths, a length beside a coding, a bare line feed, a folded field, a name that some servers read as another.
//!
//! Pure computation over bytes: no IO, no clock, and no allocation. `corpus/` holds messages that others fell for.

mod chunk;
mod field;
mod framing;
mod head;
mod host;
mod limits;
mod refusal;
mod target;

pub use framing::{Framing, Judgement, Rest};
pub use limits::Limits;
pub use refusal::Refusal;
