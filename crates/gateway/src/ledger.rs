//! What the calls came to: counts that are written down now and then, and metrics.
//!
//! Each offering of the route table carries its own numbers, so that a call finds them without a look-up and adds to
//! them without a lock. The ledger is the list of those that were called. Calls that no offering took have no labels of
//! their own: else anybody, without a token, could use up those that there are.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use domain::{EntryId, ItemId};

use crate::outcome::Outcome;
use crate::series::{Labels, Series};
use crate::{Offering, Traces};

/// What an offering's calls come to. It stays with the offering while the route table changes around it.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    /// Calls since they were last handed out to be written down.
    calls: AtomicU64,
    /// Found on the first call.
    series: OnceLock<Arc<Series>>,
}

/// How many calls an offering took since that was asked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedCalls {
    /// The entry that was called, aliases followed.
    pub entry: EntryId,
    /// The offering's item.
    pub item: ItemId,
    /// How many.
    pub calls: u64,
}

/// The offerings that were called.
#[derive(Debug)]
pub(crate) struct Ledger {
    most_labelled: usize,
    roll: Mutex<Roll>,
    /// The calls that no offering took.
    untaken: Series,
    /// Those of offerings beyond the most that have labels.
    other: Arc<Series>,
    traces: OnceLock<Traces>,
}

#[derive(Debug, Default)]
struct Roll {
    called: Vec<Called>,
    /// How many of them have labels.
    labelled: usize,
}

#[derive(Debug)]
struct Called {
    entry: EntryId,
    item: ItemId,
    tally: Tally,
}

impl Called {
    /// Whether no route leads there any more, and no call is on its way.
    fn is_retired(&self) -> bool {
        let is_alone = Arc::strong_count(&self.tally.0) == 1;
        // Whoever let go of it had counted before.
        fence(Ordering::Acquire);
        is_alone
    }

    /// Its own series, unless it came too late for one.
    fn labelled(&self, other: &Arc<Series>) -> Option<&Arc<Series>> {
        self.tally.0.series.get().filter(|series| !Arc::ptr_eq(series, other))
    }
}

impl Ledger {
    /// A ledger that labels so many offerings.
    pub(crate) fn new(most_labelled: usize) -> Self {
        Self {
            most_labelled,
            roll: Mutex::default(),
            untaken: Series::new(),
            other: Arc::new(Series::new()),
            traces: OnceLock::new(),
        }
    }

    /// Traces calls from now on; the first word stands.
    pub(crate) fn trace(&self, traces: Traces) {
        self.traces.get_or_init(|| traces);
    }

    /// Which calls are traced, if any are.
    pub(crate) fn traces(&self) -> Option<&Traces> {
        self.traces.get()
    }

    /// An offering takes a call.
    pub(crate) fn takes(&self, entry: EntryId, offering: &Offering) {
        let counters = &offering.tally.0;
        counters.series.get_or_init(|| self.enter(entry, offering));
        counters.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// A call has ended, which an offering took or none.
    pub(crate) fn ends(&self, tally: Option<&Tally>, outcome: Outcome, to_head: Duration) {
        let series = tally.and_then(|tally| tally.0.series.get());
        series.map_or(&self.untaken, Arc::as_ref).add(outcome, to_head);
    }

    fn enter(&self, entry: EntryId, offering: &Offering) -> Arc<Series> {
        let mut roll = self.roll();
        roll.called.push(Called { entry, item: offering.item, tally: offering.tally.clone() });
        if roll.labelled < self.most_labelled {
            roll.labelled += 1;
            Arc::new(Series::new())
        } else {
            Arc::clone(&self.other)
        }
    }

    /// What was counted since the last time; each call is told of once. Retired offerings are forgotten.
    pub(crate) fn take_counts(&self) -> Vec<CountedCalls> {
        let mut counted = Vec::new();
        let mut roll = self.roll();
        let Roll { called, labelled } = &mut *roll;
        called.retain(|called| {
            // Looked at first: a call that is taken meanwhile keeps it.
            let is_retired = called.is_retired();
            let calls = called.tally.0.calls.swap(0, Ordering::Relaxed);
            if calls > 0 {
                counted.push(CountedCalls { entry: called.entry, item: called.item, calls });
            }
            if is_retired && called.labelled(&self.other).is_some() {
                *labelled = labelled.saturating_sub(1);
            }
            !is_retired
        });
        counted
    }

    /// The metrics of calls, in Prometheus's text format.
    pub(crate) fn write(&self, text: &mut String) -> fmt::Result {
        let roll = self.roll();
        let labelled: Vec<_> = roll
            .called
            .iter()
            .filter(|called| !called.is_retired())
            .filter_map(|called| Some((called, called.labelled(&self.other)?)))
            .collect();
        let each = |write: fn(&Series, Labels<'_>, &mut String) -> fmt::Result, text: &mut String| {
            write(&self.untaken, Labels { entry: &"none", offering: &"none" }, text)?;
            write(&self.other, Labels { entry: &"other", offering: &"other" }, text)?;
            labelled.iter().try_for_each(|(called, series)| {
                write(series, Labels { entry: &called.entry, offering: &called.item }, text)
            })
        };
        writeln!(text, "# HELP yimen_calls_total Calls that ended, by outcome and by whose fault it was")?;
        writeln!(text, "# TYPE yimen_calls_total counter")?;
        each(Series::write_outcomes, text)?;
        writeln!(
            text,
            "# HELP yimen_call_seconds Time from the head of the request to the head of the response"
        )?;
        writeln!(text, "# TYPE yimen_call_seconds histogram")?;
        each(Series::write_durations, text)
    }

    fn roll(&self) -> MutexGuard<'_, Roll> {
        // Nothing that panics runs under the lock.
        self.roll.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {

    use domain::LocalizedText;

    use super::*;
    use crate::{Access, Department, Standing};

    fn offering(code: &str) -> Offering {
        let department = "local:a".parse().expect("well formed");
        Offering {
            item: ItemId::new(&department, &code.parse().expect("well formed")),
            department: Arc::new(Department::new(&department, LocalizedText::zh("甲"))),
            regions: Box::default(),
            primary: false,
            standing: Standing::Available,
            upstream: None,
            access: Access::default(),
            tally: Tally::default(),
        }
    }

    fn call(ledger: &Ledger, offering: &Offering) {
        ledger.takes(EntryId::founded_by(offering.item), offering);
        ledger.ends(Some(&offering.tally), Outcome::ANSWERED, Duration::ZERO);
    }

    fn counts(ledger: &Ledger) -> Vec<(ItemId, u64)> {
        ledger.take_counts().into_iter().map(|counted| (counted.item, counted.calls)).collect()
    }

    fn metrics(ledger: &Ledger) -> String {
        let mut text = String::new();
        ledger.write(&mut text).expect("a String takes everything");
        text
    }

    fn line(entry: &str, offering: &str, calls: u64) -> String {
        format!(
            "yimen_calls_total{{entry=\"{entry}\",offering=\"{offering}\",outcome=\"answered\",fault=\"none\"}} {calls}\n"
        )
    }

    #[test]
    fn each_call_is_handed_out_once_also_of_an_offering_that_has_gone() {
        let ledger = Ledger::new(10);
        let (stays, goes) = (offering("1"), offering("2"));
        let (staying, going) = (stays.item, goes.item);
        for each in [&stays, &stays, &goes] {
            call(&ledger, each);
        }
        drop(goes);
        assert_eq!(counts(&ledger), [(staying, 2), (going, 1)]);
        assert_eq!(counts(&ledger), []);
        call(&ledger, &stays);
        assert_eq!(counts(&ledger), [(staying, 1)]);
    }

    #[test]
    fn past_the_most_the_calls_are_summed_up_and_retired_ones_make_room() {
        let ledger = Ledger::new(1);
        let (first, second, third) = (offering("1"), offering("2"), offering("3"));
        for each in [&first, &second, &third, &first] {
            call(&ledger, each);
        }
        let (id, text) = (first.item.to_string(), metrics(&ledger));
        assert!(text.contains(&line(&id, &id, 2)) && text.contains(&line("other", "other", 2)), "{text}");
        assert!(!text.contains(&second.item.to_string()), "{text}");
        drop(first);
        assert!(!metrics(&ledger).contains(&id));
        ledger.take_counts();
        let fourth = offering("4");
        call(&ledger, &fourth);
        let id = fourth.item.to_string();
        assert!(metrics(&ledger).contains(&line(&id, &id, 1)));
    }

    #[test]
    fn a_call_that_nobody_took_has_no_labels_of_its_own() {
        let ledger = Ledger::new(1);
        ledger.ends(None, Outcome::ANSWERED, Duration::ZERO);
        assert!(metrics(&ledger).contains(&line("none", "none", 1)));
        assert_eq!(counts(&ledger), []);
    }
}
