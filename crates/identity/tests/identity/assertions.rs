//! The assertion that a backend gets, and what it refuses.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use yimen_identity::{
    Assertion, AssertionClaims, AssertionError, AssertionSigner, AssertionVerifier, Confirmation,
    DevelopmentIssuer, Es256Key, KeyRing, KeyRingFile, Principal, PseudonymSecret, RingAlgorithm, Sign,
    TokenRequest,
};

use crate::support::{ISSUER, START, SetClock, forge, until, with};

const GATEWAY: &str = "https://gateway.example";
const BACKEND: &str = "https://taxes.example";
const PATH: &str = "/v1/%E7%A8%8E";

fn caller(clock: &SetClock) -> Principal {
    Principal {
        issuer: ISSUER.to_owned(),
        subject: "citizen-1".to_owned(),
        client: Some("app".to_owned()),
        assurance: Some("L2".to_owned()),
        audience: vec![GATEWAY.to_owned()],
        scopes: BTreeSet::new(),
        claims: json!({"name": "张三"}).as_object().cloned().expect("an object"),
        confirmation: Confirmation::default(),
        expires: clock.now(),
    }
}

struct Gateway {
    signer: AssertionSigner,
    key: Arc<Es256Key>,
    clock: SetClock,
}

impl Gateway {
    fn new() -> Self {
        let key = Arc::new(Es256Key::generate().expect("the system has randomness"));
        let secret = PseudonymSecret::generate().expect("the system has randomness");
        let signer = AssertionSigner::new(GATEWAY, secret, KeyRing::of(Arc::clone(&key) as Arc<dyn Sign>));
        Self { signer, key, clock: SetClock::new() }
    }

    fn mint(&self, department: &str, caller: Option<&Principal>, claims: Map<String, Value>) -> String {
        let (audience, method, path, now) = (BACKEND, "POST", PATH, self.clock.now());
        self.signer
            .mint(Assertion { audience, department, caller, method, path, claims, now })
            .expect("a usable key")
    }

    fn backend(&self) -> AssertionVerifier {
        AssertionVerifier::new(GATEWAY, BACKEND, &self.signer.jwks(self.clock.now())).expect("a JWK Set")
    }

    fn check(&self, assertion: &str) -> Result<AssertionClaims, AssertionError> {
        self.backend().verify(assertion, "POST", PATH, self.clock.now())
    }
}

#[test]
fn a_backend_learns_what_was_asserted_and_no_more() {
    let gateway = Gateway::new();
    let released = json!({"region": "330100", "sub": "citizen-1"}).as_object().cloned().expect("an object");
    let assertion = gateway.mint("taxes", Some(&caller(&gateway.clock)), released);
    let claims = gateway.check(&assertion).expect("a good assertion");
    assert_eq!((claims.issuer.as_str(), claims.audience.as_str()), (GATEWAY, BACKEND));
    assert_eq!((claims.method.as_str(), claims.path.as_str()), ("POST", PATH));
    assert_eq!((claims.issued_at, claims.expires), (START, START + 60));
    assert_eq!((claims.client.as_deref(), claims.assurance.as_deref()), (Some("app"), Some("L2")));
    assert_eq!(claims.claims.get("region"), Some(&json!("330100")));
    let subject = claims.subject.as_deref().expect("a pseudonym");
    assert_ne!(subject, "citizen-1", "a released claim doesn't replace the pseudonym");
    let written = serde_json::to_string(&claims).expect("JSON");
    assert!(!written.contains("张三"), "claims that weren't released stay behind");
}

#[test]
fn two_departments_can_not_join_their_records() {
    let gateway = Gateway::new();
    let subject = |department| {
        let assertion = gateway.mint(department, Some(&caller(&gateway.clock)), Map::new());
        gateway.check(&assertion).expect("a good assertion").subject.expect("a pseudonym")
    };
    assert_eq!(subject("taxes"), subject("taxes"));
    assert_ne!(subject("taxes"), subject("housing"));
}

#[test]
fn a_call_without_identity_has_no_subject() {
    let gateway = Gateway::new();
    let claims = gateway.check(&gateway.mint("taxes", None, Map::new())).expect("a good assertion");
    assert_eq!((claims.subject, claims.assurance, claims.client), (None, None, None));
}

#[test]
fn every_assertion_has_a_name_of_its_own() {
    let gateway = Gateway::new();
    let names: BTreeSet<_> = (0..100)
        .map(|_| gateway.check(&gateway.mint("taxes", None, Map::new())).expect("a good assertion").id)
        .collect();
    assert_eq!(names.len(), 100);
}

#[test]
fn an_assertion_is_for_one_backend_and_one_call() {
    let gateway = Gateway::new();
    let assertion = gateway.mint("taxes", None, Map::new());
    let now = gateway.clock.now();
    let refused = |issuer: &str, audience: &str, method: &str, path: &str| {
        let backend = AssertionVerifier::new(issuer, audience, &gateway.signer.jwks(gateway.clock.now()))
            .expect("a JWK Set");
        backend.verify(&assertion, method, path, now).expect_err("another call")
    };
    assert_eq!(refused("https://other.example", BACKEND, "POST", PATH), AssertionError::WrongIssuer);
    assert_eq!(refused(GATEWAY, "https://housing.example", "POST", PATH), AssertionError::WrongAudience);
    assert_eq!(refused(GATEWAY, BACKEND, "DELETE", PATH), AssertionError::WrongCall);
    assert_eq!(refused(GATEWAY, BACKEND, "POST", "/v1/other"), AssertionError::WrongCall);
}

#[test]
fn an_assertion_ends_after_a_minute() {
    let gateway = Gateway::new();
    let assertion = gateway.mint("taxes", None, Map::new());
    gateway.clock.advance(69);
    assert!(gateway.check(&assertion).is_ok(), "within the skew");
    gateway.clock.advance(1);
    assert_eq!(gateway.check(&assertion), Err(AssertionError::WrongTime));
    gateway.clock.advance(-81);
    assert_eq!(gateway.check(&assertion), Err(AssertionError::WrongTime), "from the future");
}

#[test]
fn forged_assertions_are_refused() {
    let gateway = Gateway::new();
    let claims = gateway.check(&gateway.mint("taxes", None, Map::new())).expect("a good assertion");
    let claims = serde_json::to_value(&claims).expect("JSON");
    let header = || json!({"alg": "ES256", "typ": "yimen-assertion+jwt", "kid": gateway.key.key_id()});
    let mine = Es256Key::generate().expect("the system has randomness");
    assert!(
        gateway.check(&forge(gateway.key.as_ref(), &header(), &claims)).is_ok(),
        "the table's starting point"
    );
    for (name, key, header, claims, expected) in [
        ("wrong key", &mine, header(), claims.clone(), AssertionError::BadSignature),
        ("unknown key", &mine, with(header(), "kid", json!("x")), claims.clone(), AssertionError::UnknownKey),
        (
            "none",
            &gateway.key,
            with(header(), "alg", json!("none")),
            claims.clone(),
            AssertionError::UnknownKey,
        ),
        (
            "HS256",
            &gateway.key,
            with(header(), "alg", json!("HS256")),
            claims.clone(),
            AssertionError::UnknownKey,
        ),
        (
            "type",
            &gateway.key,
            with(header(), "typ", json!("JWT")),
            claims.clone(),
            AssertionError::WrongType,
        ),
        (
            "crit",
            &gateway.key,
            with(header(), "crit", json!(["x"])),
            claims.clone(),
            AssertionError::WrongType,
        ),
        (
            "life",
            &gateway.key,
            header(),
            with(claims.clone(), "exp", json!(START + 61)),
            AssertionError::WrongTime,
        ),
        (
            "expiry",
            &gateway.key,
            header(),
            with(claims.clone(), "exp", json!("1")),
            AssertionError::Malformed,
        ),
    ] {
        assert_eq!(gateway.check(&forge(key, &header, &claims)), Err(expected), "{name}");
    }
}

#[test]
fn a_citizen_s_token_is_no_assertion() {
    let gateway = Gateway::new();
    let issuer = DevelopmentIssuer::generate(GATEWAY).expect("the system has randomness");
    let token =
        issuer.token(TokenRequest::new("citizen-1", BACKEND, "app"), gateway.clock.now()).expect("a token");
    let backend = AssertionVerifier::new(GATEWAY, BACKEND, &issuer.jwks()).expect("a JWK Set");
    assert!(backend.verify(&token, "POST", PATH, gateway.clock.now()).is_err());
}

#[tokio::test]
async fn a_ring_turns_while_it_is_used_and_a_file_that_can_t_be_read_changes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = KeyRingFile::new(folder.path().join("assertion-key.pem"));
    let ring = file.load_or_generate().expect("made");
    let secret = PseudonymSecret::generate().expect("the system has randomness");
    let signer = Arc::new(AssertionSigner::new(GATEWAY, secret, ring));
    let now = SetClock::new().now();
    let published = || signer.jwks(now)["keys"].as_array().map_or(0, Vec::len);

    let whole = std::fs::read_to_string(file.path()).expect("readable");
    std::fs::write(file.path(), "half a fi").expect("writable");
    let following = tokio::spawn(signer.follow(file.clone(), Duration::from_millis(2)));
    assert_eq!(published(), 1, "the last ring stays");
    std::fs::write(file.path(), whole).expect("writable");
    file.rotate(RingAlgorithm::Ed25519, SignedDuration::from_mins(10), now).expect("rotated");
    until(|| published() == 2).await;
    following.abort();
}
