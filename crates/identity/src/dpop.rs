//! Proofs of possession (DPoP, RFC 9449): whoever sends a token shows with each request that it holds the token's key.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::claims::numeric_date;
use crate::jws::{Compact, Presence, media_type};
use crate::key_set::VerifyingKey;
use crate::proof_memory::{Noted, ProofMemory};
use crate::{Algorithm, CredentialError, DpopConfig, ProofFault, ProofField, Sender, Thumbprint};

/// The type of proofs (RFC 9449, section 4.2).
const PROOF_TYPE: &str = "dpop+jwt";
/// The longest proof that is looked at, in bytes.
const MAX_PROOF_BYTES: usize = 4096;
/// The longest name of a proof (`jti`), in bytes.
const MAX_NAME_BYTES: usize = 255;
/// What proofs may be signed with.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::ES256, Algorithm::EdDSA];
/// The same, as a challenge says it (`algs`, RFC 9449, section 7.1).
pub(crate) const ALGORITHM_NAMES: &str = "ES256 EdDSA";
/// The members of a JWK that only a private or secret key has (RFC 7518, section 6; RFC 8037, section 2).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// How proofs are checked, and which were shown.
#[derive(Debug)]
pub(crate) struct Proofs {
    /// How clients reach us, without a slash at its end.
    base: String,
    window: SignedDuration,
    shown: ProofMemory,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    jwk: Map<String, Value>,
    #[serde(default)]
    crit: Presence,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: Value,
    ath: Option<String>,
}

impl Proofs {
    /// For requests to paths under this address.
    pub(crate) fn new(base: &Url, config: &DpopConfig) -> Self {
        let window = SignedDuration::try_from(config.window).unwrap_or(SignedDuration::ZERO);
        // From as early to as late as a proof is taken, and a moment more.
        let lasts = window.saturating_mul(2).saturating_add(SignedDuration::from_secs(1));
        Self {
            base: base.as_str().trim_end_matches('/').to_owned(),
            window,
            shown: ProofMemory::new(config.max_remembered, lasts),
        }
    }

    /// Checks the proof of a request with this token, which is bound to `key` (RFC 9449, section 4.3).
    pub(crate) fn check(
        &self,
        sender: &Sender<'_>,
        token: &str,
        key: &Thumbprint,
        now: Timestamp,
    ) -> Result<(), CredentialError> {
        let name = self.judge(sender, token, key, now).map_err(CredentialError::Proof)?;
        // Last, so that only proofs of those who hold a good token take room.
        match self.shown.note(key, &name, now) {
            Noted::First => Ok(()),
            Noted::Again => Err(CredentialError::Proof(ProofFault::Replayed)),
            Noted::NoRoom => Err(CredentialError::ProofsExhausted),
        }
    }

    /// The name (`jti`) of a proof that is good but for having been shown before.
    fn judge(
        &self,
        sender: &Sender<'_>,
        token: &str,
        key: &Thumbprint,
        now: Timestamp,
    ) -> Result<String, ProofFault> {
        let proof = match sender.proof {
            ProofField::Absent => return Err(ProofFault::Absent),
            ProofField::Repeated => return Err(ProofFault::Repeated),
            ProofField::One(proof) if proof.len() > MAX_PROOF_BYTES => return Err(ProofFault::Malformed),
            ProofField::One(proof) => str::from_utf8(proof).map_err(|_| ProofFault::Malformed)?,
        };
        let proof = Compact::<Claims, Header>::parse(proof).map_err(|_| ProofFault::Malformed)?;
        if media_type(&proof.header.typ) != PROOF_TYPE {
            return Err(ProofFault::WrongType);
        }
        let algorithm = Algorithm::from_name(&proof.header.alg)
            .filter(|algorithm| ALGORITHMS.contains(algorithm))
            .ok_or(ProofFault::Algorithm)?;
        if proof.header.crit.is_there() {
            return Err(ProofFault::CriticalHeader);
        }
        let claims = &proof.payload;
        self.check_claims(claims, sender, token, now)?;
        let shown = public_key(&proof.header.jwk, algorithm).ok_or(ProofFault::Key)?;
        if shown.thumbprint().ok_or(ProofFault::Key)? != *key {
            return Err(ProofFault::OtherKey);
        }
        if !proof.is_signed_by(&shown, algorithm) {
            return Err(ProofFault::Signature);
        }
        Ok(proof.payload.jti)
    }

    fn check_claims(
        &self,
        claims: &Claims,
        sender: &Sender<'_>,
        token: &str,
        now: Timestamp,
    ) -> Result<(), ProofFault> {
        if !(1..=MAX_NAME_BYTES).contains(&claims.jti.len()) {
            return Err(ProofFault::Malformed);
        }
        if claims.htm != sender.method {
            return Err(ProofFault::OtherMethod);
        }
        if !self.is_address(&claims.htu, sender.path) {
            return Err(ProofFault::OtherAddress);
        }
        let made = numeric_date(&claims.iat).ok_or(ProofFault::Malformed)?;
        if now.duration_since(made).abs() > self.window {
            return Err(ProofFault::NotNow);
        }
        let expected = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()));
        if claims.ath.as_ref() != Some(&expected) {
            return Err(ProofFault::OtherToken);
        }
        Ok(())
    }

    /// Whether this is the address of a path of ours, written as RFC 3986, section 6.2 allows: scheme and host in any case,
    /// the scheme's own port said or left out. What clients call us in `Host` is not asked, for whoever has got hold of a
    /// proof that was made for another server could write that server's name there.
    fn is_address(&self, written: &str, path: &str) -> bool {
        let ours = format!("{}{path}", self.base);
        if written == ours {
            return true;
        }
        match (Url::parse(written), Url::parse(&ours)) {
            // Neither query nor fragment belongs there (RFC 9449, section 4.2), and a name and password even less.
            (Ok(written), Ok(ours)) => written == ours,
            (Err(_), _) | (_, Err(_)) => false,
        }
    }
}

/// The key of a proof, if it is for this algorithm and nothing of it is private.
fn public_key(jwk: &Map<String, Value>, algorithm: Algorithm) -> Option<VerifyingKey> {
    if PRIVATE_MEMBERS.iter().any(|name| jwk.contains_key(*name)) {
        return None;
    }
    VerifyingKey::from_jwk(&Value::Object(jwk.clone())).filter(|key| key.fits(algorithm))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_compare_as_addresses_do() {
        let proofs = |base: &str| Proofs::new(&base.parse().expect("an address"), &DpopConfig::default());
        let gateway = proofs("https://yimen.example:443/");
        for (written, path, expected) in [
            ("https://yimen.example/call/1/a", "/call/1/a", true),
            ("HTTPS://Yimen.Example:443/call/1/a", "/call/1/a", true),
            ("https://yimen.example/call/1/%E4%B8%80", "/call/1/%E4%B8%80", true),
            ("https://yimen.example/call/1/b", "/call/1/a", false),
            ("https://yimen.example/call/1/A", "/call/1/a", false),
            ("https://yimen.example/call/1/a/", "/call/1/a", false),
            ("https://yimen.example:8443/call/1/a", "/call/1/a", false),
            ("http://yimen.example/call/1/a", "/call/1/a", false),
            ("https://yimen.example.evil.test/call/1/a", "/call/1/a", false),
            ("https://yimen.example/call/1/a?b=1", "/call/1/a", false),
            ("https://yimen.example/call/1/a?", "/call/1/a", false),
            ("https://yimen.example/call/1/a#b", "/call/1/a", false),
            ("https://me@yimen.example/call/1/a", "/call/1/a", false),
            ("/call/1/a", "/call/1/a", false),
            ("", "/call/1/a", false),
        ] {
            assert_eq!(gateway.is_address(written, path), expected, "{written}");
        }
        let beneath = proofs("https://city.example/one-door");
        assert!(beneath.is_address("https://city.example/one-door/call/1", "/call/1"));
        assert!(!beneath.is_address("https://city.example/call/1", "/call/1"));
    }

    #[test]
    fn the_challenge_names_the_algorithms_that_are_taken() {
        assert_eq!(ALGORITHM_NAMES, ALGORITHMS.map(Algorithm::as_str).join(" "));
    }
}
