//! Elements of the change feed.

use std::sync::Arc;

use domain::EntryId;
use event_store::Position;
use jiff::Timestamp;

use super::{EntryView, RetiredView};

/// What became of an entry at its latest change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is there, and this is how.
    Upserted(Arc<EntryView>),
    /// It is there no more.
    Removed {
        /// Its identifier.
        id: EntryId,
        /// What became of it.
        removal: Removal,
        /// Place in the log of the change.
        changed: Position,
        /// When that was.
        at: Timestamp,
    },
}

impl Change {
    /// The entry that changed.
    pub fn id(&self) -> EntryId {
        match self {
            Self::Upserted(entry) => entry.id,
            Self::Removed { id, .. } => *id,
        }
    }

    /// Place in the log of the change.
    pub fn changed(&self) -> Position {
        match self {
            Self::Upserted(entry) => entry.changed,
            Self::Removed { changed, .. } => *changed,
        }
    }
}

/// Why an entry is there no more.
#[derive(Debug, Clone, PartialEq)]
pub enum Removal {
    /// It became an alias.
    MergedInto(EntryId),
    /// Everything that it offered has ended.
    Retired(Arc<RetiredView>),
    /// Its items were moved to other entries, or out of the catalogue.
    Withdrawn,
}
