//! The catalogue: what anybody may read, made for mobile apps.

pub(crate) mod changes;
pub(crate) mod entry;
mod offering;
pub(crate) mod search;
pub(crate) mod suggest;
mod summary;
