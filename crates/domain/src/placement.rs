//! Which entry an item belongs to, and why.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Aggregate, Basis, Context, DomainEvent, EntryId, ItemId, Role};

/// The place of one item in the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum Placement {
    /// Not placed.
    #[default]
    Unplaced,
    /// Part of an entry.
    Placed {
        /// The entry.
        entry: EntryId,
        /// Who placed it there.
        by: Decider,
        /// Why.
        basis: Basis,
        /// The entries that a steward took it out of and did not put it back into: it is not the same service.
        parted_from: BTreeSet<EntryId>,
    },
    /// Taken out of the catalogue.
    Withdrawn {
        /// Who took it out.
        by: Decider,
    },
}

/// Who decided on a placement. A steward's decision always wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decider {
    /// The curator, by evidence.
    Curator,
    /// A steward.
    Steward,
}

/// A command to a placement.
#[derive(Debug, Clone)]
pub enum PlacementCommand {
    /// Puts an unplaced item into an entry; nothing happens to one that is placed.
    Place {
        /// The entry.
        entry: EntryId,
        /// Why.
        basis: Basis,
    },
    /// Moves it to another entry. A steward who names the entry where it is confirms it against the curator.
    Move {
        /// The entry.
        entry: EntryId,
        /// Why.
        basis: Basis,
    },
    /// Takes it out of an entry into another one; nothing happens where a steward has put it there already.
    Split {
        /// The entry that it is in, as far as the steward knows.
        from: EntryId,
        /// The entry.
        into: EntryId,
    },
    /// Takes it out of the catalogue.
    Withdraw,
}

/// An event of a placement's stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum PlacementEvent {
    /// Put into an entry.
    Placed {
        /// The entry.
        entry: EntryId,
        /// Who decided.
        by: Decider,
        /// Why.
        basis: Basis,
    },
    /// Moved from one entry to another; from and to are the same where a steward confirmed the curator's choice.
    Moved {
        /// The entry before.
        from: EntryId,
        /// The entry from now on.
        to: EntryId,
        /// Who decided.
        by: Decider,
        /// Why.
        basis: Basis,
    },
    /// Taken out of the catalogue.
    Withdrawn {
        /// The entry that it was part of.
        from: EntryId,
        /// Who decided.
        by: Decider,
    },
}

impl DomainEvent for PlacementEvent {
    const TYPES: &'static [(&'static str, u16)] = &[("Placed", 1), ("Moved", 1), ("Withdrawn", 1)];

    fn event_type(&self) -> &'static str {
        match self {
            Self::Placed { .. } => "Placed",
            Self::Moved { .. } => "Moved",
            Self::Withdrawn { .. } => "Withdrawn",
        }
    }
}

/// Why a command to a placement is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlacementRejection {
    /// The role does not allow it.
    #[error("only stewards and the curator place items")]
    NotAllowed,
    /// There is nothing to move or withdraw.
    #[error("the item is not placed")]
    NotPlaced,
    /// The curator may not undo what a steward decided.
    #[error("a steward decided where the item belongs")]
    StewardDecided,
    /// Somebody moved it in the meantime.
    #[error("the item is in entry {0} now")]
    Elsewhere(EntryId),
}

impl Aggregate for Placement {
    const CATEGORY: &'static str = "placement";
    type Id = ItemId;
    type Command = PlacementCommand;
    type Event = PlacementEvent;
    type Rejection = PlacementRejection;

    fn decide(
        &self,
        command: &PlacementCommand,
        context: &Context<'_>,
    ) -> Result<Vec<PlacementEvent>, PlacementRejection> {
        let by = match context.actor.role {
            Role::System => Decider::Curator,
            Role::Steward => Decider::Steward,
            Role::Clerk | Role::DepartmentReviewer | Role::Reviewer | Role::Operator | Role::Auditor => {
                return Err(PlacementRejection::NotAllowed);
            }
        };
        match (self, command) {
            (Self::Withdrawn { by: Decider::Steward }, _) if by == Decider::Curator => {
                Err(PlacementRejection::StewardDecided)
            }
            (Self::Unplaced | Self::Withdrawn { .. }, PlacementCommand::Place { entry, basis }) => {
                Ok(vec![PlacementEvent::Placed { entry: *entry, by, basis: basis.recordable() }])
            }
            (Self::Placed { .. }, PlacementCommand::Place { .. }) => Ok(Vec::new()),
            (
                Self::Unplaced | Self::Withdrawn { .. },
                PlacementCommand::Move { .. } | PlacementCommand::Split { .. } | PlacementCommand::Withdraw,
            ) => Err(PlacementRejection::NotPlaced),
            (Self::Placed { by: Decider::Steward, .. }, _) if by == Decider::Curator => {
                Err(PlacementRejection::StewardDecided)
            }
            (Self::Placed { .. }, PlacementCommand::Split { .. }) if by == Decider::Curator => {
                Err(PlacementRejection::NotAllowed)
            }
            (Self::Placed { entry, by: Decider::Steward, .. }, PlacementCommand::Split { into, .. })
                if entry == into =>
            {
                Ok(Vec::new())
            }
            (Self::Placed { entry, .. }, PlacementCommand::Split { from, .. }) if entry != from => {
                Err(PlacementRejection::Elsewhere(*entry))
            }
            (Self::Placed { entry: from, .. }, PlacementCommand::Split { into, .. }) => {
                Ok(vec![PlacementEvent::Moved { from: *from, to: *into, by, basis: Basis::default() }])
            }
            (Self::Placed { entry: from, by: decider, .. }, PlacementCommand::Move { entry: to, basis }) => {
                if from == to && *decider == by {
                    return Ok(Vec::new());
                }
                Ok(vec![PlacementEvent::Moved { from: *from, to: *to, by, basis: basis.recordable() }])
            }
            (Self::Placed { entry, .. }, PlacementCommand::Withdraw) => {
                Ok(vec![PlacementEvent::Withdrawn { from: *entry, by }])
            }
        }
    }

    fn evolve(&mut self, event: &PlacementEvent) {
        let mut parted_from = match std::mem::take(self) {
            Self::Placed { parted_from, .. } => parted_from,
            Self::Unplaced | Self::Withdrawn { .. } => BTreeSet::new(),
        };
        *self = match event {
            PlacementEvent::Placed { entry, by, basis } => {
                Self::Placed { entry: *entry, by: *by, basis: basis.clone(), parted_from }
            }
            PlacementEvent::Moved { from, to, by, basis } => {
                if parts(*from, *to, *by, basis) && !parted_from.remove(to) {
                    parted_from.insert(*from);
                }
                Self::Placed { entry: *to, by: *by, basis: basis.clone(), parted_from }
            }
            PlacementEvent::Withdrawn { by, .. } => Self::Withdrawn { by: *by },
        };
    }
}

impl Placement {
    /// Whether a steward took the item out of `entry`, where it is not now.
    pub fn is_parted_from(&self, entry: EntryId) -> bool {
        match self {
            Self::Unplaced | Self::Withdrawn { .. } => false,
            Self::Placed { entry: now, parted_from, .. } => *now != entry && parted_from.contains(&entry),
        }
    }
}

/// Whether a move says of the item that it is not the service that it was taken for.
///
/// A steward's move does, unless a comparison with an item of the other entry asked for it. Going back to where the item
/// was taken out of says nothing new: it takes back what was said.
fn parts(from: EntryId, to: EntryId, by: Decider, basis: &Basis) -> bool {
    by == Decider::Steward && from != to && basis.compared_with.is_none()
}

#[cfg(test)]
mod tests;
