//! What would become of an item that nobody has published yet.

use std::fmt;

use domain::ItemId;
use event_store::Position;
use matching::Profile;
use read_model::Snapshot;

use crate::Placing;
use crate::profile::published;
use crate::shared::Shared;

/// Answers by the curator's own rule, on what the curator itself knows; changes nothing.
#[derive(Clone)]
pub struct Previewer {
    collection: Shared,
}

/// An answer, and up to where in the log it is founded.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// Everything up to this position was considered, and perhaps a little that came after.
    pub position: Position,
    /// Where the item would go.
    pub placing: Placing,
}

impl Previewer {
    pub(crate) fn of(collection: Shared) -> Self {
        Self { collection }
    }

    /// Where an item of this profile would be placed now; `None` while the curator is still reading the log.
    ///
    /// `snapshot` shows what the items say, and is a recent one. `item` names the item, if it is registered already: it is never compared with itself, and one that has a place
    /// keeps it. Looks at a bounded number of items whatever the catalogue's size. Waits for the curator at most as long as
    /// that takes in or decides on one item; call it where a thread may wait for that.
    pub fn preview(&self, item: Option<ItemId>, profile: &Profile, snapshot: &Snapshot) -> Option<Preview> {
        let collection = self.collection.read();
        let position = collection.position()?;
        Some(Preview {
            position,
            placing: collection.place(item, profile, &|other| published(snapshot, other)),
        })
    }
}

impl fmt::Debug for Previewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Previewer").finish_non_exhaustive()
    }
}
