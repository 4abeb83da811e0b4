//! Items, their submissions, and what is due of them.

use std::sync::Arc;

use domain::item::Registered;
use domain::{EntryId, ItemId, Placement, Relation, StaffId};
use event_store::Position;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Approval;

/// A registered item as its department and its reviewers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemView {
    /// Its identifier.
    pub id: ItemId,
    /// The domain's own state of it.
    pub state: Arc<Registered>,
    /// Where it belongs, without the evidence, which stays in the log: `event_store::load::<Placement>` has it.
    pub placement: Placement,
    /// Place of the last event in its stream (the `If-Match` of its commands).
    pub revision: u64,
    /// Place in the log at which it was registered: the order of items everywhere.
    pub registered: Position,
    /// Place in the log of the last event in its stream.
    pub changed: Position,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Its latest submission to review; kept until what was submitted is public.
    pub submission: Option<Box<Submission>>,
}

impl ItemView {
    /// The entry that it is placed in, before aliases are resolved.
    pub fn entry(&self) -> Option<EntryId> {
        match self.placement {
            Placement::Unplaced | Placement::Withdrawn { .. } => None,
            Placement::Placed { entry, .. } => Some(entry),
        }
    }
}

/// An item that the curator put into another's entry without asking; kept whatever a steward does later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Join {
    /// The entry, before aliases are resolved.
    pub entry: EntryId,
    /// The item that it was taken to be the same as.
    pub with: ItemId,
    /// The probability of that, from 0 to 1, as it was stated then.
    pub probability: f64,
    /// The relation of the two.
    pub relation: Option<Relation>,
    /// The feature with the heaviest evidence.
    pub feature: Option<Arc<str>>,
}

/// Who handed an item to review, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Who submitted it; absent if the event's metadata can't be read.
    pub by: Option<StaffId>,
    /// When.
    pub at: Timestamp,
    /// Place in the log: the order of the review queue.
    pub position: Position,
    /// The stages that it has passed, or what stands in their place.
    pub approvals: Vec<Approval>,
}

/// Something announced whose time has come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When it takes effect.
    pub effective: Timestamp,
    /// The item.
    pub item: ItemId,
    /// What is to be done.
    pub action: DueAction,
}

/// What a [`Due`] asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueAction {
    /// `ItemCommand::CompleteTransfer`.
    CompleteTransfer,
    /// `ItemCommand::Retire`.
    Retire,
}
