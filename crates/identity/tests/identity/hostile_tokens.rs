//! Tokens that must be refused, each for its own reason.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use yimen_identity::{CredentialError, Es256Key, Sign};

use crate::support::{
    START, SetClock, forge, good_claims, good_header, jwks, trusting, unsigned, verifier_with_file, verify,
    with,
};

fn key() -> Es256Key {
    Es256Key::generate().expect("the system has randomness")
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().expect("an object").remove(name);
    object
}

#[tokio::test]
async fn spoiled_claims_are_refused() {
    use CredentialError::*;
    let claims = good_claims;
    let table = [
        ("another issuer", with(claims(), "iss", json!("https://evil.example")), UnknownIssuer),
        ("issuer with a slash", with(claims(), "iss", json!("https://id.example/")), UnknownIssuer),
        ("issuer as array", with(claims(), "iss", json!(["https://id.example"])), MalformedClaim("iss")),
        ("no issuer", without(claims(), "iss"), MalformedClaim("iss")),
        ("another audience", with(claims(), "aud", json!("https://bank.example")), WrongAudience),
        ("audiences without us", with(claims(), "aud", json!(["https://bank.example", "x"])), WrongAudience),
        ("no audience in the array", with(claims(), "aud", json!([])), WrongAudience),
        (
            "audience with a number",
            with(claims(), "aud", json!(["https://gateway.example", 1])),
            MalformedClaim("aud"),
        ),
        ("no audience", without(claims(), "aud"), MalformedClaim("aud")),
        ("expired", with(claims(), "exp", json!(START - 31)), Expired),
        ("expired at the skew's end", with(claims(), "exp", json!(START - 30)), Expired),
        ("expired before 1970", with(claims(), "exp", json!(-1)), Expired),
        (
            "expiry as a string",
            with(claims(), "exp", json!((START + 600).to_string())),
            MalformedClaim("exp"),
        ),
        ("expiry out of range", with(claims(), "exp", json!(1e300)), MalformedClaim("exp")),
        ("no expiry", without(claims(), "exp"), MalformedClaim("exp")),
        ("not valid yet", with(claims(), "nbf", json!(START + 31)), NotYetValid),
        ("issued in the future", with(claims(), "iat", json!(START + 31)), NotYetValid),
        ("start as a string", with(claims(), "nbf", json!("0")), MalformedClaim("nbf")),
        ("issue time as a string", with(claims(), "iat", json!("0")), MalformedClaim("iat")),
        ("no subject", without(claims(), "sub"), MalformedClaim("sub")),
        ("an empty subject", with(claims(), "sub", json!("")), MalformedClaim("sub")),
        ("a blank subject", with(claims(), "sub", json!(" ")), MalformedClaim("sub")),
        ("a subject that ends in a blank", with(claims(), "sub", json!("citizen-1 ")), MalformedClaim("sub")),
        ("an ideographic space", with(claims(), "sub", json!("\u{3000}citizen-1")), MalformedClaim("sub")),
        ("a subject of two lines", with(claims(), "sub", json!("citizen\n1")), MalformedClaim("sub")),
        ("an identifier that ends in a blank", with(claims(), "jti", json!("1 ")), MalformedClaim("jti")),
        ("an endless subject", with(claims(), "sub", json!("x".repeat(256))), MalformedClaim("sub")),
        ("a token's name as a number", with(claims(), "jti", json!(1)), MalformedClaim("jti")),
        ("an empty name", with(claims(), "jti", json!("")), MalformedClaim("jti")),
        ("an endless name", with(claims(), "jti", json!("x".repeat(256))), MalformedClaim("jti")),
        ("client as a number", with(claims(), "client_id", json!(1)), MalformedClaim("client_id")),
        ("scope as an array", with(claims(), "scope", json!(["a"])), MalformedClaim("scope")),
        ("bound to a key", with(claims(), "cnf", json!({"jkt": "abc"})), SenderConstrained),
    ];
    let (folder, key, clock) = (tempfile::tempdir().expect("a temporary folder"), key(), SetClock::new());
    let verifier = verifier_with_file(folder.path(), &jwks(&[&key]), &clock).await;
    for (name, claims, expected) in table {
        let token = forge(&key, &good_header(&key), &claims);
        assert_eq!(verify(&verifier, &token).await, Err(expected), "{name}");
    }
}

#[tokio::test]
async fn spoiled_headers_are_refused() {
    use CredentialError::*;
    let key = key();
    let header = || good_header(&key);
    let table = [
        ("none", with(header(), "alg", json!("none")), AlgorithmRefused),
        ("None", with(header(), "alg", json!("None")), AlgorithmRefused),
        ("an algorithm that isn't allowed", with(header(), "alg", json!("ES384")), AlgorithmRefused),
        ("an algorithm that doesn't exist", with(header(), "alg", json!("ES257")), AlgorithmRefused),
        ("no algorithm", without(header(), "alg"), MalformedToken),
        ("a critical extension", with(header(), "crit", json!(["b64"])), CriticalHeader),
        ("no critical extension", with(header(), "crit", json!([])), CriticalHeader),
        ("an identity token", with(header(), "typ", json!("JWT")), WrongType),
        ("an assertion", with(header(), "typ", json!("yimen-assertion+jwt")), WrongType),
        ("no type", without(header(), "typ"), WrongType),
        ("an unknown key", with(header(), "kid", json!("other")), UnknownKey),
    ];
    let (folder, clock) = (tempfile::tempdir().expect("a temporary folder"), SetClock::new());
    let verifier = verifier_with_file(folder.path(), &jwks(&[&key]), &clock).await;
    for (name, header, expected) in table {
        let token = forge(&key, &header, &good_claims());
        assert_eq!(verify(&verifier, &token).await, Err(expected), "{name}");
    }
}

#[tokio::test]
async fn forged_signatures_are_refused() {
    let (folder, key, clock) = (tempfile::tempdir().expect("a temporary folder"), key(), SetClock::new());
    let verifier = verifier_with_file(folder.path(), &jwks(&[&key]), &clock).await;
    let good = forge(&key, &good_header(&key), &good_claims());
    let (signed, signature) = good.rsplit_once('.').expect("three parts");

    // A key of our own under the issuer's key id, also where the header brings it along.
    let mine = self::key();
    let header = with(good_header(&mine), "kid", json!(key.key_id()));
    let wrong_key = forge(&mine, &header, &good_claims());
    let embedded = forge(&mine, &with(header, "jwk", mine.public_jwk()), &good_claims());
    // A good signature over another payload.
    let swapped = unsigned(&good_header(&key), &with(good_claims(), "sub", json!("citizen-2")));

    for (name, token) in [
        ("wrong key", wrong_key),
        ("embedded key", embedded),
        ("swapped payload", format!("{swapped}.{signature}")),
        ("no signature", format!("{signed}.")),
        ("half a signature", format!("{signed}.{}", &signature[..43])),
        ("a null signature", format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 64]))),
    ] {
        assert_eq!(verify(&verifier, &token).await, Err(CredentialError::BadSignature), "{name}");
    }
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let (folder, key, clock) = (tempfile::tempdir().expect("a temporary folder"), key(), SetClock::new());
    let verifier = verifier_with_file(folder.path(), &jwks(&[&key]), &clock).await;
    let signed = unsigned(&with(good_header(&key), "alg", json!("HS256")), &good_claims());
    for secret in [key.public_jwk().to_string(), jwks(&[&key]).to_string()] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
        assert_eq!(verify(&verifier, &token).await, Err(CredentialError::AlgorithmRefused));
    }
    let unsigned_token =
        format!("{}.", unsigned(&with(good_header(&key), "alg", json!("none")), &good_claims()));
    assert_eq!(verify(&verifier, &unsigned_token).await, Err(CredentialError::AlgorithmRefused));
}

#[tokio::test]
async fn one_issuer_s_key_does_not_speak_for_another() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (ours, theirs, clock) = (key(), key(), SetClock::new());
    let file = |name: &str, key: &Es256Key| {
        let path = folder.path().join(name);
        std::fs::write(&path, jwks(&[key]).to_string()).expect("a writable folder");
        yimen_identity::JwksSource::File(path)
    };
    let mut config = trusting(file("ours.json", &ours));
    let mut second = trusting(file("theirs.json", &theirs)).issuers.remove(0);
    second.issuer = "https://other.example".to_owned();
    config.issuers.push(second);
    let verifier = yimen_identity::Verifier::open(config, clock.clock()).await.expect("a good configuration");

    let as_other = with(good_claims(), "iss", json!("https://other.example"));
    assert!(verify(&verifier, &forge(&theirs, &good_header(&theirs), &as_other)).await.is_ok());
    let token = forge(&theirs, &good_header(&theirs), &good_claims());
    assert_eq!(verify(&verifier, &token).await, Err(CredentialError::UnknownKey));
}

#[tokio::test]
async fn whatever_is_no_token_is_refused() {
    let (folder, key, clock) = (tempfile::tempdir().expect("a temporary folder"), key(), SetClock::new());
    let verifier = verifier_with_file(folder.path(), &jwks(&[&key]), &clock).await;
    let good = forge(&key, &good_header(&key), &good_claims());
    for token in
        ["x", "..", "a.b", "a.b.c", &format!("{good}.x"), &format!(".{good}"), &good.replacen('.', "=.", 1)]
    {
        assert_eq!(verify(&verifier, token).await, Err(CredentialError::MalformedToken), "{token}");
    }
    let long = "a".repeat(64 * 1024);
    assert_eq!(verify(&verifier, &long).await, Err(CredentialError::TokenTooLong));

    let field = format!("Bearer {good}");
    let twice = [field.as_bytes(), field.as_bytes()];
    assert_eq!(verifier.verify(twice).await, Err(CredentialError::RepeatedAuthorization));
    assert_eq!(verifier.verify([]).await, Err(CredentialError::Absent));
}
