//! Tokens that say nothing themselves: whoever gave them out is asked, and the answer is remembered briefly.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tracing::{debug, info, warn};

use crate::asking::AskingBounds;
use crate::claims::TokenRules;
use crate::introspection::Introspection;
use crate::provider_circuit::{Change, ProviderCircuit};
use crate::provider_client::ProviderError;
use crate::revocations::Marks;
use crate::ticket::{NoSession, Portal};
use crate::{Clock, CredentialError, Principal, Revocations, SignError};

/// The largest answer that is read, in bytes.
pub(crate) const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// What a remembered answer takes besides its claims, in bytes: an estimate for the cache's bound.
const ENTRY_OVERHEAD_BYTES: u32 = 256;

/// Under which a token is remembered: its SHA-256.
pub(crate) type TokenHash = [u8; 32];

/// The provider that is asked about tokens, and what it has said lately.
///
/// The configuration can't change while this lives, so that an answer depends on the token alone. Those who ask about the
/// same token at once share one question. A provider that hangs holds up few callers, and those not for long: so many may
/// wait at once, each until its question's time is up, and after some failures in a row nobody is asked for a while.
pub(crate) struct OpaqueTokens {
    source: Source,
    timeout: Duration,
    /// For questions that are being asked.
    places: Semaphore,
    /// For callers who wait for an answer, also to somebody else's question.
    waiting: Semaphore,
    circuit: ProviderCircuit,
    clock: Clock,
    answers: Cache<TokenHash, Remembered>,
    accepted_for: SignedDuration,
    refused_for: SignedDuration,
}

/// Who is asked: one provider at most, for nobody else is to see such a token.
pub(crate) enum Source {
    /// By RFC 7662.
    Introspection(Box<Introspection>),
    /// By the exchange of government portals.
    Portal(Arc<Portal>),
}

/// What is known of a token, and whether the provider was asked for it just now.
pub(crate) struct Answer {
    pub(crate) known: Result<Arc<Known>, CredentialError>,
    pub(crate) is_fresh: bool,
}

/// Who shows a good token, and under which marks it may be revoked.
pub(crate) struct Known {
    pub(crate) principal: Arc<Principal>,
    pub(crate) marks: Option<Marks>,
}

#[derive(Clone)]
struct Remembered {
    known: Result<Arc<Known>, CredentialError>,
    until: Timestamp,
    weight: u32,
}

/// The claims of an active token, none for any other, and the answer's size in bytes.
pub(crate) type Told = (Option<Map<String, Value>>, usize);

/// Why the provider told us nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("too many questions at once")]
    NoPlace,
    #[error("it is left alone for a while")]
    LeftAlone,
    #[error("no answer in time")]
    Overdue,
    #[error("our own question can't be signed")]
    Login(#[from] SignError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error("the answer is not of the agreed form")]
    NoAnswer,
    #[error("a ticket can't be exchanged")]
    Exchange(#[source] Arc<NoSession>),
}

impl OpaqueTokens {
    /// Tokens of this provider, which may be down.
    pub(crate) fn new(source: Source, bounds: &AskingBounds, clock: Clock) -> Self {
        let signed = |time: Duration| SignedDuration::try_from(time).unwrap_or(SignedDuration::ZERO);
        Self {
            source,
            timeout: bounds.timeout,
            places: Semaphore::new(bounds.max_at_once.min(Semaphore::MAX_PERMITS)),
            waiting: Semaphore::new(bounds.max_waiting.min(Semaphore::MAX_PERMITS)),
            circuit: ProviderCircuit::new(bounds.opens_after, bounds.open_for),
            clock,
            answers: Cache::builder()
                .max_capacity(bounds.capacity_bytes)
                .weigher(|_, remembered: &Remembered| remembered.weight)
                .time_to_live(bounds.accepted_for.max(bounds.refused_for))
                .build(),
            accepted_for: signed(bounds.accepted_for),
            refused_for: signed(bounds.refused_for),
        }
    }

    /// What the provider says of this token, or has said lately.
    pub(crate) async fn verdict(&self, token: &str, revocations: Option<&Revocations>) -> Answer {
        let mut key: TokenHash = [0; 32];
        key.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        let now = self.clock.now();
        match self.answers.get(&key).await {
            Some(remembered) if now < remembered.until => {
                return Answer { is_fresh: false, known: remembered.known };
            }
            Some(_) => self.answers.invalidate(&key).await,
            None => {}
        }
        let Ok(_place) = self.waiting.try_acquire() else {
            self.count("turned-away");
            return Answer { is_fresh: true, known: Err(CredentialError::IntrospectionUnavailable) };
        };
        // An outage is an error here, and so nothing that is remembered.
        let asked = self.answers.entry(key).or_try_insert_with(self.ask(token, key, now, revocations)).await;
        match asked {
            Ok(entry) => Answer { is_fresh: entry.is_fresh(), known: entry.into_value().known },
            Err(error) => Answer { is_fresh: true, known: Err(*error) },
        }
    }

    async fn ask(
        &self,
        token: &str,
        key: TokenHash,
        now: Timestamp,
        revocations: Option<&Revocations>,
    ) -> Result<Remembered, CredentialError> {
        let (claims, bytes) = self.question(token, key, now).await.map_err(|reason| {
            self.count(if matches!(reason, Unanswered::LeftAlone) { "turned-away" } else { "unavailable" });
            CredentialError::IntrospectionUnavailable
        })?;
        let known = self.source.judge(claims, now).and_then(|principal| {
            let marks = revocations.map(|list| list.marks(&principal)).transpose()?;
            Ok(Arc::new(Known { principal: Arc::new(principal), marks }))
        });
        let (outcome, life, end) = match &known {
            Ok(known) => ("active", self.accepted_for, known.principal.expires),
            Err(_) => ("refused", self.refused_for, Timestamp::MAX),
        };
        self.count(outcome);
        let until = now.saturating_add(life).unwrap_or(now).min(end);
        let weight = u32::try_from(bytes).unwrap_or(u32::MAX).saturating_add(ENTRY_OVERHEAD_BYTES);
        Ok(Remembered { known, until, weight })
    }

    /// Asks the provider, unless it is left alone, and notes how that went.
    async fn question(&self, token: &str, key: TokenHash, now: Timestamp) -> Result<Told, Unanswered> {
        let leave = self.circuit.leave(Instant::now()).ok_or(Unanswered::LeftAlone)?;
        let deadline = tokio::time::Instant::now() + self.timeout;
        // The wait for a place says nothing of the provider: those who have the places do.
        let place = tokio::time::timeout_at(deadline, self.places.acquire()).await;
        let place = place.map_err(|_| Unanswered::NoPlace)?.map_err(|_| Unanswered::NoPlace)?;
        let told = tokio::time::timeout_at(deadline, self.source.exchange(token, key, now)).await;
        drop(place);
        let told = told.unwrap_or(Err(Unanswered::Overdue));
        let change = match &told {
            Ok(_) => leave.answered(),
            Err(_) => leave.failed(Instant::now()),
        };
        let issuer = self.source.rules().issuer();
        let reason = told.as_ref().err().map(|reason| reason as &dyn std::error::Error);
        match change {
            Change::None => debug!(issuer, error = reason, "asked about a token"),
            Change::Opened => warn!(issuer, error = reason, "the provider can't be asked about tokens"),
            Change::Closed => info!(issuer, "the provider answers about tokens again"),
        }
        told
    }

    fn count(&self, outcome: &'static str) {
        metrics::counter!("yimen_identity_introspections_total", "outcome" => outcome).increment(1);
    }
}

impl Source {
    /// One question and its answer.
    async fn exchange(&self, token: &str, key: TokenHash, now: Timestamp) -> Result<Told, Unanswered> {
        match self {
            Self::Introspection(provider) => provider.exchange(token, now).await,
            Self::Portal(portal) => portal.exchange(token, key, now).await,
        }
    }

    /// Holds what the provider says to the rules that a signed token is held to.
    fn judge(
        &self,
        claims: Option<Map<String, Value>>,
        now: Timestamp,
    ) -> Result<Principal, CredentialError> {
        let claims = claims.ok_or(CredentialError::Inactive)?;
        match self {
            Self::Introspection(provider) => provider.judge(claims, now),
            Self::Portal(portal) => portal.judge(claims, now),
        }
    }

    fn rules(&self) -> &TokenRules {
        match self {
            Self::Introspection(provider) => provider.rules(),
            Self::Portal(portal) => portal.rules(),
        }
    }
}

/// Shows no token, and of whoever is asked no more than it shows itself.
impl fmt::Debug for OpaqueTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source: &dyn fmt::Debug = match &self.source {
            Source::Introspection(provider) => provider.as_ref(),
            Source::Portal(portal) => portal.as_ref(),
        };
        f.debug_struct("OpaqueTokens")
            .field("source", source)
            .field("answers", &self.answers.entry_count())
            .finish_non_exhaustive()
    }
}
