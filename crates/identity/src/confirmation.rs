//! What a token is bound to (`cnf`, RFC 7800): the sender's key, its certificate, both, or nothing.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::CredentialError;

/// A SHA-256 digest: of a public key as RFC 7638 writes it, or of a certificate in DER (RFC 8705, section 3.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thumbprint([u8; 32]);

/// What a token is bound to. Where it is nothing, whoever holds the token may send it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Confirmation {
    /// The sender's key (`jkt`, RFC 9449, section 6.1).
    pub key: Option<Thumbprint>,
    /// The sender's certificate (`x5t#S256`, RFC 8705, section 3.1).
    pub certificate: Option<Thumbprint>,
}

impl Thumbprint {
    /// The thumbprint of a certificate in DER.
    pub fn of_certificate(der: &[u8]) -> Self {
        Self::of(der)
    }

    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut thumbprint = [0; 32];
        thumbprint.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(thumbprint)
    }

    /// From base64url without padding, in its one canonical form.
    fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// As tokens write it.
impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

impl Confirmation {
    /// Whether whoever holds the token may send it.
    pub const fn is_nothing(&self) -> bool {
        self.key.is_none() && self.certificate.is_none()
    }

    /// Reads the claim `cnf`.
    ///
    /// # Errors
    /// [`CredentialError::SenderConstrained`] where it says anything that isn't understood here: a token whose binding
    /// nobody checks must not pass as one that has none.
    pub(crate) fn from_claim(claim: Option<Value>) -> Result<Self, CredentialError> {
        let unknown = CredentialError::SenderConstrained;
        let Some(claim) = claim else { return Ok(Self::default()) };
        let members = claim.as_object().filter(|members| !members.is_empty()).ok_or(unknown)?;
        let mut confirmation = Self::default();
        for (name, value) in members {
            let thumbprint = value.as_str().and_then(Thumbprint::parse).ok_or(unknown)?;
            match name.as_str() {
                "jkt" => confirmation.key = Some(thumbprint),
                "x5t#S256" => confirmation.certificate = Some(thumbprint),
                _ => return Err(unknown),
            }
        }
        Ok(confirmation)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_claim_is_read_whole_or_refused() {
        let print = Thumbprint::of(b"key");
        let text = print.to_string();
        let read = |claim: Value| Confirmation::from_claim(Some(claim));
        assert_eq!(Confirmation::from_claim(None), Ok(Confirmation::default()));
        assert_eq!(read(json!({"jkt": text})), Ok(Confirmation { key: Some(print), certificate: None }));
        let both = json!({"jkt": text, "x5t#S256": text});
        assert_eq!(read(both), Ok(Confirmation { key: Some(print), certificate: Some(print) }));
        for unreadable in [
            json!({}),
            json!(null),
            json!("abc"),
            json!({"jkt": "abc"}),
            json!({"jkt": 7}),
            json!({"jkt": format!("{text}=")}),
            json!({"kid": text}),
            json!({"jkt": text, "jwk": {}}),
        ] {
            assert_eq!(read(unreadable.clone()), Err(CredentialError::SenderConstrained), "{unreadable}");
        }
    }
}
