//! How a backend checks the assertion that comes with a call.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::jws::Compact;
use crate::key_set::{KeySet, Lookup};
use crate::{ASSERTION_LIFETIME, ASSERTION_TYPE, Algorithm};

/// How far the gateway's clock may be from the backend's, in seconds.
const SKEW_SECONDS: i64 = 10;

/// The claims of an assertion, under the names in brackets.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AssertionClaims {
    /// The gateway (`iss`).
    #[serde(rename = "iss")]
    pub issuer: String,
    /// The backend that the assertion is for (`aud`).
    #[serde(rename = "aud")]
    pub audience: String,
    /// The caller's pseudonym at this department (`sub`); none when the route needs no identity.
    #[serde(rename = "sub", default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The level at which the caller was authenticated (`acr`).
    #[serde(rename = "acr", default, skip_serializing_if = "Option::is_none")]
    pub assurance: Option<String>,
    /// The app or channel through which the caller came (`client_id`).
    #[serde(rename = "client_id", default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The method of the one call that the assertion is for (`htm`).
    #[serde(rename = "htm")]
    pub method: String,
    /// The path of that call, percent-encoded and without query (`htp`).
    #[serde(rename = "htp")]
    pub path: String,
    /// The unique name of the assertion (`jti`): a backend that keeps those of the last minute sees replays. With a safe
    /// method (RFC 9110, section 9.2.1) the gateway may send one assertion with several equal calls.
    #[serde(rename = "jti")]
    pub id: Uuid,
    /// When it was made (`iat`), in seconds since 1970.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// When it ends (`exp`), in seconds since 1970.
    #[serde(rename = "exp")]
    pub expires: i64,
    /// The claims about the caller that were released to this department (`claims`).
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
}

/// Why an assertion doesn't vouch for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// It isn't a JWS with the claims of an assertion.
    #[error("the assertion is malformed")]
    Malformed,
    /// It is another kind of token, or carries a critical extension.
    #[error("the token is no assertion")]
    WrongType,
    /// No known key fits.
    #[error("the signing key is not known")]
    UnknownKey,
    /// The signature doesn't verify.
    #[error("the signature is not valid")]
    BadSignature,
    /// Another gateway made it.
    #[error("the assertion comes from another gateway")]
    WrongIssuer,
    /// It is for another backend.
    #[error("the assertion is meant for another backend")]
    WrongAudience,
    /// It was made for another method or path.
    #[error("the assertion was made for another call")]
    WrongCall,
    /// It has ended, has yet to begin, or lives longer than an assertion may.
    #[error("the assertion is not valid at this time")]
    WrongTime,
}

/// Checks assertions for one backend. It doesn't remember `jti`s: a backend that must not be replayed to keeps
/// those of unsafe methods for [`ASSERTION_LIFETIME`].
#[derive(Debug)]
pub struct AssertionVerifier {
    issuer: String,
    audience: String,
    keys: KeySet,
}

impl AssertionVerifier {
    /// A verifier for the backend `audience` behind the gateway `issuer` that publishes `jwks`.
    ///
    /// # Errors
    /// [`AssertionError::Malformed`] if `jwks` isn't a JWK Set.
    pub fn new(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        jwks: &Value,
    ) -> Result<Self, AssertionError> {
        let keys = KeySet::from_document(jwks).ok_or(AssertionError::Malformed)?;
        Ok(Self { issuer: issuer.into(), audience: audience.into(), keys })
    }

    /// The claims of an assertion that vouches for this very call at this moment.
    ///
    /// `path` is the path as received, percent-encoded and without query.
    ///
    /// # Errors
    /// The first reason why it doesn't.
    pub fn verify(
        &self,
        assertion: &str,
        method: &str,
        path: &str,
        now: Timestamp,
    ) -> Result<AssertionClaims, AssertionError> {
        let token = Compact::<AssertionClaims>::parse(assertion).map_err(|_| AssertionError::Malformed)?;
        if token.header.has_critical_extensions() || !token.header.is_of_type(&[ASSERTION_TYPE.to_owned()]) {
            return Err(AssertionError::WrongType);
        }
        let algorithm = Algorithm::from_name(&token.header.alg).ok_or(AssertionError::UnknownKey)?;
        match self.keys.find(token.header.kid.as_deref(), algorithm) {
            Lookup::Found(key) if token.is_signed_by(key, algorithm) => {}
            Lookup::Found(_) => return Err(AssertionError::BadSignature),
            Lookup::OtherType | Lookup::Missing => return Err(AssertionError::UnknownKey),
        }
        let claims = token.payload;
        if claims.issuer != self.issuer {
            return Err(AssertionError::WrongIssuer);
        }
        if claims.audience != self.audience {
            return Err(AssertionError::WrongAudience);
        }
        if claims.method != method || claims.path != path {
            return Err(AssertionError::WrongCall);
        }
        if !claims.is_valid_at(now.as_second()) {
            return Err(AssertionError::WrongTime);
        }
        Ok(claims)
    }
}

impl AssertionClaims {
    fn is_valid_at(&self, second: i64) -> bool {
        let longest = self.issued_at.saturating_add_unsigned(ASSERTION_LIFETIME.as_secs());
        self.expires <= longest
            && self.issued_at <= second.saturating_add(SKEW_SECONDS)
            && second < self.expires.saturating_add(SKEW_SECONDS)
    }
}

/// Shows neither the pseudonym nor the released claims: they are personal data.
impl fmt::Debug for AssertionClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssertionClaims")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("subject", &self.subject.as_ref().map(|_| "[redacted]"))
            .field("assurance", &self.assurance)
            .field("client", &self.client)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("id", &self.id)
            .field("issued_at", &self.issued_at)
            .field("expires", &self.expires)
            .field("claims", &format_args!("[{} redacted]", self.claims.len()))
            .finish()
    }
}
