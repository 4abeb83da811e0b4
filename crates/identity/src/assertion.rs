//! What a backend receives instead of the caller's token: a short-lived, minimal assertion for it alone.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::{info, warn};
use uuid::Uuid;

use crate::assertion_check::AssertionClaims;
use crate::signing::SignError;
use crate::{KeyRing, KeyRingFile, Principal, PseudonymSecret, jws};

/// How long an assertion lives.
pub const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);
/// The `typ` of an assertion: no stock access-token check takes it for one.
pub const ASSERTION_TYPE: &str = "yimen-assertion+jwt";

/// What to assert about one call.
#[derive(Clone)]
pub struct Assertion<'a> {
    /// The department's backend, as it names itself (`aud`).
    pub audience: &'a str,
    /// The department whose pseudonym for the caller goes in.
    pub department: &'a str,
    /// The caller; none on a route that needs no identity. Only a pseudonym, `acr` and `client_id` are taken.
    pub caller: Option<&'a Principal>,
    /// The method of the call (`htm`, as in RFC 9449).
    pub method: &'a str,
    /// The path of the call as it is forwarded, percent-encoded and without query (`htp`).
    pub path: &'a str,
    /// The claims that the item declared and the reviewer approved, already chosen by the gateway.
    pub claims: Map<String, Value>,
    /// The present moment.
    pub now: Timestamp,
}

/// Mints assertions.
///
/// Their claims are those of [`AssertionClaims`]: `iss`, `aud`, `iat`, `exp`, `jti`, `htm`, `htp`; with a caller also
/// `sub` (the pseudonym of [`PseudonymSecret`]), `acr` and `client_id`; and `claims`, an object of its own so that no
/// released claim can pass for one of the others.
#[derive(Debug)]
pub struct AssertionSigner {
    issuer: String,
    pseudonyms: PseudonymSecret,
    ring: ArcSwap<KeyRing>,
}

impl AssertionSigner {
    /// A signer that speaks as `issuer`, the public address of the gateway, with the keys of `ring`.
    pub fn new(issuer: impl Into<String>, pseudonyms: PseudonymSecret, ring: KeyRing) -> Self {
        Self { issuer: issuer.into(), pseudonyms, ring: ArcSwap::from_pointee(ring) }
    }

    /// Reads the ring again at every `interval`, for as long as the future is polled; it never ends. A ring that can't
    /// be read leaves the last one in place.
    pub fn follow(
        self: &Arc<Self>,
        file: KeyRingFile,
        interval: Duration,
    ) -> impl Future<Output = ()> + Send + 'static {
        let signer = Arc::clone(self);
        async move {
            let mut ticks = tokio::time::interval(interval);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            let mut failing = false;
            loop {
                ticks.tick().await;
                let file = file.clone();
                match tokio::task::spawn_blocking(move || file.load_again()).await {
                    Ok(Ok(ring)) => {
                        signer.turn_to(ring);
                        failing = false;
                    }
                    // Said once, not at every interval.
                    Ok(Err(error)) if !failing => {
                        let error = &error as &dyn std::error::Error;
                        warn!(error, "the keys of assertions can't be read again");
                        failing = true;
                    }
                    Ok(Err(_)) => {}
                    Err(error) => warn!(%error, "reading the keys of assertions was cut short"),
                }
            }
        }
    }

    fn turn_to(&self, ring: KeyRing) {
        let before = self.ring.load();
        if !before.is_same_as(&ring) {
            self.ring.store(Arc::new(ring));
            info!("the keys of assertions changed");
        }
    }

    /// The keys as they are now.
    pub(crate) fn ring(&self) -> Arc<KeyRing> {
        self.ring.load_full()
    }

    /// The `iss` of the assertions.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The name of the key that signs now.
    pub fn key_id(&self, now: Timestamp) -> String {
        self.ring.load().signing(now).key_id().to_owned()
    }

    /// Whether that key signs now.
    pub fn signs_with(&self, key_id: &str, now: Timestamp) -> bool {
        self.ring.load().signing(now).key_id() == key_id
    }

    /// A signed assertion.
    ///
    /// # Errors
    /// When the key can't be used.
    pub fn mint(&self, assertion: Assertion<'_>) -> Result<String, SignError> {
        let subject = match assertion.caller {
            Some(caller) => {
                Some(self.pseudonyms.pseudonym(assertion.department, &caller.issuer, &caller.subject)?)
            }
            None => None,
        };
        let issued_at = assertion.now.as_second();
        let claims = AssertionClaims {
            issuer: self.issuer.clone(),
            audience: assertion.audience.to_owned(),
            subject,
            assurance: assertion.caller.and_then(|caller| caller.assurance.clone()),
            client: assertion.caller.and_then(|caller| caller.client.clone()),
            method: assertion.method.to_owned(),
            path: assertion.path.to_owned(),
            id: Uuid::new_v4(),
            issued_at,
            expires: issued_at.saturating_add_unsigned(ASSERTION_LIFETIME.as_secs()),
            claims: assertion.claims,
        };
        jws::sign(self.ring.load().signing(assertion.now), ASSERTION_TYPE, &claims)
    }

    /// The JWK Set (RFC 7517) to publish at `/.well-known/jwks.json`: also the key that is to sign next, and those
    /// whose assertions may still be on their way.
    pub fn jwks(&self, now: Timestamp) -> Value {
        self.ring.load().jwks(now)
    }
}

/// Shows no claims: they are personal data.
impl fmt::Debug for Assertion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assertion")
            .field("audience", &self.audience)
            .field("department", &self.department)
            .field("caller", &self.caller)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("claims", &format_args!("[{} redacted]", self.claims.len()))
            .field("now", &self.now)
            .finish()
    }
}
