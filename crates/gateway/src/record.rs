//! What is kept of a call: one line in the access log and one count, however it ends.
//!
//! Neither holds a token, a query, a header or anything else about the caller. The method is one of those that HTTP
//! registers, and the labels of the metrics come from bounded sets.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use domain::{EntryId, ItemId};
use http::{HeaderMap, Method, StatusCode};

use crate::ledger::Ledger;
use crate::outcome::{Fault, Outcome};
use crate::rate_limit::Quota;
use crate::trace_context::TraceContext;
use crate::{CallSpan, Offering, Tally};

/// The log target of the access log.
pub const ACCESS_LOG: &str = "access";

/// One call, filled in as it proceeds.
#[derive(Debug)]
pub(crate) struct CallRecord {
    ledger: Arc<Ledger>,
    begun: Instant,
    method: &'static str,
    trace: TraceContext,
    entry: OnceLock<EntryId>,
    taken: OnceLock<(ItemId, Tally)>,
    head: OnceLock<(StatusCode, Duration)>,
    outcome: OnceLock<Outcome>,
    quota: OnceLock<Quota>,
}

impl CallRecord {
    pub(crate) fn begin(ledger: Arc<Ledger>, method: &Method, headers: &HeaderMap) -> Self {
        let trace = TraceContext::of(headers);
        let trace = ledger.traces().map_or(trace, |traces| trace.sampled_by(traces));
        Self {
            ledger,
            begun: Instant::now(),
            method: registered_name(method),
            trace,
            entry: OnceLock::new(),
            taken: OnceLock::new(),
            head: OnceLock::new(),
            outcome: OnceLock::new(),
            quota: OnceLock::new(),
        }
    }

    pub(crate) const fn trace(&self) -> &TraceContext {
        &self.trace
    }

    /// The entry that the call is for, aliases followed.
    pub(crate) fn is_for(&self, entry: EntryId) {
        self.entry.get_or_init(|| entry);
    }

    /// The entry that the call is for, once it is known.
    pub(crate) fn entry(&self) -> Option<EntryId> {
        self.entry.get().copied()
    }

    /// The offering that takes the call.
    pub(crate) fn is_taken_by(&self, offering: &Offering) {
        if let Some(entry) = self.entry.get() {
            self.ledger.takes(*entry, offering);
            self.taken.get_or_init(|| (offering.item, offering.tally.clone()));
        }
    }

    /// The head of the response is on its way.
    pub(crate) fn answers(&self, status: StatusCode) {
        self.head.get_or_init(|| (status, self.begun.elapsed()));
    }

    /// What the caller may still do after it.
    pub(crate) fn leaves(&self, quota: Quota) {
        self.quota.get_or_init(|| quota);
    }

    /// What the caller may still do, if limits apply.
    pub(crate) fn quota(&self) -> Option<&Quota> {
        self.quota.get()
    }

    /// How the call ended. The first word stands: what follows is its consequence.
    pub(crate) fn ends(&self, outcome: Outcome) {
        self.outcome.get_or_init(|| outcome);
    }

    /// The response was delivered to its end.
    pub(crate) fn is_delivered(&self) {
        if let Some((status, _)) = self.head.get() {
            self.ends(Outcome::answered(*status));
        }
    }

    fn publish(&self) {
        let outcome @ Outcome { code, fault } = *self.outcome.get_or_init(|| Outcome::CLIENT_GONE);
        let duration = self.begun.elapsed();
        let to_head = self.head.get().map_or(duration, |(_, to_head)| *to_head);
        self.ledger.ends(self.taken.get().map(|(_, tally)| tally), outcome, to_head);
        if let Some(traces) = self.ledger.traces().filter(|_| self.trace.is_sampled()) {
            traces.tell(self.span(outcome, duration));
        }
        tracing::info!(
            target: ACCESS_LOG,
            method = self.method,
            entry = self.entry.get().map(display),
            offering = self.taken.get().map(|(item, _)| display(item)),
            status = self.head.get().map(|(status, _)| status.as_u16()),
            outcome = code,
            fault = fault.map(Fault::as_str),
            head_ms = milliseconds(to_head),
            duration_ms = milliseconds(duration),
            trace_id = %self.trace,
        );
    }

    fn span(&self, outcome: Outcome, took: Duration) -> CallSpan {
        let (trace, span, parent) = self.trace.ids();
        let now = SystemTime::now();
        CallSpan {
            trace,
            span,
            parent,
            begun: now.checked_sub(took).unwrap_or(now),
            took,
            method: self.method,
            entry: self.entry.get().copied(),
            item: self.taken.get().map(|(item, _)| *item),
            status: self.head.get().map(|(status, _)| status.as_u16()),
            outcome: outcome.code,
            fault: outcome.fault.map(Fault::as_str),
        }
    }
}

/// Publishes the record when the call is over, which is when this is dropped.
#[derive(Debug)]
pub(crate) struct Publish(pub(crate) Arc<CallRecord>);

impl Drop for Publish {
    fn drop(&mut self) {
        self.0.publish();
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The method's name, or `other` for one that the client made up: it could hold anything.
fn registered_name(method: &Method) -> &'static str {
    const REGISTERED: [Method; 9] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    const NAMES: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    REGISTERED.iter().zip(NAMES).find(|(known, _)| *known == method).map_or("other", |(_, name)| name)
}

/// Describes the metrics to the recorder that is installed.
pub(crate) fn describe_metrics() {
    metrics::describe_counter!(
        "yimen_backend_connections_total",
        "Attempts to connect to a backend, by result"
    );
    metrics::describe_counter!(
        "yimen_circuit_changes_total",
        "Changes of backends' circuits, by what they became"
    );
    metrics::describe_gauge!(
        "yimen_circuits_open",
        "Backends that get no calls because too many have failed"
    );
    metrics::describe_counter!("yimen_probes_total", "Probes of backends, by what they found");
    metrics::describe_counter!("yimen_backend_retries_total", "Calls that were sent to a backend again");
    metrics::describe_counter!(
        "yimen_backend_addresses_refused_total",
        "Addresses of backends that were not connected to, by the reason"
    );
}
