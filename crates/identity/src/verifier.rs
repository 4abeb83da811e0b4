//! The one identity check: `Authorization` header fields in, a principal or a reason out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Map, Value};
use url::Url;

use crate::bearer::Scheme;
use crate::claims::TokenRules;
use crate::dpop::Proofs;
use crate::introspection::Introspection;
use crate::issuer_keys::IssuerKeys;
use crate::jws::Compact;
use crate::key_document::{KeyDocument, KeyDocumentError};
use crate::key_set::Lookup;
use crate::opaque_tokens::{OpaqueTokens, Source};
use crate::refresh::keep_fresh;
use crate::revocations::Marks;
use crate::ticket::Portal;
use crate::verdict_counters::VerdictCounters;
use crate::verdicts::{Accepted, Verdict, VerdictKey, Verdicts};
use crate::{
    Algorithm, Clock, ConfigError, CredentialError, DpopConfig, KeyFileError, Principal, RefreshConfig,
    Revocations, VerifierConfig, bearer, jws,
};

/// Turns tokens into principals. Cheap to share behind an `Arc`; a new configuration is a new verifier.
#[derive(Debug)]
pub struct Verifier {
    issuers: Vec<Issuer>,
    opaque: Option<OpaqueTokens>,
    max_token_bytes: usize,
    refresh: RefreshConfig,
    dpop: DpopConfig,
    proofs: Option<Proofs>,
    clock: Clock,
    generation: Arc<AtomicU64>,
    verdicts: Verdicts,
    revocations: Option<Revocations>,
    counters: VerdictCounters,
}

#[derive(Debug)]
struct Issuer {
    rules: TokenRules,
    keys: Arc<IssuerKeys>,
}

/// Why a verifier can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The configuration is wrong in itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key file can't be used.
    #[error("the keys of issuer {issuer} can't be used")]
    Keys {
        /// The issuer.
        issuer: String,
        /// What is wrong.
        source: KeyDocumentError,
    },
    /// What authenticates us to the provider that is asked about opaque tokens can't be used.
    #[error("introspection.client_auth can't be used")]
    ClientAuth(#[source] KeyFileError),
    /// The secret that signs questions to the portal can't be used.
    #[error("ticket.secret_file can't be used")]
    TicketSecret(#[source] KeyFileError),
    /// The HTTPS client can't be set up.
    #[error("the HTTPS client can't be set up")]
    Client(#[source] reqwest::Error),
}

impl Verifier {
    /// Sets a verifier up and fetches every issuer's keys once.
    ///
    /// A key file must be there; an address may be down, [`Verifier::keep_keys_fresh`] asks again. Install the
    /// metrics recorder before, for the counters are bound here.
    ///
    /// # Errors
    /// When the configuration is wrong, a key file can't be read, or the HTTPS client can't be set up.
    pub async fn open(config: VerifierConfig, clock: Clock) -> Result<Self, SetupError> {
        config.check()?;
        let generation = Arc::new(AtomicU64::new(0));
        let mut issuers = Vec::with_capacity(config.issuers.len());
        for issuer in &config.issuers {
            let document = KeyDocument::new(issuer, config.refresh.fetch_timeout)?;
            let (name, generation) = (issuer.issuer.clone(), Arc::clone(&generation));
            let keys = IssuerKeys::new(name, document, &config.refresh, clock.clone(), generation);
            issuers.push(Issuer { rules: TokenRules::new(issuer), keys: Arc::new(keys) });
        }
        let first = join_all(issuers.iter().map(|issuer: &Issuer| issuer.keys.refresh())).await;
        for ((outcome, issuer), configured) in first.into_iter().zip(&issuers).zip(config.issuers) {
            if let Err(source) = outcome
                && issuer.keys.must_exist_at_start()
            {
                return Err(SetupError::Keys { issuer: configured.issuer, source });
            }
        }
        let opaque = match (&config.introspection, &config.ticket) {
            (Some(config), _) => {
                let source = Source::Introspection(Box::new(Introspection::new(config)?));
                Some(OpaqueTokens::new(source, &config.bounds(), clock.clone()))
            }
            (None, Some(config)) => {
                let source = Source::Portal(Arc::new(Portal::new(config)?));
                Some(OpaqueTokens::new(source, &config.asking, clock.clone()))
            }
            (None, None) => None,
        };
        Ok(Self {
            issuers,
            opaque,
            max_token_bytes: config.max_token_bytes,
            verdicts: Verdicts::new(&config.cache),
            refresh: config.refresh,
            dpop: config.dpop,
            proofs: None,
            clock,
            generation,
            revocations: None,
            counters: VerdictCounters::register(),
        })
    }

    /// The same, refusing who is on this list.
    #[must_use]
    pub fn with_revocations(self, revocations: Revocations) -> Self {
        Self { revocations: Some(revocations), ..self }
    }

    /// The same, taking tokens that are sent with the `DPoP` scheme in requests to addresses that begin with this one, which
    /// is how clients reach us.
    #[must_use]
    pub fn reached_at(self, public_url: &Url) -> Self {
        Self { proofs: Some(Proofs::new(public_url, &self.dpop)), ..self }
    }

    /// The list of those who are refused, if there is one.
    pub fn revocations(&self) -> Option<&Revocations> {
        self.revocations.as_ref()
    }

    /// Whether a principal that was verified some time ago may still act: the token hasn't ended and neither it nor its
    /// subject is revoked.
    ///
    /// # Errors
    /// [`CredentialError::Expired`] or [`CredentialError::Revoked`]; [`CredentialError::KeysUnavailable`] where the list
    /// can't be asked.
    pub fn still_vouches_for(&self, principal: &Principal) -> Result<(), CredentialError> {
        if self.clock.now() >= principal.expires {
            return Err(CredentialError::Expired);
        }
        self.revocations.as_ref().map_or(Ok(()), |list| list.check(&list.marks(principal)?))
    }

    /// Whether the keys of every issuer have been fetched at least once.
    pub fn has_all_keys(&self) -> bool {
        self.issuers.iter().all(|issuer| issuer.keys.are_loaded())
    }

    /// Refreshes all keys in the background for as long as the future is polled; it never ends. Spawn it, and abort
    /// or drop it on shutdown.
    pub fn keep_keys_fresh(&self) -> impl Future<Output = ()> + Send + 'static {
        let loops: Vec<_> = self
            .issuers
            .iter()
            .map(|issuer| keep_fresh(Arc::clone(&issuer.keys), self.refresh.clone()))
            .collect();
        async move {
            join_all(loops).await;
        }
    }

    /// Verifies the credential of a request, given the values of all its `Authorization` header fields: a bearer token. One
    /// that is bound to its sender's key or certificate is refused; see [`Verifier::verify_sent`].
    ///
    /// The future waits only when a token names a key that isn't known yet, or when the provider has to be asked about
    /// an opaque token.
    ///
    /// # Errors
    /// The reason why there is no principal; [`CredentialError::fault`] says whose fault it is.
    pub fn verify<'a>(
        &'a self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
    ) -> impl Future<Output = Result<Arc<Principal>, CredentialError>> + Send + 'a {
        let shown = bearer::token(authorization, self.max_token_bytes);
        async move {
            let token = match self.read(shown)? {
                (Scheme::Bearer, token) => token,
                (Scheme::Dpop, _) => return Err(CredentialError::UnsupportedScheme),
            };
            let principal = self.verify_token(token).await?;
            match principal.confirmation.is_nothing() {
                true => Ok(principal),
                false => Err(CredentialError::SenderConstrained),
            }
        }
    }

    /// What the header fields hold, counting those that hold no token.
    pub(crate) fn read<'a>(
        &self,
        shown: Result<(Scheme, &'a str), CredentialError>,
    ) -> Result<(Scheme, &'a str), CredentialError> {
        shown.inspect_err(|error| self.counters.unread(*error).increment(1))
    }

    pub(crate) const fn max_token_bytes(&self) -> usize {
        self.max_token_bytes
    }

    pub(crate) const fn proofs(&self) -> Option<&Proofs> {
        self.proofs.as_ref()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The principal of a token, by whomever it is sent: what it is bound to is still to be checked.
    pub(crate) async fn verify_token(&self, token: &str) -> Result<Arc<Principal>, CredentialError> {
        let now = self.clock.now();
        let key = VerdictKey::new(token, self.generation.load(Ordering::Acquire));
        if let Some(verdict) = self.verdicts.get(&key, now) {
            let outcome = self.apply(verdict, now);
            self.counters.remembered(&outcome).increment(1);
            return outcome;
        }
        // Boxed: every call would carry the room that a first look at a token takes.
        Box::pin(self.verify_anew(token, key, now)).await
    }

    /// The principal of a token that is not remembered.
    async fn verify_anew(
        &self,
        token: &str,
        key: VerdictKey,
        now: Timestamp,
    ) -> Result<Arc<Principal>, CredentialError> {
        let parsed = match (Compact::parse(token), &self.opaque) {
            (Err(_), Some(provider)) if !jws::has_header(token) => return self.ask(provider, token).await,
            (parsed, _) => parsed,
        };
        let outcome = match self.judge(parsed, now).await {
            Ok(accepted) => {
                let outcome = self.check_list(&accepted.principal, accepted.marks.as_deref());
                // Also where it is revoked: the list is asked each time, so that a revocation can end.
                self.verdicts.accept(key, accepted, token.len(), now);
                outcome
            }
            Err(error) => {
                self.verdicts.refuse(key, error, now);
                Err(error)
            }
        };
        self.counters.fresh(&outcome).increment(1);
        outcome
    }

    /// A remembered verdict, with what time may have changed checked again.
    fn apply(&self, verdict: Verdict, now: Timestamp) -> Result<Arc<Principal>, CredentialError> {
        match verdict {
            Verdict::Accepted(accepted) => {
                let issuer = self.issuers.get(accepted.issuer).ok_or(CredentialError::UnknownIssuer)?;
                issuer.rules.check_still_good(&accepted.principal, now)?;
                self.check_list(&accepted.principal, accepted.marks.as_deref())
            }
            Verdict::Refused(error) => Err(error),
        }
    }

    /// The principal, unless the subject or the token is revoked.
    fn check_list(
        &self,
        principal: &Arc<Principal>,
        marks: Option<&Marks>,
    ) -> Result<Arc<Principal>, CredentialError> {
        if let (Some(revocations), Some(marks)) = (&self.revocations, marks) {
            revocations.check(marks)?;
        }
        Ok(Arc::clone(principal))
    }

    /// What the provider says of an opaque token, or has said a moment ago.
    async fn ask(&self, provider: &OpaqueTokens, token: &str) -> Result<Arc<Principal>, CredentialError> {
        let answer = provider.verdict(token, self.revocations.as_ref()).await;
        let outcome = answer.known.and_then(|known| self.check_list(&known.principal, known.marks.as_ref()));
        let counter =
            if answer.is_fresh { self.counters.fresh(&outcome) } else { self.counters.remembered(&outcome) };
        counter.increment(1);
        outcome
    }

    /// Checks a token from the ground up. Only the choice of the rules rests on an unverified claim.
    async fn judge(
        &self,
        parsed: Result<Compact<'_, Map<String, Value>>, CredentialError>,
        now: Timestamp,
    ) -> Result<Accepted, CredentialError> {
        let token = parsed?;
        let claimed =
            token.payload.get("iss").and_then(Value::as_str).ok_or(CredentialError::MalformedClaim("iss"))?;
        let (place, issuer) = self
            .issuers
            .iter()
            .enumerate()
            .find(|(_, issuer)| issuer.rules.is_for(claimed))
            .ok_or(CredentialError::UnknownIssuer)?;
        let algorithm = issuer.rules.check_header(&token.header)?;
        issuer.check_signature(&token, algorithm, now).await?;
        let principal = issuer.rules.principal(token.payload, now)?;
        let marks = self.revocations.as_ref().map(|list| list.marks(&principal)).transpose()?;
        Ok(Accepted { principal: Arc::new(principal), issuer: place, marks: marks.map(Arc::new) })
    }
}

impl Issuer {
    /// Checks the signature; asks the provider once for a key that isn't known.
    async fn check_signature(
        &self,
        token: &Compact<'_, Map<String, Value>>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<(), CredentialError> {
        if let Some(outcome) = self.try_keys(token, algorithm, now) {
            return outcome;
        }
        self.keys.refresh_for_unknown_key().await;
        match self.try_keys(token, algorithm, now) {
            Some(outcome) => outcome,
            None if self.keys.last_fetch_failed() || !self.keys.are_usable(now) => {
                Err(CredentialError::KeysUnavailable)
            }
            None => Err(CredentialError::UnknownKey),
        }
    }

    /// What the current keys say, or nothing if the right one isn't among them.
    fn try_keys(
        &self,
        token: &Compact<'_, Map<String, Value>>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Option<Result<(), CredentialError>> {
        self.keys.with(now, |keys| match keys.find(token.header.kid.as_deref(), algorithm) {
            Lookup::Found(key) if token.is_signed_by(key, algorithm) => Some(Ok(())),
            Lookup::Found(_) => Some(Err(CredentialError::BadSignature)),
            Lookup::OtherType => Some(Err(CredentialError::AlgorithmRefused)),
            Lookup::Missing => None,
        })?
    }
}
