//! A caller's name at one department: stable there, and worthless to any other.

use std::fmt;
use std::path::Path;

use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{KeyFileError, SignError, key_file};

/// The length of a secret that is made here, and the least that is accepted, in bytes.
const SECRET_BYTES: usize = 32;
/// Sets revocations' marks apart from every department's pseudonyms: an identifier of a department has a colon.
const REVOCATIONS: &str = "revocations";
/// Sets this use of the secret apart from any other.
const SALT: &[u8] = b"yimen pseudonym";

/// The secret from which every department's pseudonym key is derived.
///
/// A pseudonym is `base64url(HMAC-SHA256(department key, issuer ‖ 0x00 ‖ subject))`, and the department key is
/// `HKDF-SHA256(salt "yimen pseudonym", secret, info = department)` (RFC 5869). Two departments can't join their
/// records by it, and without the secret nobody gets back to the subject. Losing or changing the secret gives every
/// caller a new name everywhere: back it up.
pub struct PseudonymSecret(Prk);

impl PseudonymSecret {
    /// A new random secret, for tests and demonstrations: its pseudonyms end with the process.
    ///
    /// # Errors
    /// [`KeyFileError::Randomness`].
    pub fn generate() -> Result<Self, KeyFileError> {
        Ok(Self::derive(&random()?))
    }

    /// The secret in a file: at least 32 bytes as base64url without padding. A missing file is made, readable by
    /// its owner alone.
    ///
    /// # Errors
    /// When the file can't be read or made, or holds something else.
    pub fn load_or_generate(path: &Path) -> Result<Self, KeyFileError> {
        let text = key_file::read_or_create(path, || Ok(format!("{}\n", URL_SAFE_NO_PAD.encode(random()?))))?;
        match URL_SAFE_NO_PAD.decode(text.trim()) {
            Ok(secret) if secret.len() >= SECRET_BYTES => Ok(Self::derive(&secret)),
            Ok(_) | Err(_) => Err(KeyFileError::Malformed {
                path: path.to_owned(),
                expected: "at least 32 bytes as base64url without padding",
            }),
        }
    }

    fn derive(secret: &[u8]) -> Self {
        Self(Salt::new(HKDF_SHA256, SALT).extract(secret))
    }

    /// The name by which `department` knows this subject of this issuer.
    ///
    /// # Errors
    /// When the cryptographic library refuses, which it has no documented reason for.
    pub fn pseudonym(&self, department: &str, issuer: &str, subject: &str) -> Result<String, SignError> {
        // An issuer has no control characters (the configuration refuses them), so the split is unambiguous.
        self.keyed_hash(department, &[issuer, subject])
    }

    /// The mark of something of this kind that an issuer named; see [`crate::Revocations`].
    pub(crate) fn mark(&self, kind: &str, issuer: &str, value: &str) -> Result<String, SignError> {
        self.keyed_hash(REVOCATIONS, &[kind, issuer, value])
    }

    /// `base64url(HMAC-SHA256(key for this use, parts between zero bytes))`.
    fn keyed_hash(&self, info: &str, parts: &[&str]) -> Result<String, SignError> {
        let info = [info.as_bytes()];
        let key: hmac::Key = self.0.expand(&info, hmac::HMAC_SHA256).map_err(|_| SignError::Crypto)?.into();
        let mut context = hmac::Context::with_key(&key);
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                context.update(&[0]);
            }
            context.update(part.as_bytes());
        }
        Ok(URL_SAFE_NO_PAD.encode(context.sign()))
    }
}

fn random() -> Result<[u8; SECRET_BYTES], KeyFileError> {
    let mut bytes = [0; SECRET_BYTES];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeyFileError::Randomness)?;
    Ok(bytes)
}

impl fmt::Debug for PseudonymSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymSecret([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example";

    #[test]
    fn the_construction_stays_as_it_is() {
        // Computed independently with Python's hmac and hashlib. A change here renames every citizen everywhere.
        let secret = PseudonymSecret::derive(&[7; SECRET_BYTES]);
        assert_eq!(
            secret.pseudonym("11330100MB0000001X", ISSUER, "citizen-1").expect("a pseudonym"),
            "xKhxPUkANMIEkTD_2l9wZuIemFhUFSxY2HbOld8wJgg"
        );
    }

    #[test]
    fn a_revocation_s_mark_stays_as_it_is() {
        // Computed independently with Python's hmac and hashlib. A change here lets everybody back in who is revoked.
        let secret = PseudonymSecret::derive(&[7; SECRET_BYTES]);
        assert_eq!(
            secret.mark("subject", ISSUER, "citizen-1").expect("a mark"),
            "qnIcqHXJiUxG9PjKF2RuxltYjwOiN1YnJyFzC-WH5f0"
        );
    }

    #[test]
    fn pseudonyms_differ_by_department_issuer_and_subject_only() {
        let secret = PseudonymSecret::generate().expect("the system has randomness");
        let name =
            |department, issuer, subject| secret.pseudonym(department, issuer, subject).expect("a pseudonym");
        let one = name("taxes", ISSUER, "citizen-1");
        assert_eq!(one, name("taxes", ISSUER, "citizen-1"));
        assert_ne!(one, name("housing", ISSUER, "citizen-1"));
        assert_ne!(one, name("taxes", "https://other.example", "citizen-1"));
        assert_ne!(one, name("taxes", ISSUER, "citizen-2"));
        assert!(!one.contains("citizen"));
    }

    #[test]
    fn the_file_keeps_the_names_stable() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("pseudonyms");
        let name = || {
            let secret = PseudonymSecret::load_or_generate(&path).expect("a secret");
            secret.pseudonym("taxes", ISSUER, "citizen-1").expect("a pseudonym")
        };
        assert_eq!(name(), name());
    }

    #[test]
    fn a_short_secret_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("pseudonyms");
        std::fs::write(&path, "c2hvcnQ\n").expect("a file");
        let error = PseudonymSecret::load_or_generate(&path).expect_err("too short");
        assert!(matches!(error, KeyFileError::Malformed { .. }), "{error}");
    }
}
