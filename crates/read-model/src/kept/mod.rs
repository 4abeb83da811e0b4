//! The read model's snapshot on disk: what a start goes on from, instead of the log's beginning.
//!
//! It is never trusted over the log. It names the log, the last event that is in it with its hash, and the sources that
//! folded it; where any of that is not so, or a byte is wrong, the read model is rebuilt from nothing. What is kept are the
//! states alone; what is derived from them is derived again. Deleting the file is always safe.

mod blocks;
mod reached;
mod reading;
mod record;
mod writing;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) use self::reached::Reached;
pub(crate) use self::reading::load;
pub(crate) use self::record::Record;
pub(crate) use self::writing::Keeper;

/// The sources that fold the log, as `build.rs` found them.
const FOLDING: &str = env!("YIMEN_FOLDING");
/// What the file says that it is.
const KIND: &str = "yimen read model 1";

/// The first block: what the states are of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Heading {
    kind: String,
    folding: String,
    /// States that follow.
    records: u64,
    /// Identifier of the log's first event.
    pub(crate) log: Uuid,
    /// The last event that is in the states.
    pub(crate) reached: Reached,
    pub(crate) skipped: u64,
    pub(crate) counted_since: Option<Date>,
    pub(crate) last_at: Timestamp,
}

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("it can't be read")]
    Io(#[from] std::io::Error),
    #[error("it ends too early")]
    Short,
    #[error("block {0} is damaged")]
    Damaged(u64),
    #[error("it is no snapshot of a read model")]
    Foreign,
    #[error("another build wrote it")]
    OtherBuild,
    #[error("it is of another log")]
    OtherLog,
    #[error("the log does not hold the event that it has come to")]
    NotInLog,
}
