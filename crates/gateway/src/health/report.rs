//! What operators see of a backend.

use jiff::Timestamp;

/// The last time that a backend failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// How: the code of a problem, without its namespace, or `probe-failed`.
    pub reason: &'static str,
}

/// Whether a backend gets calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendState {
    /// It does.
    Healthy,
    /// Its probes fail: it does where nobody else would.
    Doubted,
    /// It doesn't: too many calls have failed.
    Open,
    /// One call finds out whether it does again.
    Trial,
}

/// A backend as operators see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferingHealth {
    /// Whether it gets calls.
    pub state: BackendState,
    /// Since when; none where nothing has ever changed.
    pub since: Option<Timestamp>,
    /// Calls that it is answering now.
    pub in_flight: usize,
    /// Calls that failed since the last that didn't.
    pub failures_in_a_row: u32,
    /// The last failure.
    pub last_failure: Option<Failure>,
}
