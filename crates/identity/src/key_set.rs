//! The public keys of one issuer, from a JWK Set (RFC 7517).

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use serde_json::{Value, json};

use crate::algorithm::KeyKind;
use crate::sm2_key::Sm2PublicKey;
use crate::{Algorithm, Thumbprint};

/// The keys of a set that can verify signatures; others are passed over, as RFC 7517, section 5 asks.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<VerifyingKey>,
}

/// One public key, and what it may be used for.
#[derive(Debug)]
pub(crate) enum VerifyingKey {
    /// Of an algorithm that the library for JSON Web Tokens knows.
    Usual {
        jwk: Box<Jwk>,
        kind: KeyKind,
        key: DecodingKey,
    },
    Sm2(Box<Sm2PublicKey>),
}

/// What a set says to a token's `kid` and `alg`.
#[derive(Debug)]
pub(crate) enum Lookup<'a> {
    Found(&'a VerifyingKey),
    /// There is such a key, but it isn't for this algorithm.
    OtherType,
    Missing,
}

impl KeySet {
    /// The usable keys of `document`; none if it isn't a JWK Set at all.
    pub(crate) fn from_document(document: &Value) -> Option<Self> {
        let keys = document.get("keys")?.as_array()?;
        Some(Self { keys: keys.iter().filter_map(VerifyingKey::from_jwk).collect() })
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether both sets hold the same keys with the same properties, in the same order.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.keys.len() == other.keys.len()
            && self.keys.iter().zip(&other.keys).all(|(one, other)| one.is_same_as(other))
    }

    /// The key for a token. A token without `kid` is served only if one key alone can be meant.
    pub(crate) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Lookup<'_> {
        let Some(kid) = kid else {
            let mut fitting = self.keys.iter().filter(|key| key.fits(algorithm));
            return match (fitting.next(), fitting.next()) {
                (Some(only), None) => Lookup::Found(only),
                (None | Some(_), _) => Lookup::Missing,
            };
        };
        let mut named = self.keys.iter().filter(|key| key.id() == Some(kid)).peekable();
        if named.peek().is_none() {
            return Lookup::Missing;
        }
        named.find(|key| key.fits(algorithm)).map_or(Lookup::OtherType, Lookup::Found)
    }
}

impl VerifyingKey {
    /// The key in a JWK, if it is a public one that signatures can be verified with here.
    pub(crate) fn from_jwk(document: &Value) -> Option<Self> {
        if let Some(key) = Sm2PublicKey::from_jwk(document) {
            return Some(Self::Sm2(Box::new(key)));
        }
        let jwk: Jwk = serde_json::from_value(document.clone()).ok()?;
        if jwk.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
            return None;
        }
        if jwk.common.key_operations.as_ref().is_some_and(|allowed| !allowed.contains(&KeyOperations::Verify))
        {
            return None;
        }
        let kind = kind(&jwk)?;
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self::Usual { jwk: Box::new(jwk), kind, key })
    }

    /// Its name (`kid`).
    fn id(&self) -> Option<&str> {
        match self {
            Self::Usual { jwk, .. } => jwk.common.key_id.as_deref(),
            Self::Sm2(key) => key.id.as_deref(),
        }
    }

    /// Whether both are the same key with the same properties.
    fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Usual { jwk: one, .. }, Self::Usual { jwk: other, .. }) => one == other,
            (Self::Sm2(one), Self::Sm2(other)) => one == other,
            (Self::Usual { .. }, Self::Sm2(_)) | (Self::Sm2(_), Self::Usual { .. }) => false,
        }
    }

    /// Whether the key's type, and its own `alg` if it names one, allow the algorithm.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Usual { jwk, kind, .. } => {
                let own = jwk.common.key_algorithm;
                *kind == algorithm.key_kind()
                    && own.is_none_or(|own| algorithm.primitive().is_some_and(|asked| own == asked.into()))
            }
            Self::Sm2(_) => algorithm.key_kind() == KeyKind::Sm2,
        }
    }

    /// The thumbprint (RFC 7638; RFC 8037, section 2) of a key on a curve; none of others, which no proof may use.
    pub(crate) fn thumbprint(&self) -> Option<Thumbprint> {
        let Self::Usual { jwk, .. } = self else { return None };
        // The members in the order that section 3.3 prescribes, however maps are ordered.
        let members = if let AlgorithmParameters::EllipticCurve(key) = &jwk.algorithm {
            json!({"crv": key.curve, "kty": "EC", "x": key.x, "y": key.y})
        } else if let AlgorithmParameters::OctetKeyPair(key) = &jwk.algorithm {
            json!({"crv": key.curve, "kty": "OKP", "x": key.x})
        } else {
            return None;
        };
        Some(Thumbprint::of(members.to_string().as_bytes()))
    }

    /// Whether the signature is this key's, by the algorithm with which [`KeySet::find`] found it.
    pub(crate) fn verifies(&self, signed: &str, signature: &str, algorithm: Algorithm) -> bool {
        match (self, algorithm.primitive()) {
            (Self::Usual { key, .. }, Some(algorithm)) => {
                jsonwebtoken::crypto::verify(signature, signed.as_bytes(), key, algorithm).unwrap_or(false)
            }
            (Self::Sm2(key), None) => key.verifies(signed, signature),
            (Self::Usual { .. }, None) | (Self::Sm2(_), Some(_)) => false,
        }
    }
}

/// The kind of an asymmetric key that we can verify with; symmetric keys are none.
fn kind(jwk: &Jwk) -> Option<KeyKind> {
    if let AlgorithmParameters::EllipticCurve(parameters) = &jwk.algorithm {
        [(EllipticCurve::P256, KeyKind::P256), (EllipticCurve::P384, KeyKind::P384)]
            .into_iter()
            .find_map(|(curve, kind)| (curve == parameters.curve).then_some(kind))
    } else if let AlgorithmParameters::OctetKeyPair(parameters) = &jwk.algorithm {
        (parameters.curve == EllipticCurve::Ed25519).then_some(KeyKind::Ed25519)
    } else {
        matches!(jwk.algorithm, AlgorithmParameters::RSA(_)).then_some(KeyKind::Rsa)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ed25519Key, Es256Key, Sign};

    fn es256_jwk() -> Value {
        Es256Key::generate().expect("the system has randomness").public_jwk()
    }

    fn set(keys: &[Value]) -> KeySet {
        KeySet::from_document(&json!({ "keys": keys })).expect("a JWK Set")
    }

    fn with(mut jwk: Value, name: &str, value: Value) -> Value {
        jwk[name] = value;
        jwk
    }

    #[test]
    fn keys_that_must_not_verify_are_passed_over() {
        let unusable = [
            json!({"kty": "oct", "kid": "a", "k": "c2VjcmV0"}),
            json!({"kty": "unheard-of", "kid": "b"}),
            json!("not an object"),
            with(es256_jwk(), "use", json!("enc")),
            with(es256_jwk(), "key_ops", json!(["sign"])),
            with(es256_jwk(), "crv", json!("P-521")),
        ];
        for jwk in unusable {
            assert_eq!(set(std::slice::from_ref(&jwk)).len(), 0, "{jwk}");
        }
        assert_eq!(set(&[es256_jwk()]).len(), 1);
    }

    #[test]
    fn thumbprints_are_those_that_signers_name_their_keys_by() {
        let ed25519 = Ed25519Key::generate().expect("the system has randomness").public_jwk();
        for jwk in [es256_jwk(), ed25519] {
            let key = VerifyingKey::from_jwk(&jwk).expect("a public key");
            let thumbprint = key.thumbprint().expect("it is on a curve").to_string();
            assert_eq!(Some(thumbprint.as_str()), jwk["kid"].as_str());
        }
    }

    #[test]
    fn a_key_serves_only_its_own_algorithm() {
        let keys = set(&[with(es256_jwk(), "kid", json!("one"))]);
        assert!(matches!(keys.find(Some("one"), Algorithm::ES256), Lookup::Found(_)));
        for other in [Algorithm::ES384, Algorithm::RS256, Algorithm::EdDSA] {
            assert!(matches!(keys.find(Some("one"), other), Lookup::OtherType));
        }
        let marked = set(&[with(with(es256_jwk(), "kid", json!("one")), "alg", json!("ES384"))]);
        assert!(matches!(marked.find(Some("one"), Algorithm::ES256), Lookup::OtherType));
    }

    #[test]
    fn a_token_without_kid_needs_an_unambiguous_key() {
        let one = es256_jwk();
        assert!(matches!(set(std::slice::from_ref(&one)).find(None, Algorithm::ES256), Lookup::Found(_)));
        assert!(matches!(set(&[one, es256_jwk()]).find(None, Algorithm::ES256), Lookup::Missing));
    }

    #[test]
    fn sets_are_the_same_when_their_keys_are() {
        let (one, two) = (es256_jwk(), es256_jwk());
        assert!(set(std::slice::from_ref(&one)).is_same_as(&set(std::slice::from_ref(&one))));
        assert!(!set(std::slice::from_ref(&one)).is_same_as(&set(&[one, two])));
    }

    #[test]
    fn a_document_that_is_no_set_is_told_apart_from_an_empty_one() {
        assert!(KeySet::from_document(&json!({"keys": []})).is_some());
        assert!(KeySet::from_document(&json!({"error": "down"})).is_none());
    }
}
