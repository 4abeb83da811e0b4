//! How a department's service keeps up with the gateway's keys: it looks again when an assertion names one that it
//! doesn't know.

use std::sync::{Arc, PoisonError, RwLock};

use identity::{AssertionClaims, AssertionError, AssertionSigner, AssertionVerifier};
use jiff::Timestamp;

/// The gateway's keys as one backend knows them. It asks the signer of its own process what a real backend gets from
/// `/.well-known/jwks.json`.
#[derive(Debug)]
pub struct GatewayKeys {
    signer: Arc<AssertionSigner>,
    audience: String,
    known: RwLock<Arc<AssertionVerifier>>,
}

impl GatewayKeys {
    /// The keys that `signer` publishes, for the backend `audience`.
    pub fn new(signer: Arc<AssertionSigner>, audience: String) -> Result<Self, AssertionError> {
        let verifier = verifier(&signer, &audience, Timestamp::now())?;
        Ok(Self { signer, audience, known: RwLock::new(Arc::new(verifier)) })
    }

    /// The claims of an assertion that vouches for this call; see [`AssertionVerifier::verify`].
    pub fn verify(
        &self,
        assertion: &str,
        method: &str,
        path: &str,
        now: Timestamp,
    ) -> Result<AssertionClaims, AssertionError> {
        let known = Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner));
        match known.verify(assertion, method, path, now) {
            Err(AssertionError::UnknownKey) => {
                let current = Arc::new(verifier(&self.signer, &self.audience, now)?);
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&current);
                current.verify(assertion, method, path, now)
            }
            outcome => outcome,
        }
    }
}

fn verifier(
    signer: &AssertionSigner,
    audience: &str,
    now: Timestamp,
) -> Result<AssertionVerifier, AssertionError> {
    AssertionVerifier::new(signer.issuer(), audience, &signer.jwks(now))
}
