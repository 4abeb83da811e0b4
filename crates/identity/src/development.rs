//! An issuer for demonstrations and tests. It hands a token to whoever asks: never trust it in production.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::signing::{Es256Key, Sign, SignError};
use crate::{KeyFileError, jws};

/// Issues access tokens as RFC 9068 has them, for demonstrations and tests only: it authenticates nobody.
#[derive(Debug)]
pub struct DevelopmentIssuer {
    issuer: String,
    key: Es256Key,
}

/// What the token is to say.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// The caller (`sub`).
    pub subject: String,
    /// Whom the token is for (`aud`).
    pub audience: Vec<String>,
    /// The client that asks for it (`client_id`).
    pub client: String,
    /// The roles of staff (`roles`); left out when empty.
    pub roles: Vec<String>,
    /// The department of staff (`department`).
    pub department: Option<String>,
    /// The level of authentication (`acr`).
    pub assurance: Option<String>,
    /// What the token allows (`scope`); left out when empty.
    pub scopes: Vec<String>,
    /// Further claims, for example the region. They can't replace those above.
    pub claims: Map<String, Value>,
    /// How long the token lives.
    pub lifetime: Duration,
}

impl TokenRequest {
    /// A token of one hour for this caller, audience and client, without anything else.
    pub fn new(subject: impl Into<String>, audience: impl Into<String>, client: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            audience: vec![audience.into()],
            client: client.into(),
            roles: Vec::new(),
            department: None,
            assurance: None,
            scopes: Vec::new(),
            claims: Map::new(),
            lifetime: Duration::from_secs(3600),
        }
    }
}

impl DevelopmentIssuer {
    /// An issuer with a new key, which ends with the process.
    ///
    /// # Errors
    /// [`KeyFileError::Randomness`].
    pub fn generate(issuer: impl Into<String>) -> Result<Self, KeyFileError> {
        Ok(Self { issuer: issuer.into(), key: Es256Key::generate()? })
    }

    /// An issuer with the key in this file, which is made if missing; see [`Es256Key::load_or_generate`].
    ///
    /// # Errors
    /// When the file can't be read or made, or holds something else.
    pub fn load_or_generate(issuer: impl Into<String>, path: &Path) -> Result<Self, KeyFileError> {
        Ok(Self { issuer: issuer.into(), key: Es256Key::load_or_generate(path)? })
    }

    /// The `iss` of its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The JWK Set (RFC 7517) that verifies its tokens.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.key.public_jwk()] })
    }

    /// An access token of type `at+jwt`, valid from `now`.
    ///
    /// # Errors
    /// When the key can't be used.
    pub fn token(&self, request: TokenRequest, now: Timestamp) -> Result<String, SignError> {
        let issued_at = now.as_second();
        let mut claims = request.claims;
        let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        set("iss", json!(self.issuer));
        set("sub", json!(request.subject));
        set("aud", json!(request.audience));
        set("client_id", json!(request.client));
        set("iat", json!(issued_at));
        set("exp", json!(issued_at.saturating_add_unsigned(request.lifetime.as_secs())));
        set("jti", json!(Uuid::new_v4()));
        if !request.roles.is_empty() {
            set("roles", json!(request.roles));
        }
        if let Some(department) = request.department {
            set("department", json!(department));
        }
        if let Some(assurance) = request.assurance {
            set("acr", json!(assurance));
        }
        if !request.scopes.is_empty() {
            set("scope", json!(request.scopes.join(" ")));
        }
        jws::sign(&self.key, "at+jwt", &claims)
    }
}
