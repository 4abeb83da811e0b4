//! How often services were called: what one gateway counted in one stretch of a day, and nothing about who called.
//!
//! Each batch has a stream of its own, so that it is written once however often its writer tries, and gateways that
//! write at the same time don't wait for each other. Whoever wants to know of a day adds up its batches.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Aggregate, Context, CountId, DomainEvent, EntryId, ItemId, Role};

/// The most offerings that one batch may tell of: well below the largest event that a log takes.
pub const MOST_OFFERINGS: usize = 2000;

/// A batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CallCount {
    /// Not written.
    #[default]
    Unwritten,
    /// Written, for ever.
    Written {
        /// The city's day on which the calls were made.
        day: Date,
    },
}

/// A command to a batch.
#[derive(Debug, Clone)]
pub enum CallCountCommand {
    /// Writes it down.
    Record {
        /// The city's day on which the calls were made.
        day: Date,
        /// What was counted.
        counts: Vec<OfferingCalls>,
    },
}

/// An event of a batch's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum CallCountEvent {
    /// So many calls were made.
    Counted {
        /// The city's day on which they were made.
        #[schema(value_type = String, format = Date)]
        day: Date,
        /// How many, by offering; none twice.
        #[schema(min_items = 1, max_items = 2000)]
        counts: Vec<OfferingCalls>,
    },
}

/// How many calls an offering took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferingCalls {
    /// The entry that was called, aliases followed.
    pub entry: EntryId,
    /// The item that took the calls.
    pub item: ItemId,
    /// How many.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991u64)]
    pub calls: u64,
}

impl DomainEvent for CallCountEvent {
    const TYPES: &'static [(&'static str, u16)] = &[("Counted", 1)];

    fn event_type(&self) -> &'static str {
        match self {
            Self::Counted { .. } => "Counted",
        }
    }
}

/// Why a command to a batch is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallCountRejection {
    /// Only the gateway itself counts.
    #[error("only the gateway itself counts calls")]
    NotAllowed,
    /// It tells of too many offerings for one event.
    #[error("a batch tells of at most {MOST_OFFERINGS} offerings")]
    TooMany,
}

impl Aggregate for CallCount {
    const CATEGORY: &'static str = "calls";
    type Id = CountId;
    type Command = CallCountCommand;
    type Event = CallCountEvent;
    type Rejection = CallCountRejection;

    fn decide(
        &self,
        command: &CallCountCommand,
        context: &Context<'_>,
    ) -> Result<Vec<CallCountEvent>, CallCountRejection> {
        if context.actor.role != Role::System {
            return Err(CallCountRejection::NotAllowed);
        }
        let CallCountCommand::Record { day, counts } = command;
        match self {
            Self::Written { .. } => Ok(Vec::new()),
            Self::Unwritten if counts.is_empty() => Ok(Vec::new()),
            Self::Unwritten if counts.len() > MOST_OFFERINGS => Err(CallCountRejection::TooMany),
            Self::Unwritten => Ok(vec![CallCountEvent::Counted { day: *day, counts: counts.clone() }]),
        }
    }

    fn evolve(&mut self, event: &CallCountEvent) {
        let CallCountEvent::Counted { day, .. } = event;
        match self {
            Self::Unwritten => *self = Self::Written { day: *day },
            Self::Written { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::scenario::{self, Given, operator, system, xihu};

    fn given(events: impl IntoIterator<Item = CallCountEvent>) -> Given<CallCount> {
        scenario::given(events)
    }

    fn counts(offerings: usize) -> Vec<OfferingCalls> {
        (0..offerings)
            .map(|number| {
                let item = ItemId::new(&xihu(), &number.to_string().parse().expect("well formed"));
                OfferingCalls { entry: EntryId::founded_by(item), item, calls: 1 }
            })
            .collect()
    }

    fn record(offerings: usize) -> CallCountCommand {
        CallCountCommand::Record { day: date(2026, 3, 2), counts: counts(offerings) }
    }

    fn counted(offerings: usize) -> CallCountEvent {
        CallCountEvent::Counted { day: date(2026, 3, 2), counts: counts(offerings) }
    }

    #[test]
    fn a_batch_is_written_once() {
        given([]).when(record(2), &system()).then([counted(2)]);
        given([counted(2)]).when(record(2), &system()).then_nothing();
        given([]).when(record(0), &system()).then_nothing();
    }

    #[test]
    fn a_batch_fits_into_an_event() {
        given([]).when(record(MOST_OFFERINGS), &system()).then([counted(MOST_OFFERINGS)]);
        given([]).when(record(MOST_OFFERINGS + 1), &system()).refused(&CallCountRejection::TooMany);
    }

    #[test]
    fn nobody_else_counts() {
        given([]).when(record(1), &operator()).refused(&CallCountRejection::NotAllowed);
    }
}
