//! Statements about the event log (anchors): signed with the gateway's own keys, checked by their public halves.
//!
//! An anchor has to be checked years after it was signed, when its key is long gone from the ring. So every statement
//! announces the ring's public keys, and whoever trusts the key of one statement may trust those that it announces.

use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::jws::{self, Compact};
use crate::key_set::{KeySet, Lookup};
use crate::sm2_key::Sm2PublicKey;
use crate::{Algorithm, AssertionSigner, SignError};

/// The `typ` of an anchor: nothing takes it for an assertion, nor an assertion for it.
pub const ANCHOR_TYPE: &str = "yimen-anchor+jwt";

/// The claims of a statement: those of whoever states something, and these.
#[derive(Serialize, Deserialize)]
struct Stated<C> {
    /// The gateway (`iss`).
    iss: String,
    /// Public keys that may sign later statements, as a JWK Set (RFC 7517).
    keys: Value,
    #[serde(flatten)]
    claims: C,
}

/// Why a statement is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// It isn't a JWS with the claims of an anchor.
    #[error("the anchor is malformed")]
    Malformed,
    /// It is another kind of token, or carries a critical extension.
    #[error("the token is no anchor")]
    WrongType,
    /// The key is neither trusted nor announced by an anchor before it.
    #[error("the anchor's key {key} was not announced by an anchor before it")]
    UnknownKey {
        /// What the statement calls its key, shortened.
        key: String,
    },
    /// The signature doesn't verify.
    #[error("the anchor's signature is not valid")]
    BadSignature,
}

/// The keys whose statements are believed.
#[derive(Debug, Default)]
pub struct AnchorKeys {
    /// Those that were given.
    trusted: Vec<Value>,
    /// Those that believed statements announced.
    announced: Vec<Value>,
}

/// A statement whose signature holds.
#[derive(Debug)]
pub struct BelievedAnchor<C> {
    /// What it states.
    pub claims: C,
    /// Whether one of the keys that were given signed it; where none were given, always.
    pub trusted: bool,
}

impl AnchorKeys {
    /// Believes whoever signed the first statement, and those that it announces: enough to see what was changed by
    /// somebody who has no key, unless they made the whole log anew.
    pub fn on_first_use() -> Self {
        Self::default()
    }

    /// The same, and knows these keys (a JWK Set) for reasons of its own. None if it is no set, or one without usable keys.
    pub fn given(jwks: &Value) -> Option<Self> {
        let trusted = named_truly(jwks);
        (!trusted.is_empty()).then_some(Self { trusted, announced: Vec::new() })
    }

    /// The names (RFC 7638 thumbprints) of the keys that statements announced, in that order.
    pub fn announced(&self) -> impl Iterator<Item = &str> {
        self.announced.iter().filter_map(|key| key["kid"].as_str())
    }

    /// What a statement says, if it is to be believed; statements come in the order in which they were made.
    ///
    /// # Errors
    /// The first reason why it isn't.
    pub fn open<C: DeserializeOwned>(&mut self, statement: &str) -> Result<BelievedAnchor<C>, AnchorError> {
        let token = Compact::<Stated<C>>::parse(statement).map_err(|_| AnchorError::Malformed)?;
        if token.header.has_critical_extensions() || !token.header.is_of_type(&[ANCHOR_TYPE.to_owned()]) {
            return Err(AnchorError::WrongType);
        }
        let new = named_truly(&token.payload.keys);
        let first = self.announced.is_empty();
        let trusted = signed_by(&token, &self.trusted)?;
        if !trusted && !signed_by(&token, if first { &new } else { &self.announced })? {
            let key = token.header.kid.as_deref().unwrap_or("without a name");
            return Err(AnchorError::UnknownKey { key: key.chars().take(64).collect() });
        }
        for key in new {
            if !self.announced.contains(&key) {
                self.announced.push(key);
            }
        }
        Ok(BelievedAnchor { claims: token.payload.claims, trusted: trusted || self.trusted.is_empty() })
    }
}

/// Whether one of `keys` signed it; an error if one of them is named and did not.
fn signed_by<C: DeserializeOwned>(
    token: &Compact<'_, Stated<C>>,
    keys: &[Value],
) -> Result<bool, AnchorError> {
    let Some(algorithm) = Algorithm::from_name(&token.header.alg) else { return Ok(false) };
    let Some(set) = KeySet::from_document(&json!({ "keys": keys })) else { return Ok(false) };
    match (token.header.kid.as_deref(), set.find(token.header.kid.as_deref(), algorithm)) {
        (Some(_), Lookup::Found(key)) if token.is_signed_by(key, algorithm) => Ok(true),
        (Some(_), Lookup::Found(_)) => Err(AnchorError::BadSignature),
        (_, _) => Ok(false),
    }
}

/// The keys of a set whose name is their thumbprint: a name that anybody could take proves nothing.
fn named_truly(jwks: &Value) -> Vec<Value> {
    let thumbprint = |key: &Value| match Sm2PublicKey::from_jwk(key) {
        Some(key) => Some(key.thumbprint()),
        None => serde_json::from_value::<Jwk>(key.clone()).ok()?.thumbprint(ThumbprintHash::SHA256).ok(),
    };
    let keys = jwks["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    keys.iter()
        .filter(|key| key["kid"].is_string() && thumbprint(key).as_deref() == key["kid"].as_str())
        .cloned()
        .collect()
}

impl AssertionSigner {
    /// A signed anchor with these claims.
    ///
    /// Signed by the ring's present key if an anchor in the log announced it, as `known` says; if none did, by one of the
    /// ring that was announced, so that the next one may be believed.
    ///
    /// # Errors
    /// When the key can't be used, or the claims can't be written as JSON.
    pub fn sign_anchor(
        &self,
        claims: &impl Serialize,
        known: &AnchorKeys,
        now: Timestamp,
    ) -> Result<String, SignError> {
        let ring = self.ring();
        let signing = ring.signing(now);
        let is_known = |id: &str| known.announced().any(|announced| announced == id);
        let introduced = ring.all().find(|key| is_known(key.key_id()));
        let key = match introduced {
            Some(introduced) if !is_known(signing.key_id()) => introduced,
            Some(_) | None => signing,
        };
        let keys = json!({ "keys": ring.all().map(|key| key.public_jwk()).collect::<Vec<_>>() });
        jws::sign(key, ANCHOR_TYPE, &Stated { iss: self.issuer().to_owned(), keys, claims })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::key_ring::RingKey;
    use crate::{Es256Key, KeyRing, PseudonymSecret, Sign};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Claims {
        through: u64,
    }

    fn key() -> Arc<dyn Sign> {
        Arc::new(Es256Key::generate().expect("randomness"))
    }

    fn signer(keys: &[&Arc<dyn Sign>]) -> AssertionSigner {
        let from = |(place, key): (usize, &&Arc<dyn Sign>)| RingKey {
            key: Arc::clone(key),
            signs_from: Timestamp::from_second(1000 * place as i64).expect("within range"),
        };
        let ring = KeyRing::new(keys.iter().enumerate().map(from).collect()).expect("keys");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let secret = PseudonymSecret::load_or_generate(&folder.path().join("secret")).expect("made");
        AssertionSigner::new("https://yimen.test", secret, ring)
    }

    fn late() -> Timestamp {
        Timestamp::from_second(1_000_000).expect("within range")
    }

    fn sign(signer: &AssertionSigner, known: &AnchorKeys, through: u64) -> String {
        signer.sign_anchor(&Claims { through }, known, late()).expect("it signs")
    }

    #[test]
    fn keys_are_believed_that_an_earlier_statement_announced() {
        let (old, new, other) = (key(), key(), key());
        let mut keys = AnchorKeys::on_first_use();
        let first = sign(&signer(&[&old]), &keys, 1);
        assert_eq!(keys.open::<Claims>(&first).expect("the first is believed").claims, Claims { through: 1 });
        // The ring has turned: the old key introduces the new one, though that signs by now.
        let introducing = sign(&signer(&[&old, &new]), &keys, 2);
        assert!(keys.open::<Claims>(&introducing).expect("the key is known").trusted);
        let alone = sign(&signer(&[&new]), &keys, 3);
        assert!(keys.open::<Claims>(&alone).is_ok());
        let stranger = sign(&signer(&[&other]), &AnchorKeys::on_first_use(), 4);
        assert_eq!(
            keys.open::<Claims>(&stranger).expect_err("nobody announced it"),
            AnchorError::UnknownKey { key: other.key_id().to_owned() }
        );
        assert_eq!(keys.announced().collect::<Vec<_>>(), [old.key_id(), new.key_id()]);
    }

    #[test]
    fn only_keys_that_were_given_are_trusted() {
        let (genuine, forger) = (key(), key());
        let given = json!({"keys": [genuine.public_jwk()]});
        let forged = sign(&signer(&[&forger]), &AnchorKeys::on_first_use(), 1);
        let mut keys = AnchorKeys::given(&given).expect("a key");
        assert!(!keys.open::<Claims>(&forged).expect("it is consistent").trusted);
        let true_one = sign(&signer(&[&genuine]), &AnchorKeys::on_first_use(), 2);
        assert!(keys.open::<Claims>(&true_one).expect("it is given").trusted);
        for none in [json!({}), json!({"keys": []}), json!({"keys": [{"kty": "EC", "kid": "x"}]})] {
            assert!(AnchorKeys::given(&none).is_none(), "{none}");
        }
        let mut misnamed = genuine.public_jwk();
        misnamed["kid"] = json!(forger.key_id());
        assert!(AnchorKeys::given(&json!({"keys": [misnamed]})).is_none(), "a name is a thumbprint");
    }

    #[test]
    fn nothing_else_passes_for_an_anchor() {
        let one = key();
        let mut keys = AnchorKeys::on_first_use();
        let statement = sign(&signer(&[&one]), &keys, 1);
        let assertion =
            jws::sign(&*one, crate::ASSERTION_TYPE, &json!({"iss": "", "keys": {}, "through": 1}));
        let assertion = assertion.expect("it signs");
        assert_eq!(keys.open::<Claims>(&assertion).expect_err("no anchor"), AnchorError::WrongType);
        let (signed, signature) = statement.rsplit_once('.').expect("three parts");
        let turned = format!("{signed}.{}", signature.chars().rev().collect::<String>());
        assert_eq!(keys.open::<Claims>(&turned).expect_err("not signed"), AnchorError::BadSignature);
        for text in ["", "a.b.c", signed] {
            assert_eq!(keys.open::<Claims>(text).expect_err("no token"), AnchorError::Malformed, "{text}");
        }
        assert_eq!(keys.announced().count(), 0, "what isn't believed announces nothing");
    }
}
