//! Revocations: a subject or a token of an identity provider that is refused, whatever its token says.

pub(crate) mod get;
pub(crate) mod lift;
pub(crate) mod list;
pub(crate) mod revoke;
