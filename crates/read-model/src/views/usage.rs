//! How often entries were called.

use domain::call_count::OfferingCalls;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The most days that are told of one by one: five weeks. The days before are in the total, and in the log.
const MOST_DAYS: usize = 35;

/// The calls of an entry that were counted and written down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryUsage {
    /// All of them.
    pub calls: u64,
    /// The last day with a call.
    pub last: Option<Date>,
    /// Those of the last days with calls, the oldest first.
    pub days: Vec<DayCalls>,
}

/// The calls of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCalls {
    /// The city's day.
    pub day: Date,
    /// How many.
    pub calls: u64,
}

impl EntryUsage {
    /// Adds what a batch tells.
    pub(crate) fn add(&mut self, day: Date, counted: OfferingCalls) {
        self.calls = self.calls.saturating_add(counted.calls);
        self.add_to_day(DayCalls { day, calls: counted.calls });
    }

    /// Adds the calls that another entry took before it was merged into this one.
    pub(crate) fn add_all(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        other.days.iter().for_each(|each| self.add_to_day(*each));
    }

    /// Batches may come late: those of gateways that could not write for a while.
    fn add_to_day(&mut self, DayCalls { day, calls }: DayCalls) {
        self.last = self.last.max(Some(day));
        match self.days.binary_search_by_key(&day, |each| each.day) {
            Ok(place) => {
                if let Some(known) = self.days.get_mut(place) {
                    known.calls = known.calls.saturating_add(calls);
                }
            }
            Err(place) => {
                self.days.insert(place, DayCalls { day, calls });
                if self.days.len() > MOST_DAYS {
                    self.days.remove(0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{EntryId, ItemId};
    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;

    fn counted(calls: u64) -> OfferingCalls {
        let department = "local:xihu".parse().expect("well formed");
        let item = ItemId::new(&department, &"1".parse().expect("well formed"));
        OfferingCalls { entry: EntryId::founded_by(item), item, calls }
    }

    #[test]
    fn days_add_up_in_whatever_order_they_come_and_old_ones_are_only_in_the_total() {
        let first = date(2026, 1, 1);
        let days: Vec<_> = (0..40).map(|number| first.saturating_add(number.days())).collect();
        let mut in_order = EntryUsage::default();
        days.iter().for_each(|day| in_order.add(*day, counted(2)));
        let mut backwards = EntryUsage::default();
        days.iter().rev().chain(&days).for_each(|day| backwards.add(*day, counted(1)));
        assert_eq!((in_order.calls, in_order.last), (80, days.last().copied()));
        assert_eq!(in_order.days.len(), MOST_DAYS);
        assert_eq!(in_order.days.first(), Some(&DayCalls { day: days[5], calls: 2 }));
        assert_eq!((backwards.calls, backwards.last), (in_order.calls, in_order.last));
        assert_eq!(backwards.days, in_order.days);
    }
}
