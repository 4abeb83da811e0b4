//! Ed25519 keys.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::signing::{Sign, SignError};
use crate::{Algorithm, KeyFileError};

/// An EdDSA key on Curve25519 (RFC 8037).
pub struct Ed25519Key {
    pair: Ed25519KeyPair,
    id: String,
    x: String,
}

impl Ed25519Key {
    /// A new key that ends with the process.
    ///
    /// # Errors
    /// [`KeyFileError::Randomness`].
    pub fn generate() -> Result<Self, KeyFileError> {
        Self::from_pkcs8(&Self::new_pkcs8()?).ok_or(KeyFileError::Randomness)
    }

    pub(crate) fn new_pkcs8() -> Result<Vec<u8>, KeyFileError> {
        // Version 1, without the public key: what OpenSSL reads and writes.
        Ed25519KeyPair::generate()
            .and_then(|pair| pair.to_pkcs8v1())
            .map(|document| document.as_ref().to_vec())
            .map_err(|_| KeyFileError::Randomness)
    }

    pub(crate) fn from_pkcs8(document: &[u8]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(document).ok()?;
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        // The members in the order and spacing that RFC 7638, section 3.3 prescribes; which ones, RFC 8037 says.
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let id = URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        Some(Self { pair, id, x })
    }
}

impl Sign for Ed25519Key {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }

    fn key_id(&self) -> &str {
        &self.id
    }

    fn public_jwk(&self) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": self.x, "kid": self.id, "alg": "EdDSA", "use": "sig"})
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.pair.try_sign(message).map_err(|_| SignError::Crypto)?.as_ref().to_vec())
    }
}

impl fmt::Debug for Ed25519Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ed25519Key").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifier_is_the_thumbprint_of_the_example_in_rfc_8037() {
        // RFC 8037, appendix A.1 (the key) and A.3 (its thumbprint); PKCS #8 as RFC 8410, section 7 writes it.
        let seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
        let seed = URL_SAFE_NO_PAD.decode(seed).expect("base64url");
        let pkcs8 =
            [b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".as_slice(), &seed].concat();
        let key = Ed25519Key::from_pkcs8(&pkcs8).expect("a key");
        assert_eq!(key.public_jwk()["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.key_id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        // RFC 8037, appendix A.4.
        let signed = key.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc").expect("it signs");
        assert_eq!(
            URL_SAFE_NO_PAD.encode(signed),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
        assert!(key.public_jwk().get("d").is_none());
    }
}
