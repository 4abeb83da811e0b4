//! How calls ended and how long they took: numbers that every call adds to without a lock, written as Prometheus reads.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::outcome::{Fault, OUTCOMES, Outcome};

/// Upper bounds of the histogram: from a backend next door to a slow one; in microseconds and, as Prometheus has them,
/// in seconds.
const BOUNDS: [(u64, &str); 14] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_000, "0.002"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (20_000, "0.02"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (200_000, "0.2"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_000_000, "2"),
    (5_000_000, "5"),
    (30_000_000, "30"),
];

/// The calls with one set of labels.
#[derive(Debug)]
pub(crate) struct Series {
    microseconds: AtomicU64,
    /// By the first bound that they don't exceed; those beyond all come last.
    by_duration: [AtomicU64; BOUNDS.len() + 1],
    by_outcome: [AtomicU64; OUTCOMES.len()],
}

impl Series {
    pub(crate) fn new() -> Self {
        Self {
            microseconds: AtomicU64::new(0),
            by_duration: std::array::from_fn(|_| AtomicU64::new(0)),
            by_outcome: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// Adds a call.
    pub(crate) fn add(&self, outcome: Outcome, to_head: Duration) {
        let microseconds = u64::try_from(to_head.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|(bound, _)| *bound < microseconds);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
        let by_outcome = outcome.place().and_then(|place| self.by_outcome.get(place));
        for counter in [self.by_duration.get(bucket), by_outcome].into_iter().flatten() {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes the outcomes that there were.
    pub(crate) fn write_outcomes(&self, labels: Labels<'_>, text: &mut String) -> fmt::Result {
        for (outcome, calls) in OUTCOMES.iter().zip(&self.by_outcome) {
            let calls = calls.load(Ordering::Relaxed);
            if calls > 0 {
                let (code, fault) = (outcome.code, outcome.fault.map_or("none", Fault::as_str));
                writeln!(text, "yimen_calls_total{{{labels},outcome=\"{code}\",fault=\"{fault}\"}} {calls}")?;
            }
        }
        Ok(())
    }

    /// Writes how long they took; nothing if there were none.
    pub(crate) fn write_durations(&self, labels: Labels<'_>, text: &mut String) -> fmt::Result {
        let by_duration = self.by_duration.each_ref().map(|calls| calls.load(Ordering::Relaxed));
        let count: u64 = by_duration.iter().sum();
        if count == 0 {
            return Ok(());
        }
        let mut so_far = 0;
        for ((_, bound), calls) in BOUNDS.iter().zip(by_duration) {
            so_far += calls;
            writeln!(text, "yimen_call_seconds_bucket{{{labels},le=\"{bound}\"}} {so_far}")?;
        }
        writeln!(text, "yimen_call_seconds_bucket{{{labels},le=\"+Inf\"}} {count}")?;
        let microseconds = self.microseconds.load(Ordering::Relaxed);
        let (whole, part) = (microseconds / 1_000_000, microseconds % 1_000_000);
        writeln!(text, "yimen_call_seconds_sum{{{labels}}} {whole}.{part:06}")?;
        writeln!(text, "yimen_call_seconds_count{{{labels}}} {count}")
    }
}

/// Which calls a series counts.
#[derive(Clone, Copy)]
pub(crate) struct Labels<'a> {
    pub(crate) entry: &'a dyn fmt::Display,
    pub(crate) offering: &'a dyn fmt::Display,
}

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry=\"{}\",offering=\"{}\"", self.entry, self.offering)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_where_they_belong() {
        let series = Series::new();
        for milliseconds in [1, 2, 3, 31_000] {
            series.add(Outcome::ANSWERED, Duration::from_millis(milliseconds));
        }
        series.add(Outcome::CLIENT_GONE, Duration::ZERO);
        let labels = Labels { entry: &"e", offering: &"o" };
        let mut text = String::new();
        series.write_outcomes(labels, &mut text).expect("a String takes everything");
        assert_eq!(
            text,
            "yimen_calls_total{entry=\"e\",offering=\"o\",outcome=\"answered\",fault=\"none\"} 4\n\
             yimen_calls_total{entry=\"e\",offering=\"o\",outcome=\"client-gone\",fault=\"client\"} 1\n"
        );
        let mut text = String::new();
        series.write_durations(labels, &mut text).expect("a String takes everything");
        for (name, expected) in [
            ("bucket{entry=\"e\",offering=\"o\",le=\"0.0005\"}", "1"),
            ("bucket{entry=\"e\",offering=\"o\",le=\"0.001\"}", "2"),
            ("bucket{entry=\"e\",offering=\"o\",le=\"0.002\"}", "3"),
            ("bucket{entry=\"e\",offering=\"o\",le=\"30\"}", "4"),
            ("bucket{entry=\"e\",offering=\"o\",le=\"+Inf\"}", "5"),
            ("sum{entry=\"e\",offering=\"o\"}", "31.006000"),
            ("count{entry=\"e\",offering=\"o\"}", "5"),
        ] {
            let line = format!("yimen_call_seconds_{name} {expected}\n");
            assert!(text.contains(&line), "{line}{text}");
        }
        let mut nothing = String::new();
        Series::new().write_durations(labels, &mut nothing).expect("a String takes everything");
        assert_eq!(nothing, "");
    }

    #[test]
    fn the_outcomes_are_all_different() {
        for (place, outcome) in OUTCOMES.iter().enumerate() {
            assert_eq!(outcome.place(), Some(place), "{}", outcome.code);
        }
    }
}
