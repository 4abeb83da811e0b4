//! Commands and events of entries.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{entry_id, item_id, text};
use crate::{EntryCommand, EntryEvent};

/// Any command.
pub(in crate::properties) fn command() -> impl Strategy<Value = EntryCommand> {
    prop_oneof![
        Just(EntryCommand::Form),
        text().prop_map(|name| EntryCommand::Rename { name }),
        Just(EntryCommand::WithdrawName),
        item_id().prop_map(|item| EntryCommand::ChoosePrimary { item }),
        Just(EntryCommand::WithdrawPrimary),
        (entry_id(), entry_id(), vec(entry_id(), 0..3))
            .prop_map(|(entry, into, lineage)| EntryCommand::Merge { entry, into, lineage }),
        Just(EntryCommand::Restore),
    ]
}

/// Any event.
pub(in crate::properties) fn event() -> impl Strategy<Value = EntryEvent> {
    prop_oneof![
        Just(EntryEvent::Formed {}),
        text().prop_map(|name| EntryEvent::Renamed { name }),
        Just(EntryEvent::NameWithdrawn {}),
        item_id().prop_map(|item| EntryEvent::PrimaryChosen { item }),
        Just(EntryEvent::PrimaryWithdrawn {}),
        entry_id().prop_map(|entry| EntryEvent::MergedInto { entry }),
        entry_id().prop_map(|from| EntryEvent::Restored { from }),
    ]
}
