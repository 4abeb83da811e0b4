//! Commands and events of duplicate cases.

use proptest::prelude::*;

use super::{basis, item_id, note, recorded_basis};
use crate::duplicate_case::Resolution;
use crate::{DuplicateCaseCommand, DuplicateCaseEvent, ItemId};

fn pair() -> impl Strategy<Value = [ItemId; 2]> {
    (item_id(), item_id()).prop_map(|(a, b)| [a, b])
}

fn resolution() -> impl Strategy<Value = Resolution> {
    prop_oneof![
        item_id().prop_map(|primary| Resolution::KeepPrimary { primary }),
        note().prop_map(|comment| Resolution::BothStay { comment }),
    ]
}

/// Any command.
pub(in crate::properties) fn command() -> impl Strategy<Value = DuplicateCaseCommand> {
    prop_oneof![
        (pair(), basis()).prop_map(|(items, basis)| DuplicateCaseCommand::Suspect { items, basis }),
        resolution().prop_map(|resolution| DuplicateCaseCommand::Confirm { resolution }),
        note().prop_map(|comment| DuplicateCaseCommand::Dismiss { comment }),
        Just(DuplicateCaseCommand::Reopen),
    ]
}

/// Any event.
pub(in crate::properties) fn event() -> impl Strategy<Value = DuplicateCaseEvent> {
    prop_oneof![
        (pair(), recorded_basis()).prop_map(|(items, basis)| DuplicateCaseEvent::Suspected { items, basis }),
        resolution().prop_map(|resolution| DuplicateCaseEvent::Confirmed { resolution }),
        note().prop_map(|comment| DuplicateCaseEvent::Dismissed { comment }),
        Just(DuplicateCaseEvent::Reopened {}),
    ]
}
