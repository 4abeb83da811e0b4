//! SM2 keys: the elliptic curve signatures of GM/T 0003 with the SM3 hash, under the names of GM/T 0125.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::SysRng;
use serde::Deserialize;
use serde_json::{Value, json};
use sm2::SecretKey;
use sm2::dsa::signature::{RandomizedSigner, Verifier};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::elliptic_curve::Generate;
use sm2::pkcs8::{DecodePrivateKey, EncodePrivateKey};

use crate::signing::{Sign, SignError, X, Y};
use crate::{Algorithm, KeyFileError};

/// What goes into every signature beside the message, where the two sides agreed on nothing else (GM/T 0009, section 10).
pub const SM2_USER_ID: &str = "1234567812345678";

/// An SM2 key (GM/T 0003.2), which signs with SM3 (GM/T 0004) and the user identifier [`SM2_USER_ID`].
///
/// The signature is r and s, 32 bytes each, as JWS has those of other curves (RFC 7518, section 3.4).
pub struct Sm2Key {
    key: SigningKey,
    public: Sm2PublicKey,
}

/// The public half of an SM2 key, as a key set holds it.
#[derive(Debug)]
pub(crate) struct Sm2PublicKey {
    key: VerifyingKey,
    pub(crate) id: Option<String>,
    x: String,
    y: String,
}

/// The members of an SM2 key in a JWK Set that matter here.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
}

impl Sm2Key {
    /// A new key that ends with the process.
    ///
    /// # Errors
    /// [`KeyFileError::Randomness`].
    pub fn generate() -> Result<Self, KeyFileError> {
        Self::from_pkcs8(&Self::new_pkcs8()?).ok_or(KeyFileError::Randomness)
    }

    pub(crate) fn new_pkcs8() -> Result<Vec<u8>, KeyFileError> {
        let key = SecretKey::try_generate_from_rng(&mut SysRng).map_err(|_| KeyFileError::Randomness)?;
        let document = key.to_pkcs8_der().map_err(|_| KeyFileError::Randomness)?;
        Ok(document.as_bytes().to_vec())
    }

    pub(crate) fn from_pkcs8(document: &[u8]) -> Option<Self> {
        let key = SigningKey::new(SM2_USER_ID, &SecretKey::from_pkcs8_der(document).ok()?).ok()?;
        let mut public = Sm2PublicKey::new(key.verifying_key().clone())?;
        public.id = Some(public.thumbprint());
        Some(Self { key, public })
    }
}

impl Sign for Sm2Key {
    fn algorithm(&self) -> Algorithm {
        Algorithm::SM2
    }

    fn key_id(&self) -> &str {
        self.public.id.as_deref().unwrap_or_default()
    }

    fn public_jwk(&self) -> Value {
        let (x, y, alg) = (&self.public.x, &self.public.y, Algorithm::SM2.as_str());
        json!({"kty": "EC", "crv": "SM2", "x": x, "y": y, "kid": self.key_id(), "alg": alg, "use": "sig"})
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature: Signature =
            self.key.try_sign_with_rng(&mut SysRng, message).map_err(|_| SignError::Crypto)?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl fmt::Debug for Sm2Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sm2Key").field("id", &self.key_id()).finish_non_exhaustive()
    }
}

impl Sm2PublicKey {
    /// The key in a JWK; none if it is another kind of key, or one that isn't for verifying signatures.
    pub(crate) fn from_jwk(document: &Value) -> Option<Self> {
        // Most sets hold no such key: nothing is copied for them.
        if document["crv"] != "SM2" {
            return None;
        }
        let jwk: Jwk = serde_json::from_value(document.clone()).ok()?;
        let fits = jwk.kty == "EC"
            && jwk.crv == "SM2"
            && jwk.alg.is_none_or(|alg| alg == Algorithm::SM2.as_str())
            && jwk.purpose.is_none_or(|purpose| purpose == "sig")
            && jwk.key_ops.is_none_or(|allowed| allowed.iter().any(|operation| operation == "verify"));
        let (x, y) = (URL_SAFE_NO_PAD.decode(jwk.x).ok()?, URL_SAFE_NO_PAD.decode(jwk.y).ok()?);
        if !fits || x.len() != X.len() || y.len() != Y.len() {
            return None;
        }
        // An uncompressed point (SEC 1, 2.3.3); one that isn't on the curve is refused.
        let point = [&[4], x.as_slice(), &y].concat();
        let key = VerifyingKey::from_sec1_bytes(SM2_USER_ID, &point).ok()?;
        Some(Self { id: jwk.kid, ..Self::new(key)? })
    }

    fn new(key: VerifyingKey) -> Option<Self> {
        let point = key.to_sec1_bytes();
        let (x, y) = (URL_SAFE_NO_PAD.encode(point.get(X)?), URL_SAFE_NO_PAD.encode(point.get(Y)?));
        Some(Self { key, id: None, x, y })
    }

    /// The name that the key gives itself (RFC 7638, SHA-256).
    pub(crate) fn thumbprint(&self) -> String {
        // The members in the order and spacing that RFC 7638, section 3.3 prescribes.
        let canonical = format!(r#"{{"crv":"SM2","kty":"EC","x":"{}","y":"{}"}}"#, self.x, self.y);
        URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
    }

    /// Whether the signature, base64url of r and s, is this key's.
    pub(crate) fn verifies(&self, signed: &str, signature: &str) -> bool {
        let signature = URL_SAFE_NO_PAD.decode(signature).ok();
        let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
        signature.is_some_and(|signature| self.key.verify(signed.as_bytes(), &signature).is_ok())
    }
}

impl PartialEq for Sm2PublicKey {
    fn eq(&self, other: &Self) -> bool {
        (&self.id, &self.x, &self.y) == (&other.id, &other.x, &other.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by OpenSSL 3.0.19: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2`, then
    /// `openssl pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:1234567812345678`, its DER taken apart.
    const X_OF_OPENSSL: &str = "bd03ec7b366a9a6cad5295cfc0e7ea6123047726a259db9f9edcf7ad7d573877";
    const Y_OF_OPENSSL: &str = "95ad35f89226dd97bbee46ac24490bbe347edf71322f4f16c3a4a708218b4fda";
    const SIGNED: &str = "eyJhbGciOiJTR0RfU00zX1NNMiJ9.e30";
    const R: &str = "c2bf342e46009b0849b03cedc99084e40ae425e8e6e1a47b872ac12ce4cd6879";
    const S: &str = "d264bc4381460668e5b67fefb63b68d3f191c3625be2d8e80f19b285ca0c0b3a";

    fn bytes(hex: &str) -> Vec<u8> {
        let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
        (0..hex.len()).step_by(2).map(digit).collect()
    }

    fn encoded(hex: &str) -> String {
        URL_SAFE_NO_PAD.encode(bytes(hex))
    }

    fn openssl_jwk() -> Value {
        json!({"kty": "EC", "crv": "SM2", "x": encoded(X_OF_OPENSSL), "y": encoded(Y_OF_OPENSSL)})
    }

    #[test]
    fn a_signature_of_openssl_is_valid_and_nothing_else_is() {
        let key = Sm2PublicKey::from_jwk(&openssl_jwk()).expect("a key");
        let signature = encoded(&format!("{R}{S}"));
        assert!(key.verifies(SIGNED, &signature));
        assert!(!key.verifies("eyJhbGciOiJTR0RfU00zX1NNMiJ9.e31", &signature), "another text");
        assert!(!key.verifies(SIGNED, &encoded(&format!("{S}{R}"))));
        let zero = "0".repeat(64);
        for wrong in [String::new(), "!".to_owned(), encoded(R), encoded(&format!("{zero}{zero}"))] {
            assert!(!key.verifies(SIGNED, &wrong), "{wrong}");
        }
    }

    #[test]
    fn what_a_key_signs_its_public_half_verifies() {
        let key = Sm2Key::generate().expect("the system has randomness");
        let public = Sm2PublicKey::from_jwk(&key.public_jwk()).expect("a public key");
        assert_eq!(public, key.public);
        assert_eq!(public.thumbprint(), key.key_id());
        let signature = key.sign(SIGNED.as_bytes()).expect("it signs");
        assert_eq!(signature.len(), 64);
        assert!(public.verifies(SIGNED, &URL_SAFE_NO_PAD.encode(&signature)));
        assert_ne!(key.sign(SIGNED.as_bytes()).expect("it signs"), signature, "with randomness of its own");
        assert!(key.public_jwk().get("d").is_none() && !format!("{key:?}").contains(&key.public.x));
    }

    #[test]
    fn other_keys_are_none() {
        let with = |name: &str, value: Value| {
            let mut jwk = openssl_jwk();
            jwk[name] = value;
            jwk
        };
        for wrong in [
            json!({}),
            with("crv", json!("P-256")),
            with("kty", json!("OKP")),
            with("alg", json!("ES256")),
            with("use", json!("enc")),
            with("key_ops", json!(["sign"])),
            with("x", json!(encoded(Y_OF_OPENSSL))),
            with("y", json!("")),
        ] {
            assert!(Sm2PublicKey::from_jwk(&wrong).is_none(), "{wrong}");
        }
        assert!(Sm2PublicKey::from_jwk(&with("alg", json!("SGD_SM3_SM2"))).is_some());
    }
}
