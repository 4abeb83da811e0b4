//! What a backend receives instead of the caller's token: a short-lived, minimal assertion for it alone.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::assertion_check::AssertionClaims;
use crate::signing::{Sign, SignError};
use crate::{Principal, PseudonymSecret, jws};

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
    key: Arc<dyn Sign>,
}

impl AssertionSigner {
    /// A signer that speaks as `issuer`, the public address of the gateway.
    pub fn new(issuer: impl Into<String>, pseudonyms: PseudonymSecret, key: Arc<dyn Sign>) -> Self {
        Self { issuer: issuer.into(), pseudonyms, key }
    }

    /// The `iss` of the assertions.
    pub fn issuer(&self) -> &str {
        &self.issuer
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
        jws::sign(self.key.as_ref(), ASSERTION_TYPE, &claims)
    }

    /// The JWK Set (RFC 7517) to publish at `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.key.public_jwk()] })
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
