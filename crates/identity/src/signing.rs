//! Keys that sign what leaves this crate.

use std::fmt;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::pem::{self, KeyBlock};
use crate::{Algorithm, KeyFileError, key_file};

/// Where the coordinates stand in an uncompressed point of a 256-bit curve: after the byte 4, 32 bytes each (SEC 1, 2.3.3).
pub(crate) const X: std::ops::Range<usize> = 1..33;
pub(crate) const Y: std::ops::Range<usize> = 33..65;

/// A private key that can sign, wherever it is kept.
pub trait Sign: fmt::Debug + Send + Sync {
    /// The algorithm of its signatures.
    fn algorithm(&self) -> Algorithm;

    /// The name of the key: its thumbprint (RFC 7638, SHA-256).
    fn key_id(&self) -> &str;

    /// The public key as a JWK (RFC 7517), with `kid`, `alg` and `use`.
    fn public_jwk(&self) -> Value;

    /// Signs the message, giving the signature in the form that JWS expects (RFC 7518, section 3).
    ///
    /// # Errors
    /// When the key can't be used.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// Why something can't be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The cryptographic library refuses.
    #[error("the cryptographic library refuses")]
    Crypto,
    /// The claims can't be written as JSON.
    #[error("the claims can't be written as JSON")]
    Claims(#[from] serde_json::Error),
}

/// An ES256 key (ECDSA on P-256 with SHA-256, RFC 7518, section 3.4).
pub struct Es256Key {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    id: String,
    x: String,
    y: String,
}

impl Es256Key {
    /// A new key that ends with the process.
    ///
    /// # Errors
    /// [`KeyFileError::Randomness`].
    pub fn generate() -> Result<Self, KeyFileError> {
        Self::from_pkcs8(&Self::new_pkcs8()?).ok_or(KeyFileError::Randomness)
    }

    /// The key in a PEM file (PKCS #8, `PRIVATE KEY`).
    ///
    /// # Errors
    /// When the file can't be read, or holds something else.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        Self::from_pem(&key_file::read(path)?, path)
    }

    /// The key in a PEM file (PKCS #8, `PRIVATE KEY`). A missing file is made, readable by its owner alone.
    ///
    /// # Errors
    /// When the file can't be read or made, or holds something else.
    pub fn load_or_generate(path: &Path) -> Result<Self, KeyFileError> {
        let text = key_file::read_or_create(path, || {
            Ok(pem::write(&KeyBlock { pkcs8: Self::new_pkcs8()?, signs_from: None }))
        })?;
        Self::from_pem(&text, path)
    }

    fn from_pem(text: &str, path: &Path) -> Result<Self, KeyFileError> {
        let keys = pem::read(text).unwrap_or_default();
        let only = if let [only] = keys.as_slice() { Self::from_pkcs8(&only.pkcs8) } else { None };
        only.ok_or_else(|| KeyFileError::Malformed {
            path: path.to_owned(),
            expected: "one P-256 private key in PKCS #8 PEM",
        })
    }

    pub(crate) fn new_pkcs8() -> Result<Vec<u8>, KeyFileError> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .and_then(|pair| pair.to_pkcs8v1())
            .map(|document| document.as_ref().to_vec())
            .map_err(|_| KeyFileError::Randomness)
    }

    pub(crate) fn from_pkcs8(document: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document).ok()?;
        let point = pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(point.get(X)?), URL_SAFE_NO_PAD.encode(point.get(Y)?));
        // The members in the order and spacing that RFC 7638, section 3.3 prescribes.
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let id = URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        Some(Self { pair, random: SystemRandom::new(), id, x, y })
    }
}

impl Sign for Es256Key {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }

    fn key_id(&self) -> &str {
        &self.id
    }

    fn public_jwk(&self) -> Value {
        json!({"kty": "EC", "crv": "P-256", "x": self.x, "y": self.y, "kid": self.id, "alg": "ES256", "use": "sig"})
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = self.pair.sign(&self.random, message).map_err(|_| SignError::Crypto)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for Es256Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Es256Key").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::{Jwk, ThumbprintHash};

    use super::*;

    #[test]
    fn a_key_survives_its_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("assertion.pem");
        let made = Es256Key::load_or_generate(&path).expect("made");
        assert_eq!(Es256Key::load_or_generate(&path).expect("kept").key_id(), made.key_id());
        assert_eq!(Es256Key::load(&path).expect("kept").public_jwk(), made.public_jwk());
    }

    #[test]
    fn the_identifier_is_the_thumbprint_of_the_public_key() {
        let key = Es256Key::generate().expect("the system has randomness");
        let jwk: Jwk = serde_json::from_value(key.public_jwk()).expect("a JWK");
        assert_eq!(jwk.thumbprint(ThumbprintHash::SHA256).expect("a thumbprint"), key.key_id());
        assert!(key.public_jwk().get("d").is_none());
    }

    #[test]
    fn other_files_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("assertion.pem");
        for text in ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            std::fs::write(&path, text).expect("a file");
            let error = Es256Key::load_or_generate(&path).expect_err("no key in it");
            assert!(matches!(error, KeyFileError::Malformed { .. }), "{error}");
        }
    }
}
