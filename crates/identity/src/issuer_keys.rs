//! The keys of one issuer as they stand now: fetched once at a time, kept when the provider is down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tracing::{debug, info, warn};

use crate::key_document::{KeyDocument, KeyDocumentError};
use crate::key_set::KeySet;
use crate::{Clock, RefreshConfig};

/// The current keys of one issuer.
#[derive(Debug)]
pub(crate) struct IssuerKeys {
    issuer: String,
    document: KeyDocument,
    clock: Clock,
    stale_for: SignedDuration,
    unknown_key_interval: Duration,
    current: ArcSwapOption<Fetched>,
    last_fetch_failed: AtomicBool,
    /// Shared by all issuers of a verifier; goes up after a changed set has been put in place.
    generation: Arc<AtomicU64>,
    /// Held while a fetch runs, so that there is one at a time.
    flight: Arc<Mutex<Flight>>,
}

#[derive(Debug)]
struct Fetched {
    keys: KeySet,
    at: Timestamp,
}

/// What the fetches of one issuer must remember of each other.
#[derive(Debug, Default)]
struct Flight {
    /// When an unknown key last caused a fetch.
    for_unknown_key: Option<Instant>,
}

impl IssuerKeys {
    pub(crate) fn new(
        issuer: String,
        document: KeyDocument,
        refresh: &RefreshConfig,
        clock: Clock,
        generation: Arc<AtomicU64>,
    ) -> Self {
        Self {
            issuer,
            document,
            clock,
            stale_for: SignedDuration::try_from(refresh.stale_for).unwrap_or(SignedDuration::MAX),
            unknown_key_interval: refresh.unknown_key_interval,
            current: ArcSwapOption::empty(),
            last_fetch_failed: AtomicBool::new(false),
            generation,
            flight: Arc::default(),
        }
    }

    pub(crate) fn must_exist_at_start(&self) -> bool {
        self.document.is_file()
    }

    pub(crate) fn are_loaded(&self) -> bool {
        self.current.load().is_some()
    }

    /// Whether there are keys that aren't too old.
    pub(crate) fn are_usable(&self, now: Timestamp) -> bool {
        self.with(now, |_| ()).is_some()
    }

    /// Whether the provider didn't answer when it was last asked, so that a missing key proves nothing.
    pub(crate) fn last_fetch_failed(&self) -> bool {
        self.last_fetch_failed.load(Ordering::Relaxed)
    }

    /// Looks into the keys, unless there are none or they are older than the configuration allows.
    pub(crate) fn with<T>(&self, now: Timestamp, look: impl FnOnce(&KeySet) -> T) -> Option<T> {
        let fetched = self.current.load();
        let fetched = fetched.as_ref()?;
        (now.duration_since(fetched.at) <= self.stale_for).then(|| look(&fetched.keys))
    }

    /// Fetches the keys, waiting for a fetch that already runs.
    pub(crate) async fn refresh(&self) -> Result<(), KeyDocumentError> {
        let _flight = self.flight.lock().await;
        self.fetch().await
    }

    /// Fetches the keys because a token names one that isn't among them: at most once per configured interval,
    /// however many ask; everybody who asks meanwhile waits for that one fetch.
    pub(crate) async fn refresh_for_unknown_key(self: &Arc<Self>) {
        let mut flight: OwnedMutexGuard<Flight> = Arc::clone(&self.flight).lock_owned().await;
        if flight.for_unknown_key.is_some_and(|last| last.elapsed() < self.unknown_key_interval) {
            return;
        }
        flight.for_unknown_key = Some(Instant::now());
        let keys = Arc::clone(self);
        // A task of its own: a caller that hangs up must not abort the one fetch that everybody waits for.
        let fetch = tokio::spawn(async move {
            // The outcome is logged and counted where it happens; callers look at the keys again.
            let _ = keys.fetch().await;
            drop(flight);
        });
        if let Err(error) = fetch.await {
            warn!(issuer = self.issuer, %error, "fetching keys was cut short");
        }
    }

    async fn fetch(&self) -> Result<(), KeyDocumentError> {
        let outcome = match self.document.fetch().await {
            Ok(keys) => {
                self.last_fetch_failed.store(false, Ordering::Relaxed);
                Ok(self.put_in_place(keys))
            }
            Err(error) => {
                self.last_fetch_failed.store(true, Ordering::Relaxed);
                warn!(
                    issuer = self.issuer,
                    error = &error as &dyn std::error::Error,
                    "keys can't be refreshed"
                );
                Err(error)
            }
        };
        let label = match &outcome {
            Ok(true) => "changed",
            Ok(false) => "unchanged",
            Err(_) => "failed",
        };
        metrics::counter!("yimen_identity_key_refreshes_total", "outcome" => label).increment(1);
        outcome.map(|_| ())
    }

    /// Makes the keys current and says whether they differ from those before.
    fn put_in_place(&self, keys: KeySet) -> bool {
        let changed = !self.current.load().as_ref().is_some_and(|before| before.keys.is_same_as(&keys));
        let count = keys.len();
        self.current.store(Some(Arc::new(Fetched { keys, at: self.clock.now() })));
        if count == 0 {
            warn!(
                issuer = self.issuer,
                "the key set has no usable key: every token of the issuer is refused"
            );
        }
        if changed {
            // After the keys: a verdict that was reached with the old ones is then never filed under the new
            // generation.
            self.generation.fetch_add(1, Ordering::Release);
            info!(issuer = self.issuer, keys = count, "keys changed");
        } else {
            debug!(issuer = self.issuer, keys = count, "keys unchanged");
        }
        changed
    }
}
