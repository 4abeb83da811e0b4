//! What the gateway has seen of a backend, and what it makes of it.
//!
//! A failure is a connection that doesn't stand, a wait that was in vain, or an answer that breaks off. A response is an
//! answer whatever its status: else whoever makes a department answer 500 could close it for everybody. Nor does an
//! answer that breaks off or stops count before the request has gone: the client may have sent too slowly or too much.
//!
//! After so many failures in a row, or such a share of them, the *circuit* opens: calls are refused at once. After a
//! while one call is let through on trial; its outcome closes the circuit or opens it for twice as long. Besides,
//! *probes* ask a backend that has registered a health path; what they find only matters where an entry has several
//! equal offerings, of which one that is doubted is passed over.

mod attempt;
mod probe;
mod report;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use metrics::{counter, gauge};
use tokio::time::Instant;

pub(crate) use self::attempt::Attempt;
pub(crate) use self::probe::keep_probing;
pub use self::report::{BackendState, Failure, OfferingHealth};
pub use self::settings::HealthSettings;

/// What is known of a backend.
#[derive(Debug)]
pub(crate) struct Health {
    /// A [`Circuit`], read by every call.
    circuit: AtomicU8,
    /// Failures since the last success.
    in_a_row: AtomicU32,
    /// Calls that ended since the window began.
    calls: AtomicU32,
    /// Probes that failed since the last that succeeded.
    failed_probes: AtomicU32,
    details: Mutex<Details>,
}

#[derive(Debug, Default)]
struct Details {
    /// When the circuit, or the doubt of the probes, last changed.
    since: Option<Timestamp>,
    /// When a trial is due.
    until: Option<Instant>,
    /// How often the circuit opened without closing in between.
    openings: u32,
    window_began: Option<Instant>,
    failures_in_window: u32,
    last_failure: Option<Failure>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Circuit {
    Closed,
    Open,
    Trial,
}

impl Circuit {
    const fn read(value: u8) -> Self {
        match value {
            0 => Self::Closed,
            1 => Self::Open,
            _ => Self::Trial,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::Trial => "trial",
        }
    }
}

/// How a call was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// As any call.
    Plain,
    /// To find out whether the backend is well again.
    Trial,
}

impl Health {
    pub(crate) fn new() -> Self {
        Self {
            circuit: AtomicU8::new(Circuit::Closed as u8),
            in_a_row: AtomicU32::new(0),
            calls: AtomicU32::new(0),
            failed_probes: AtomicU32::new(0),
            details: Mutex::default(),
        }
    }

    fn circuit(&self) -> Circuit {
        Circuit::read(self.circuit.load(Ordering::Relaxed))
    }

    /// Whether a call would be let through, and the probes find nothing wrong.
    pub(crate) fn is_undoubted(&self, settings: &HealthSettings) -> bool {
        self.failed_probes.load(Ordering::Relaxed) < settings.probe_failures
            && match self.circuit() {
                Circuit::Closed => true,
                Circuit::Open => self.remaining(&self.lock()).is_zero(),
                Circuit::Trial => false,
            }
    }

    /// Whether every call is let through.
    pub(crate) fn is_closed(&self) -> bool {
        self.circuit() == Circuit::Closed
    }

    /// How long it is until a trial is due.
    pub(crate) fn due_in(&self) -> Duration {
        self.remaining(&self.lock())
    }

    fn remaining(&self, details: &Details) -> Duration {
        details.until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }

    /// Lets a call through, or says how long it is no use to come again.
    pub(crate) fn admit(&self) -> Result<Admission, Duration> {
        if self.circuit() == Circuit::Closed {
            return Ok(Admission::Plain);
        }
        let mut details = self.lock();
        // Others may have been faster.
        match self.circuit() {
            Circuit::Closed => Ok(Admission::Plain),
            Circuit::Open => {
                let remaining = self.remaining(&details);
                if remaining.is_zero() {
                    self.change(&mut details, Circuit::Trial);
                    Ok(Admission::Trial)
                } else {
                    Err(remaining)
                }
            }
            Circuit::Trial => Err(Duration::ZERO),
        }
    }

    /// The head of a response came.
    pub(crate) fn responded(&self, admission: Admission) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if self.in_a_row.load(Ordering::Relaxed) != 0 {
            self.in_a_row.store(0, Ordering::Relaxed);
        }
        // A call from before the circuit opened tells nothing of how the backend is now.
        if admission == Admission::Trial {
            let mut details = self.lock();
            details.openings = 0;
            details.window_began = None;
            self.change(&mut details, Circuit::Closed);
        }
    }

    /// The backend failed a call: no response came.
    pub(crate) fn failed(&self, admission: Admission, reason: &'static str, settings: &HealthSettings) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.fails(admission, reason, settings);
    }

    /// The backend failed a call that it had responded to: the response broke off.
    pub(crate) fn broke_off(&self, reason: &'static str, settings: &HealthSettings) {
        self.fails(Admission::Plain, reason, settings);
    }

    fn fails(&self, admission: Admission, reason: &'static str, settings: &HealthSettings) {
        let mut details = self.lock();
        let in_a_row = self.in_a_row.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        details.last_failure = Some(Failure { at: Timestamp::now(), reason });
        let share = self.failed_share(&mut details, settings);
        let trips = match (admission, self.circuit()) {
            (Admission::Trial, _) => true,
            (Admission::Plain, Circuit::Closed) => in_a_row >= settings.failures_in_a_row || share,
            (Admission::Plain, Circuit::Open | Circuit::Trial) => false,
        };
        if trips {
            let wait =
                settings.open_for.saturating_mul(1 << details.openings.min(16)).min(settings.max_open_for);
            details.openings = details.openings.saturating_add(1);
            details.until = Instant::now().checked_add(wait);
            details.window_began = None;
            self.change(&mut details, Circuit::Open);
        }
    }

    /// Counts a failure in the window, which begins with one; whether too large a share of its calls has failed.
    fn failed_share(&self, details: &mut Details, settings: &HealthSettings) -> bool {
        let now = Instant::now();
        let goes_on = details.window_began.is_some_and(|began| now.duration_since(began) < settings.window);
        if !goes_on {
            details.window_began = Some(now);
            details.failures_in_window = 0;
            // This one.
            self.calls.store(1, Ordering::Relaxed);
        }
        details.failures_in_window = details.failures_in_window.saturating_add(1);
        let calls = self.calls.load(Ordering::Relaxed);
        calls >= settings.min_calls
            && u64::from(details.failures_in_window) * 100
                >= u64::from(calls) * u64::from(settings.failure_percent)
    }

    /// A trial ended without an outcome: the next call is another.
    fn abandoned(&self, admission: Admission) {
        if admission == Admission::Trial {
            let mut details = self.lock();
            if self.circuit() == Circuit::Trial {
                self.change(&mut details, Circuit::Open);
            }
        }
    }

    /// What a probe found.
    pub(crate) fn probed(&self, is_well: bool, settings: &HealthSettings) {
        let before = self.failed_probes.load(Ordering::Relaxed);
        let now = if is_well { 0 } else { before.saturating_add(1) };
        if before == now {
            return;
        }
        self.failed_probes.store(now, Ordering::Relaxed);
        let mut details = self.lock();
        if !is_well {
            details.last_failure = Some(Failure { at: Timestamp::now(), reason: "probe-failed" });
        }
        if (before >= settings.probe_failures) != (now >= settings.probe_failures) {
            details.since = Some(Timestamp::now());
        }
    }

    pub(crate) fn seen(&self, in_flight: usize, settings: &HealthSettings) -> OfferingHealth {
        let details = self.lock();
        let state = match self.circuit() {
            Circuit::Open => BackendState::Open,
            Circuit::Trial => BackendState::Trial,
            Circuit::Closed if self.failed_probes.load(Ordering::Relaxed) >= settings.probe_failures => {
                BackendState::Doubted
            }
            Circuit::Closed => BackendState::Healthy,
        };
        OfferingHealth {
            state,
            since: details.since,
            in_flight,
            failures_in_a_row: self.in_a_row.load(Ordering::Relaxed),
            last_failure: details.last_failure,
        }
    }

    fn change(&self, details: &mut Details, to: Circuit) {
        let from = Circuit::read(self.circuit.swap(to as u8, Ordering::Relaxed));
        if from == to {
            return;
        }
        counter!("yimen_circuit_changes_total", "to" => to.as_str()).increment(1);
        match (from, to) {
            (Circuit::Closed, Circuit::Open | Circuit::Trial) => gauge!("yimen_circuits_open").increment(1),
            (Circuit::Open | Circuit::Trial, Circuit::Closed) => gauge!("yimen_circuits_open").decrement(1),
            (Circuit::Closed | Circuit::Open | Circuit::Trial, _) => {}
        }
        // A trial is part of being open.
        if from == Circuit::Closed || to == Circuit::Closed {
            details.since = Some(Timestamp::now());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Details> {
        // Nothing that panics runs under the lock.
        self.details.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Health {
    fn drop(&mut self) {
        if self.circuit() != Circuit::Closed {
            gauge!("yimen_circuits_open").decrement(1);
        }
    }
}
