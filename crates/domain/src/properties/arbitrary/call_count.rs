//! Commands and events of call counts.

use jiff::civil::{Date, date};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{entry_id, item_id};
use crate::call_count::OfferingCalls;
use crate::{CallCountCommand, CallCountEvent};

fn day() -> impl Strategy<Value = Date> {
    select(vec![date(2026, 3, 2), date(2026, 3, 3), Date::MIN, Date::MAX])
}

fn counts() -> impl Strategy<Value = Vec<OfferingCalls>> {
    let line = (entry_id(), item_id(), any::<u64>());
    vec(line.prop_map(|(entry, item, calls)| OfferingCalls { entry, item, calls }), 0..4)
}

/// Any command.
pub(in crate::properties) fn command() -> impl Strategy<Value = CallCountCommand> {
    (day(), counts()).prop_map(|(day, counts)| CallCountCommand::Record { day, counts })
}

/// Any event.
pub(in crate::properties) fn event() -> impl Strategy<Value = CallCountEvent> {
    (day(), counts()).prop_map(|(day, counts)| CallCountEvent::Counted { day, counts })
}
