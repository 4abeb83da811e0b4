//! Checks the gateway's assertion (`Yimen-Assertion`) with jsonwebtoken.

use std::collections::HashMap;

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, get_current_timestamp};
use serde_json::{Map, Value};

/// How far the gateway's clock may be from ours, in seconds.
const LEEWAY: u64 = 10;
const ALGORITHMS: [Algorithm; 2] = [Algorithm::ES256, Algorithm::EdDSA];
/// Methods that change nothing (RFC 9110, 9.2.1): with these, the gateway may send one assertion for a few seconds.
const SAFE: [&str; 4] = ["GET", "HEAD", "OPTIONS", "TRACE"];

/// What one service accepts from its gateway. Keep one for the life of the process.
#[derive(Debug)]
pub struct Assertions {
    gateway: String,
    audience: String,
    /// What `GET {gateway}/.well-known/jwks.json` answers; get it again when an assertion names a key that isn't there.
    keys: JwkSet,
    seen: HashMap<String, u64>,
}

impl Assertions {
    /// For the service `audience` behind `gateway`, which publishes `keys`.
    pub fn new(gateway: &str, audience: &str, keys: JwkSet) -> Self {
        Self { gateway: gateway.to_owned(), audience: audience.to_owned(), keys, seen: HashMap::new() }
    }

    /// The claims, if the assertion vouches for this call; `path` is as it came, without the query.
    ///
    /// # Errors
    /// The reason why it doesn't.
    pub fn verify(&mut self, assertion: &str, method: &str, path: &str) -> Result<Map<String, Value>, Error> {
        let header = decode_header(assertion)?;
        if header.typ.as_deref() != Some("yimen-assertion+jwt") {
            return Err(ErrorKind::InvalidToken.into());
        }
        if !ALGORITHMS.contains(&header.alg) {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        let key = header.kid.as_deref().and_then(|kid| self.keys.find(kid));
        let key = DecodingKey::from_jwk(key.ok_or(ErrorKind::InvalidSignature)?)?;
        let mut rules = Validation::new(header.alg);
        rules.leeway = LEEWAY;
        rules.set_issuer(&[&self.gateway]);
        rules.set_audience(&[&self.audience]);
        rules.set_required_spec_claims(&["iss", "aud", "exp"]);
        let claims = decode::<Map<String, Value>>(assertion, &key, &rules)?.claims;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let number = |name: &str| claims.get(name).and_then(Value::as_u64);
        let now = get_current_timestamp();
        if number("iat").is_none_or(|issued_at| issued_at > now + LEEWAY) {
            return Err(ErrorKind::ImmatureSignature.into());
        }
        if (text("htm"), text("htp")) != (Some(method), Some(path)) {
            return Err(ErrorKind::InvalidToken.into());
        }
        let (Some(id), Some(end)) = (text("jti"), number("exp")) else {
            return Err(ErrorKind::InvalidToken.into());
        };
        if SAFE.contains(&method) {
            return Ok(claims);
        }
        self.seen.retain(|_, end| *end > now);
        // The one that was there is a replay.
        match self.seen.insert(id.to_owned(), end + LEEWAY) {
            None => Ok(claims),
            Some(_) => Err(ErrorKind::InvalidToken.into()),
        }
    }
}
