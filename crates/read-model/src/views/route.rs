//! Where the gateway sends calls.

use std::sync::Arc;

use domain::EntryId;
use event_store::Position;

use super::{EntryView, RetiredView};

/// Where calls to an identifier of the catalogue go. An alias has its survivor's route.
///
/// Two routes of one log are equal when they are of the same entry at the same change, so that comparing
/// two route tables (`imbl::OrdMap::diff`) costs about what changed between them.
#[derive(Debug, Clone)]
pub enum Route {
    /// To one of the offerings of a live entry.
    Open(Arc<EntryView>),
    /// Nowhere any more.
    Gone(Arc<RetiredView>),
}

impl Route {
    /// The entry that answers: the survivor, if the call named an alias.
    pub fn entry(&self) -> EntryId {
        match self {
            Self::Open(entry) => entry.id,
            Self::Gone(entry) => entry.id,
        }
    }

    /// Place in the log of its last change.
    pub fn changed(&self) -> Position {
        match self {
            Self::Open(entry) => entry.changed,
            Self::Gone(entry) => entry.changed,
        }
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.entry() == other.entry() && self.changed() == other.changed()
    }
}
