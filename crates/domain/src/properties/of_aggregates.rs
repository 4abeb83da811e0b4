//! The laws of every aggregate: folding is total and deterministic, deciding is total, events are storable.

use proptest::collection::vec;
use proptest::prelude::*;

use super::arbitrary::{self, actor};
use super::{folds_the_same, is_storable, walk};
use crate::{
    Aggregate, CallCount, Channel, Department, DuplicateCase, Entry, Item, Placement, Revocation, fold,
};

macro_rules! laws {
    ($($aggregate:ident: $strategies:ident),* $(,)?) => {$(
        mod $strategies {
            use super::*;

            proptest! {
                #[test]
                fn any_history_folds_the_same(events in vec(arbitrary::$strategies::event(), 0..24)) {
                    folds_the_same::<$aggregate>(&events)?;
                }

                #[test]
                fn any_event_is_storable(event in arbitrary::$strategies::event()) {
                    is_storable(&event)?;
                }

                #[test]
                fn any_command_after_any_history_is_decided(
                    events in vec(arbitrary::$strategies::event(), 0..24),
                    steps in vec((arbitrary::$strategies::command(), actor(), 0u8..40), 1..8),
                ) {
                    walk::<$aggregate>(fold(&events), &steps)?;
                }

                #[test]
                fn what_is_decided_replays_to_the_same_state(
                    steps in vec((arbitrary::$strategies::command(), actor(), 0u8..40), 0..48),
                ) {
                    let happened = walk($aggregate::default(), &steps)?;
                    folds_the_same::<$aggregate>(&happened)?;
                    let mut state = $aggregate::default();
                    for event in &happened {
                        let before = state.clone();
                        state.evolve(event);
                        prop_assert_ne!(&state, &before, "{:?} changes nothing", event);
                    }
                }
            }
        }
    )*};
}
laws!(
    Department: department,
    Item: item,
    Placement: placement,
    Entry: entry,
    DuplicateCase: duplicate_case,
    Channel: channel,
    Revocation: revocation,
    CallCount: call_count,
);
