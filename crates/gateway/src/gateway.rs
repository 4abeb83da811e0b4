//! The handle that holds what every call needs.

use std::num::NonZeroUsize;
use std::sync::Arc;

use axum::response::Response;
use domain::{EntryId, ItemId};
use identity::{AssertionSigner, Clock, Verifier};
use tokio::sync::Semaphore;

use crate::backend::{Backends, TlsError};
use crate::health::keep_probing;
use crate::ledger::Ledger;
use crate::minted::MintedAssertions;
use crate::rate_limit::RateLimits;
use crate::record::CallRecord;
use crate::refusal::Refusal;
use crate::{CountedCalls, OfferingHealth, Route, Routes, Settings, SettingsError, Traces, problem, record};

/// The data plane. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    settings: Settings,
    routes: Routes,
    verifier: Arc<Verifier>,
    signer: Arc<AssertionSigner>,
    clock: Clock,
    backends: Backends,
    places: Arc<Semaphore>,
    rate_limits: RateLimits,
    ledger: Arc<Ledger>,
    minted: MintedAssertions,
}

/// Why the gateway can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The settings are wrong in themselves.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// What is needed to call `https` backends can't be had.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Gateway {
    /// A gateway that reads its routes from `routes`, checks callers with `verifier` and vouches for them with
    /// `signer`. Install the metrics recorder before.
    ///
    /// # Errors
    /// When the settings are wrong or TLS can't be set up.
    pub fn new(
        settings: Settings,
        routes: Routes,
        verifier: Arc<Verifier>,
        signer: Arc<AssertionSigner>,
        clock: Clock,
    ) -> Result<Self, SetupError> {
        Self::for_workers(NonZeroUsize::MIN, settings, routes, verifier, signer, clock)
    }

    /// The same, for so many threads that say which one they are (see [`crate::work_as`]); each keeps connections to
    /// backends for itself.
    ///
    /// # Errors
    /// As [`Gateway::new`].
    pub fn for_workers(
        workers: NonZeroUsize,
        settings: Settings,
        routes: Routes,
        verifier: Arc<Verifier>,
        signer: Arc<AssertionSigner>,
        clock: Clock,
    ) -> Result<Self, SetupError> {
        settings.check()?;
        record::describe_metrics();
        let backends = Backends::new(settings.backends.clone(), settings.pool, workers)?;
        let places = Arc::new(Semaphore::new(settings.max_concurrent_calls.min(Semaphore::MAX_PERMITS)));
        let rate_limits = RateLimits::new(&settings.rate_limits);
        let ledger = Arc::new(Ledger::new(settings.labelled_offerings));
        let minted = MintedAssertions::new(settings.reuse_assertions_for);
        Ok(Self(Arc::new(Parts {
            settings,
            routes,
            verifier,
            signer,
            clock,
            backends,
            places,
            rate_limits,
            ledger,
            minted,
        })))
    }

    /// What has been seen of the backend of an entry's offering; none where it has no backend, or there is no such
    /// offering.
    pub fn health(&self, entry: EntryId, item: ItemId) -> Option<OfferingHealth> {
        let (_, route) = self.0.routes.resolve(entry)?;
        let Route::Live { offerings } = route.as_ref() else { return None };
        let offering = offerings.iter().find(|offering| offering.item == item)?;
        let upstream = offering.upstream.as_ref()?;
        Some(upstream.health().seen(upstream.in_flight(), &self.0.settings.health))
    }

    /// Traces calls from now on; the first word stands.
    pub fn trace(&self, traces: Traces) {
        self.0.ledger.trace(traces);
    }

    /// How many calls each offering took since this was asked last; none that took none. Every call is told of once:
    /// whoever asks sees to it that it is written down.
    pub fn take_counts(&self) -> Vec<CountedCalls> {
        self.0.ledger.take_counts()
    }

    /// The metrics of calls in Prometheus's text format: by entry and offering, outcome, and whose fault it was.
    pub fn metrics(&self) -> String {
        let mut text = String::new();
        // Writing to a String can't fail.
        let _ = self.0.ledger.write(&mut text);
        let most = self.0.settings.max_concurrent_calls.min(Semaphore::MAX_PERMITS);
        let in_flight = most.saturating_sub(self.0.places.available_permits());
        text.push_str(
            "# HELP yimen_calls_in_flight Calls whose response has not been delivered to its end\n",
        );
        text.push_str("# TYPE yimen_calls_in_flight gauge\n");
        text.push_str(&format!("yimen_calls_in_flight {in_flight}\n"));
        text
    }

    /// Probes the backends that have registered a health path, for ever; at once ends where probes are off.
    pub async fn keep_probing(self) {
        keep_probing(&self).await;
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn routes(&self) -> &Routes {
        &self.0.routes
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    pub(crate) fn signer(&self) -> &AssertionSigner {
        &self.0.signer
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn backends(&self) -> &Backends {
        &self.0.backends
    }

    pub(crate) fn places(&self) -> &Arc<Semaphore> {
        &self.0.places
    }

    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.0.ledger
    }

    pub(crate) fn rate_limits(&self) -> &RateLimits {
        &self.0.rate_limits
    }

    pub(crate) fn minted(&self) -> &MintedAssertions {
        &self.0.minted
    }

    /// Answers a call with the problem that a refusal stands for, and notes how the call ended.
    pub(crate) fn refuse(&self, refusal: &Refusal, record: &CallRecord) -> Response {
        record.ends(refusal.outcome());
        problem::response(refusal, record.trace(), self.settings())
    }
}
