//! Entries as their streams tell them, before anything is derived.

use domain::{Entry, EntryId};
use event_store::Position;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One entry's own state, and what is remembered of its changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Node {
    /// Folded from its stream; a merge that would close a loop is left out.
    pub(crate) state: Entry,
    /// Place of the last event in its stream.
    pub(crate) revision: Option<u64>,
    /// Place in the log at which it was first mentioned.
    pub(crate) formed: Position,
    /// Place in the log of the last event that changed what the public sees of it.
    pub(crate) changed: Position,
    /// When that was.
    pub(crate) updated_at: Timestamp,
    /// Whether it, or something under it, was ever public: then its end needs a tombstone.
    pub(crate) was_public: bool,
    /// The place under which the change feed has it; derived, and so not kept.
    #[serde(skip)]
    pub(crate) fed: Option<Position>,
}

impl Node {
    pub(crate) fn first_mentioned(position: Position, at: Timestamp) -> Self {
        Self {
            state: Entry::Unformed,
            revision: None,
            formed: position,
            changed: position,
            updated_at: at,
            was_public: false,
            fed: None,
        }
    }

    /// The entry that it is merged into: the next link of the chain, not its end.
    pub(crate) fn merged_into(&self) -> Option<EntryId> {
        match &self.state {
            Entry::Unformed => None,
            Entry::Formed { merged_into, .. } => *merged_into,
        }
    }
}
