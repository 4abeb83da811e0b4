//! JSON Web Signature in compact serialisation (RFC 7515): taken apart, checked, and made.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::key_set::VerifyingKey;
use crate::signing::{Sign, SignError};
use crate::{Algorithm, CredentialError};

/// A token taken apart. Nothing in it is to be believed before [`Compact::is_signed_by`] has said so.
pub(crate) struct Compact<'a, P, H = Header> {
    pub(crate) header: H,
    pub(crate) payload: P,
    signed: &'a str,
    signature: &'a str,
}

/// The header parameters that matter in a token; keys and addresses in a header (`jwk`, `jku`, `x5u`) never do.
#[derive(Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    pub(crate) kid: Option<String>,
    pub(crate) typ: Option<String>,
    #[serde(default)]
    crit: Presence,
}

/// Whether a member is there at all, whatever its value.
#[derive(Default)]
pub(crate) struct Presence(bool);

impl Presence {
    pub(crate) const fn is_there(&self) -> bool {
        self.0
    }
}

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

impl Header {
    pub(crate) fn has_critical_extensions(&self) -> bool {
        self.crit.is_there()
    }

    /// Whether `typ` is one of `accepted`, which are media types in the form that [`media_type`] gives.
    pub(crate) fn is_of_type(&self, accepted: &[String]) -> bool {
        self.typ.as_deref().is_some_and(|typ| accepted.contains(&media_type(typ)))
    }
}

/// A `typ` without its optional `application/` and in lower case (RFC 7515, section 4.1.9).
pub(crate) fn media_type(typ: &str) -> String {
    let lower = typ.to_ascii_lowercase();
    match lower.strip_prefix("application/") {
        Some(short) => short.to_owned(),
        None => lower,
    }
}

impl<'a, P: DeserializeOwned, H: DeserializeOwned> Compact<'a, P, H> {
    /// Takes a token of exactly three parts apart.
    ///
    /// # Errors
    /// [`CredentialError::MalformedToken`] when the parts aren't base64url without padding, or hold no JSON of the
    /// expected form.
    pub(crate) fn parse(token: &'a str) -> Result<Self, CredentialError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(CredentialError::MalformedToken)?;
        let (header, payload) = signed.split_once('.').ok_or(CredentialError::MalformedToken)?;
        Ok(Self { header: part(header)?, payload: part(payload)?, signed, signature })
    }

    pub(crate) fn is_signed_by(&self, key: &VerifyingKey, algorithm: Algorithm) -> bool {
        key.verifies(self.signed, self.signature, algorithm)
    }
}

/// Whether the token begins with the header of a JWS or JWE: whatever else is wrong with it, it isn't opaque.
pub(crate) fn has_header(token: &str) -> bool {
    token.split('.').next().is_some_and(|first| part::<Map<String, Value>>(first).is_ok())
}

/// One part: base64url (a dot in it, as a fourth part would bring, isn't), then JSON.
fn part<T: DeserializeOwned>(encoded: &str) -> Result<T, CredentialError> {
    let json = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| CredentialError::MalformedToken)?;
    serde_json::from_slice(&json).map_err(|_| CredentialError::MalformedToken)
}

/// A token of type `typ` with these claims, signed.
///
/// # Errors
/// When the claims can't be written as JSON, or the signer fails.
pub(crate) fn sign(signer: &dyn Sign, typ: &str, claims: &impl Serialize) -> Result<String, SignError> {
    #[derive(Serialize)]
    struct Written<'a> {
        alg: &'static str,
        typ: &'a str,
        kid: &'a str,
    }
    let header = Written { alg: signer.algorithm().as_str(), typ, kid: signer.key_id() };
    let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
    let signature = signer.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(header: &str, payload: &str) -> Result<Header, CredentialError> {
        let token = format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        Compact::<Map<String, Value>>::parse(&token).map(|compact| compact.header)
    }

    #[test]
    fn a_critical_header_is_seen_whatever_its_value() {
        for crit in [r#"["exp"]"#, "[]", "null", "7"] {
            let header = parse(&format!(r#"{{"alg":"ES256","crit":{crit}}}"#), "{}").expect("well formed");
            assert!(header.has_critical_extensions(), "{crit}");
        }
        assert!(!parse(r#"{"alg":"ES256"}"#, "{}").expect("well formed").has_critical_extensions());
    }

    #[test]
    fn a_repeated_header_parameter_is_refused() {
        assert!(parse(r#"{"alg":"ES256","alg":"none"}"#, "{}").is_err());
    }

    #[test]
    fn a_payload_must_be_an_object() {
        assert!(parse(r#"{"alg":"ES256"}"#, "[]").is_err());
        assert!(parse(r#"{"alg":"ES256"}"#, r#"{"iss":1} {}"#).is_err());
    }

    #[test]
    fn types_compare_without_prefix_and_case() {
        let accepted = ["at+jwt".to_owned()];
        for (typ, expected) in
            [("at+jwt", true), ("application/at+jwt", true), ("AT+JWT", true), ("JWT", false)]
        {
            let header = parse(&format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#), "{}").expect("well formed");
            assert_eq!(header.is_of_type(&accepted), expected, "{typ}");
        }
        assert!(!parse(r#"{"alg":"ES256"}"#, "{}").expect("well formed").is_of_type(&accepted));
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(token in "[A-Za-z0-9_.=-]{0,80}") {
            let _ = Compact::<Map<String, Value>>::parse(&token);
        }
    }
}
