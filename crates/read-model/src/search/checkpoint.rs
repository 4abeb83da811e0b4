//! How far a committed index has come.

use event_store::Position;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Snapshot;

/// What is written with every commit, so that both are always of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The log that was indexed, by its first event.
    log: Option<Uuid>,
    /// Everything up to there is in the index.
    pub(super) position: Position,
}

impl Checkpoint {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self { log: snapshot.log, position: snapshot.position }
    }

    pub(super) fn read(payload: Option<&str>) -> Option<Self> {
        serde_json::from_str(payload?).ok()
    }

    /// Whether an index that has come so far can go on to `snapshot`.
    pub(super) fn leads_to(&self, snapshot: &Snapshot) -> bool {
        self.log == snapshot.log && self.position <= snapshot.position
    }
}
