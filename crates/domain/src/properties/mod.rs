//! What holds for every history and every command, however strange.

mod arbitrary;
mod item;
mod item_content;
mod of_aggregates;

use proptest::prelude::*;
use serde_json::Value;

use crate::{Actor, Aggregate, Context, DomainEvent, Policy, fold};

/// A command, who gives it, and how many days later than the one before.
type Step<A> = (<A as Aggregate>::Command, Actor, u8);

/// An event is read back from the log's bytes as it was written.
fn is_storable<E: DomainEvent + PartialEq>(event: &E) -> Result<(), TestCaseError> {
    let Some((event_type, version)) = E::TYPES.iter().find(|(name, _)| *name == event.event_type()) else {
        return Err(TestCaseError::fail(format!("{} is not among the types", event.event_type())));
    };
    let bytes = serde_json::to_vec(&event.to_data()).expect("JSON");
    let data: Value = serde_json::from_slice(&bytes).expect("JSON");
    let read =
        E::from_data(event_type, *version, data).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(read.as_ref(), Some(event));
    let Ok(Value::Object(whole)) = serde_json::to_value(event) else {
        return Err(TestCaseError::fail("an event is an object"));
    };
    prop_assert_eq!(&whole["type"], *event_type);
    Ok(())
}

/// Folding never panics, and gives the same state at once, step by step, and again.
fn folds_the_same<A>(events: &[A::Event]) -> Result<(), TestCaseError>
where
    A: Aggregate + PartialEq,
{
    let mut stepwise = A::default();
    for event in events {
        stepwise.evolve(event);
    }
    prop_assert_eq!(&stepwise, &fold::<A>(events));
    let (first, rest) = events.split_at(events.len() / 2);
    let mut resumed = fold::<A>(first);
    for event in rest {
        resumed.evolve(event);
    }
    prop_assert_eq!(&stepwise, &resumed);
    Ok(())
}

/// Decides and folds step by step from `state` on; every event that comes of it is storable. Answers them all.
fn walk<A>(mut state: A, steps: &[Step<A>]) -> Result<Vec<A::Event>, TestCaseError>
where
    A: Aggregate,
    A::Event: PartialEq,
{
    let policy = Policy { notice_days: 30, ..Policy::default() };
    let mut now = crate::scenario::today();
    let mut happened = Vec::new();
    for (command, actor, days) in steps {
        now += jiff::SignedDuration::from_hours(24 * i64::from(*days));
        let Ok(events) = state.decide(command, &Context { actor, now, policy: &policy }) else { continue };
        for event in events {
            is_storable(&event)?;
            state.evolve(&event);
            happened.push(event);
        }
    }
    Ok(happened)
}
