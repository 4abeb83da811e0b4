//! Opaque tokens: the provider is asked what they are (RFC 7662), and its answer is remembered briefly.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use reqwest::Client;
use reqwest::header::ACCEPT;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tracing::{debug, info, warn};
use url::Url;

use crate::claims::TokenRules;
use crate::client_login::ClientLogin;
use crate::provider_circuit::{Change, ProviderCircuit};
use crate::provider_client::{self, ProviderError};
use crate::revocations::Marks;
use crate::verifier::SetupError;
use crate::{Clock, CredentialError, IntrospectionConfig, Principal, Revocations, SignError};

/// The largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// What a remembered answer takes besides its claims, in bytes: an estimate for the cache's bound.
const ENTRY_OVERHEAD_BYTES: u32 = 256;
/// The type of access tokens that prove themselves (RFC 6749, section 7.1); in any case.
const BEARER: &str = "Bearer";
/// The type of those that need a proof by whoever sends them (RFC 9449, section 6.2).
const DPOP: &str = "DPoP";

/// The provider, and what it has said lately.
///
/// The configuration can't change while this lives, so that an answer depends on the token alone. Those who ask about the
/// same token at once share one question. A provider that hangs holds up few callers, and those not for long: so many may
/// wait at once, each until its question's time is up, and after some failures in a row nobody is asked for a while.
pub(crate) struct Introspection {
    rules: TokenRules,
    endpoint: Url,
    client: Client,
    login: ClientLogin,
    timeout: Duration,
    /// For questions that are being asked.
    places: Semaphore,
    /// For callers who wait for an answer, also to somebody else's question.
    waiting: Semaphore,
    circuit: ProviderCircuit,
    clock: Clock,
    answers: Cache<[u8; 32], Remembered>,
    accepted_for: SignedDuration,
    refused_for: SignedDuration,
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
type Told = (Option<Map<String, Value>>, usize);

/// Why the provider told us nothing.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("too many questions at once")]
    NoPlace,
    #[error("it is left alone for a while")]
    LeftAlone,
    #[error("no answer in time")]
    Overdue,
    #[error("our own assertion can't be made")]
    Login(#[from] SignError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error("the answer is not one of RFC 7662")]
    NoAnswer,
}

impl Introspection {
    /// Reads the client's credential; the provider may be down.
    ///
    /// # Errors
    /// When the credential can't be used, or the HTTPS client can't be set up.
    pub(crate) fn new(config: &IntrospectionConfig, clock: Clock) -> Result<Self, SetupError> {
        let signed = |time: Duration| SignedDuration::try_from(time).unwrap_or(SignedDuration::ZERO);
        Ok(Self {
            rules: TokenRules::of_answers(config),
            endpoint: config.endpoint.clone(),
            client: provider_client::client(&config.endpoint, config.timeout).map_err(SetupError::Client)?,
            login: ClientLogin::load(&config.client_id, &config.issuer, &config.client_auth)
                .map_err(SetupError::ClientAuth)?,
            timeout: config.timeout,
            places: Semaphore::new(config.max_at_once.min(Semaphore::MAX_PERMITS)),
            waiting: Semaphore::new(config.max_waiting.min(Semaphore::MAX_PERMITS)),
            circuit: ProviderCircuit::new(config.opens_after, config.open_for),
            clock,
            answers: Cache::builder()
                .max_capacity(config.capacity_bytes)
                .weigher(|_, remembered: &Remembered| remembered.weight)
                .time_to_live(config.accepted_for.max(config.refused_for))
                .build(),
            accepted_for: signed(config.accepted_for),
            refused_for: signed(config.refused_for),
        })
    }

    /// What the provider says of this token, or has said lately.
    pub(crate) async fn verdict(&self, token: &str, revocations: Option<&Revocations>) -> Answer {
        let mut key = [0; 32];
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
        let asked = self.answers.entry(key).or_try_insert_with(self.ask(token, now, revocations)).await;
        match asked {
            Ok(entry) => Answer { is_fresh: entry.is_fresh(), known: entry.into_value().known },
            Err(error) => Answer { is_fresh: true, known: Err(*error) },
        }
    }

    async fn ask(
        &self,
        token: &str,
        now: Timestamp,
        revocations: Option<&Revocations>,
    ) -> Result<Remembered, CredentialError> {
        let (claims, bytes) = self.question(token, now).await.map_err(|reason| {
            self.count(if matches!(reason, Unanswered::LeftAlone) { "turned-away" } else { "unavailable" });
            CredentialError::IntrospectionUnavailable
        })?;
        let known = self.judge(claims, now).and_then(|principal| {
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
    async fn question(&self, token: &str, now: Timestamp) -> Result<Told, Unanswered> {
        let leave = self.circuit.leave(Instant::now()).ok_or(Unanswered::LeftAlone)?;
        let deadline = tokio::time::Instant::now() + self.timeout;
        // The wait for a place says nothing of the provider: those who have the places do.
        let place = tokio::time::timeout_at(deadline, self.places.acquire()).await;
        let place = place.map_err(|_| Unanswered::NoPlace)?.map_err(|_| Unanswered::NoPlace)?;
        let told = tokio::time::timeout_at(deadline, self.exchange(token, now)).await;
        drop(place);
        let told = told.unwrap_or(Err(Unanswered::Overdue));
        let change = match &told {
            Ok(_) => leave.answered(),
            Err(_) => leave.failed(Instant::now()),
        };
        let issuer = self.rules.issuer();
        let reason = told.as_ref().err().map(|reason| reason as &dyn std::error::Error);
        match change {
            Change::None => debug!(issuer, error = reason, "asked about a token"),
            Change::Opened => warn!(issuer, error = reason, "the provider can't be asked about tokens"),
            Change::Closed => info!(issuer, "the provider answers about tokens again"),
        }
        told
    }

    /// One question and its answer (RFC 7662, section 2.1).
    async fn exchange(&self, token: &str, now: Timestamp) -> Result<Told, Unanswered> {
        let request = self.client.post(self.endpoint.clone()).header(ACCEPT, "application/json");
        let form = [("token", token), ("token_type_hint", "access_token")];
        let request = self.login.sign(request, &form, now)?;
        let bytes = provider_client::ask(request, MAX_ANSWER_BYTES).await?;
        let mut claims: Map<String, Value> =
            serde_json::from_slice(&bytes).map_err(|_| Unanswered::NoAnswer)?;
        match claims.remove("active").as_ref().and_then(Value::as_bool) {
            Some(active) => Ok((active.then_some(claims), bytes.len())),
            None => Err(Unanswered::NoAnswer),
        }
    }

    /// Holds what the provider says to the rules that a signed token is held to.
    fn judge(
        &self,
        claims: Option<Map<String, Value>>,
        now: Timestamp,
    ) -> Result<Principal, CredentialError> {
        let mut claims = claims.ok_or(CredentialError::Inactive)?;
        // A provider may know other tokens, too: a refresh token is no access token.
        match claims.remove("token_type") {
            None => {}
            Some(Value::String(kind)) if BEARER.eq_ignore_ascii_case(&kind) => {}
            Some(Value::String(kind)) if DPOP.eq_ignore_ascii_case(&kind) => {
                return Err(CredentialError::SenderConstrained);
            }
            Some(_) => return Err(CredentialError::WrongType),
        }
        claims.entry("iss").or_insert_with(|| Value::String(self.rules.issuer().to_owned()));
        self.rules.principal(claims, now)
    }

    fn count(&self, outcome: &'static str) {
        metrics::counter!("yimen_identity_introspections_total", "outcome" => outcome).increment(1);
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection")
            .field("endpoint", &self.endpoint.as_str())
            .field("answers", &self.answers.entry_count())
            .finish_non_exhaustive()
    }
}
