//! Tokens that must be accepted, and what becomes of them.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use yimen_identity::{
    Algorithm, DevelopmentIssuer, Es256Key, IssuerConfig, JwksSource, Sign, SignError, TokenRequest,
    Verifier, VerifierConfig,
};

use crate::support::{
    AUDIENCE, ISSUER, START, SetClock, forge, good_claims, good_header, jwks, verifier_with_file, verify,
    with,
};

type SignMessage = Box<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// A provider's key of any type.
struct ForeignKey {
    algorithm: Algorithm,
    jwk: Value,
    sign: SignMessage,
}

impl std::fmt::Debug for ForeignKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ForeignKey")
    }
}

impl Sign for ForeignKey {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn key_id(&self) -> &str {
        self.algorithm.as_str()
    }

    fn public_jwk(&self) -> Value {
        with(self.jwk.clone(), "kid", json!(self.key_id()))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok((self.sign)(message))
    }
}

fn rsa(algorithm: Algorithm, encoding: &'static dyn RsaEncoding) -> ForeignKey {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("the system has randomness");
    let public: PublicKeyComponents<Vec<u8>> = pair.public_key().into();
    ForeignKey {
        algorithm,
        jwk: json!({
            "kty": "RSA",
            "n": URL_SAFE_NO_PAD.encode(&public.n),
            "e": URL_SAFE_NO_PAD.encode(&public.e),
        }),
        sign: Box::new(move |message| {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(encoding, &SystemRandom::new(), message, &mut signature).expect("a usable key");
            signature
        }),
    }
}

fn es384() -> ForeignKey {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("the system has randomness");
    let (x, y) = pair.public_key().as_ref()[1..].split_at(48);
    ForeignKey {
        algorithm: Algorithm::ES384,
        jwk: json!({
            "kty": "EC", "crv": "P-384", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        }),
        sign: Box::new(move |message| {
            pair.sign(&SystemRandom::new(), message).expect("a usable key").as_ref().to_vec()
        }),
    }
}

fn ed25519() -> ForeignKey {
    let pair = Ed25519KeyPair::generate().expect("the system has randomness");
    ForeignKey {
        algorithm: Algorithm::EdDSA,
        jwk: json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair.public_key())}),
        sign: Box::new(move |message| pair.sign(message).as_ref().to_vec()),
    }
}

#[tokio::test]
async fn every_kind_of_key_verifies_where_it_is_allowed() {
    let keys = [
        rsa(Algorithm::RS256, &RSA_PKCS1_SHA256),
        rsa(Algorithm::PS256, &RSA_PSS_SHA256),
        es384(),
        ed25519(),
    ];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("jwks.json");
    let published = jwks(&keys.each_ref().map(|key| key as &dyn Sign));
    std::fs::write(&path, published.to_string()).expect("a writable folder");
    for allowed in keys.each_ref().map(Sign::algorithm) {
        let mut issuer = IssuerConfig::new(ISSUER, vec![AUDIENCE.to_owned()], JwksSource::File(path.clone()));
        issuer.algorithms = vec![allowed];
        let clock = SetClock::new();
        let verifier = Verifier::open(VerifierConfig::new(vec![issuer]), clock.clock())
            .await
            .expect("a good configuration");
        for key in &keys {
            let token = forge(key, &good_header(key), &good_claims());
            let accepted = verify(&verifier, &token).await.is_ok();
            assert_eq!(
                accepted,
                key.algorithm == allowed,
                "{:?} where {allowed:?} is allowed",
                key.algorithm
            );
        }
    }
}

#[tokio::test]
async fn a_development_token_becomes_the_principal_that_was_asked_for() {
    let issuer = DevelopmentIssuer::generate(ISSUER).expect("the system has randomness");
    let (folder, clock) = (tempfile::tempdir().expect("a temporary folder"), SetClock::new());
    let verifier = verifier_with_file(folder.path(), &issuer.jwks(), &clock).await;
    let mut request = TokenRequest::new("clerk-7", AUDIENCE, "console");
    request.roles = vec!["clerk".to_owned(), "steward".to_owned()];
    request.department = Some("taxes".to_owned());
    request.assurance = Some("L3".to_owned());
    request.scopes = vec!["registry".to_owned(), "catalogue".to_owned()];
    request.claims.insert("region".to_owned(), json!("330100"));
    request.claims.insert("sub".to_owned(), json!("somebody else"));
    request.lifetime = Duration::from_secs(90);
    let token = issuer.token(request, clock.now()).expect("a token");

    let principal = verify(&verifier, &token).await.expect("a good token");
    assert_eq!(principal.issuer, ISSUER);
    assert_eq!(principal.subject, "clerk-7");
    assert_eq!(principal.client.as_deref(), Some("console"));
    assert_eq!(principal.assurance.as_deref(), Some("L3"));
    assert_eq!(principal.audience, [AUDIENCE]);
    assert_eq!(principal.scopes.iter().collect::<Vec<_>>(), ["catalogue", "registry"]);
    assert_eq!(principal.roles().collect::<Vec<_>>(), ["clerk", "steward"]);
    assert_eq!(principal.department(), Some("taxes"));
    assert_eq!(principal.region("region"), Some("330100"));
    assert_eq!(principal.expires.as_second(), START + 90);
    assert!(!principal.claims.contains_key("sub"));
}

#[tokio::test]
async fn small_clock_differences_and_harmless_spellings_pass() {
    let key = Es256Key::generate().expect("the system has randomness");
    let (folder, clock) = (tempfile::tempdir().expect("a temporary folder"), SetClock::new());
    let verifier = verifier_with_file(folder.path(), &jwks(&[&key]), &clock).await;
    let header = || good_header(&key);
    for (name, header, claims) in [
        ("just expired", header(), with(good_claims(), "exp", json!(START - 29))),
        ("nearly valid", header(), with(good_claims(), "nbf", json!(START + 30))),
        ("a fraction of a second", header(), with(good_claims(), "exp", json!(START as f64 + 600.5))),
        (
            "one audience of several",
            header(),
            with(good_claims(), "aud", json!(["https://bank.example", AUDIENCE])),
        ),
        ("the long type", with(header(), "typ", json!("application/at+jwt")), good_claims()),
        ("a key address in the header", with(header(), "jku", json!("https://evil.example")), good_claims()),
    ] {
        let outcome = verify(&verifier, &forge(&key, &header, &claims)).await;
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
    let token = forge(&key, &header(), &good_claims());
    assert!(verifier.verify([format!("bearer {token}").as_bytes()]).await.is_ok(), "lower-case scheme");
}

#[tokio::test]
async fn plain_jwt_is_accepted_only_when_configured() {
    let key = Es256Key::generate().expect("the system has randomness");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, jwks(&[&key]).to_string()).expect("a writable folder");
    let mut issuer = IssuerConfig::new(ISSUER, vec![AUDIENCE.to_owned()], JwksSource::File(path));
    issuer.require_type = Some(vec!["JWT".to_owned()]);
    let clock = SetClock::new();
    let verifier =
        Verifier::open(VerifierConfig::new(vec![issuer]), clock.clock()).await.expect("a good configuration");
    let plain = with(good_header(&key), "typ", json!("JWT"));
    assert!(verify(&verifier, &forge(&key, &plain, &good_claims())).await.is_ok());
    assert!(verify(&verifier, &forge(&key, &good_header(&key), &good_claims())).await.is_err());
}
