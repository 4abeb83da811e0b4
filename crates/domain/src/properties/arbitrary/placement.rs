//! Commands and events of placements.

use proptest::prelude::*;
use proptest::sample::select;

use super::{basis, entry_id, recorded_basis};
use crate::placement::Decider;
use crate::{PlacementCommand, PlacementEvent};

fn decider() -> impl Strategy<Value = Decider> {
    select(vec![Decider::Curator, Decider::Steward])
}

/// Any command.
pub(in crate::properties) fn command() -> impl Strategy<Value = PlacementCommand> {
    prop_oneof![
        (entry_id(), basis()).prop_map(|(entry, basis)| PlacementCommand::Place { entry, basis }),
        (entry_id(), basis()).prop_map(|(entry, basis)| PlacementCommand::Move { entry, basis }),
        (entry_id(), entry_id()).prop_map(|(from, into)| PlacementCommand::Split { from, into }),
        Just(PlacementCommand::Withdraw),
    ]
}

/// Any event.
pub(in crate::properties) fn event() -> impl Strategy<Value = PlacementEvent> {
    prop_oneof![
        (entry_id(), decider(), recorded_basis()).prop_map(|(entry, by, basis)| PlacementEvent::Placed {
            entry,
            by,
            basis
        }),
        (entry_id(), entry_id(), decider(), recorded_basis())
            .prop_map(|(from, to, by, basis)| PlacementEvent::Moved { from, to, by, basis }),
        (entry_id(), decider()).prop_map(|(from, by)| PlacementEvent::Withdrawn { from, by }),
    ]
}
