//! How keys are fetched: rarely, one at a time, and without trusting the provider to be up.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::net::TcpListener;
use yimen_identity::{
    CredentialError, Es256Key, JwksSource, KeyDocumentError, SetupError, Verifier, VerifierConfig,
};

use crate::support::{
    Answer, KeyServer, SetClock, forge, good_claims, good_header, jwks, source_at, trusting, until, verify,
    with,
};

fn key() -> Es256Key {
    Es256Key::generate().expect("the system has randomness")
}

async fn open(config: VerifierConfig, clock: &SetClock) -> Verifier {
    Verifier::open(config, clock.clock()).await.expect("a good configuration")
}

#[tokio::test]
async fn a_flood_of_unknown_keys_causes_one_fetch() {
    let (key, clock) = (key(), SetClock::new());
    let server = KeyServer::start(Answer::Document(jwks(&[&key]))).await;
    let verifier = open(trusting(server.source()), &clock).await;
    assert_eq!(server.asked(), 1, "at start");
    let tokens: Vec<String> = (0..1000)
        .map(|n| forge(&key, &with(good_header(&key), "kid", json!(format!("random-{n}"))), &good_claims()))
        .collect();
    let outcomes = join_all(tokens.iter().map(|token| verify(&verifier, token))).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Err(CredentialError::UnknownKey)));
    assert_eq!(server.asked(), 2, "one for a thousand");
    assert!(verify(&verifier, &forge(&key, &good_header(&key), &good_claims())).await.is_ok());
}

#[tokio::test]
async fn a_new_key_is_learnt_from_its_first_token() {
    let (old, new, clock) = (key(), key(), SetClock::new());
    let server = KeyServer::start(Answer::Document(jwks(&[&old]))).await;
    let verifier = open(trusting(server.source()), &clock).await;
    server.answer(Answer::Document(jwks(&[&old, &new])));
    assert!(verify(&verifier, &forge(&new, &good_header(&new), &good_claims())).await.is_ok());
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_provider_that_is_down_at_start_is_asked_again() {
    let (key, clock) = (key(), SetClock::new());
    // Bound but not served: connections hang, as with a provider that is overwhelmed.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let mut config = trusting(source_at(listener.local_addr().expect("a bound listener")));
    config.refresh.fetch_timeout = Duration::from_millis(100);
    config.refresh.first_retry = Duration::from_millis(10);
    let verifier = open(config, &clock).await;
    let token = forge(&key, &good_header(&key), &good_claims());
    assert!(!verifier.has_all_keys());
    assert_eq!(verify(&verifier, &token).await, Err(CredentialError::KeysUnavailable));

    let _server = KeyServer::serve(listener, Answer::Document(jwks(&[&key])));
    let refresh = tokio::spawn(verifier.keep_keys_fresh());
    until(|| verifier.has_all_keys()).await;
    assert!(verify(&verifier, &token).await.is_ok());
    refresh.abort();
}

#[tokio::test]
async fn an_outage_stops_nobody_whose_key_is_known_until_the_keys_are_stale() {
    let (key, other, clock) = (key(), key(), SetClock::new());
    let server = KeyServer::start(Answer::Document(jwks(&[&key]))).await;
    let mut config = trusting(server.source());
    config.refresh.interval = Duration::from_millis(20);
    config.refresh.first_retry = Duration::from_millis(20);
    config.refresh.stale_for = Duration::from_secs(3600);
    let verifier = open(config, &clock).await;
    let refresh = tokio::spawn(verifier.keep_keys_fresh());
    server.answer(Answer::Failure);
    server.wait_until_asked(server.asked() + 3).await;

    clock.advance(3600);
    let lasting = || with(good_claims(), "exp", json!(crate::support::START + 9000));
    let token = |n: u8| forge(&key, &good_header(&key), &with(lasting(), "n", json!(n)));
    assert!(verify(&verifier, &token(1)).await.is_ok(), "known key");
    let unknown = forge(&other, &good_header(&other), &lasting());
    assert_eq!(verify(&verifier, &unknown).await, Err(CredentialError::KeysUnavailable), "who knows");
    clock.advance(1);
    assert_eq!(verify(&verifier, &token(2)).await, Err(CredentialError::KeysUnavailable), "stale");

    server.answer(Answer::Document(jwks(&[&key])));
    server.wait_until_asked(server.asked() + 3).await;
    assert!(verify(&verifier, &token(3)).await.is_ok(), "back");
    refresh.abort();
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_abort_the_fetch() {
    let (key, clock) = (key(), SetClock::new());
    let server = KeyServer::start(Answer::Document(jwks(&[]))).await;
    let verifier = open(trusting(server.source()), &clock).await;
    server.answer(Answer::Silence);
    let token = forge(&key, &good_header(&key), &good_claims());
    tokio::select! {
        outcome = verify(&verifier, &token) => panic!("nothing has been answered yet: {outcome:?}"),
        () = server.wait_until_asked(2) => {}
    }
    server.answer(Answer::Document(jwks(&[&key])));
    assert!(verify(&verifier, &token).await.is_ok(), "waits for the same fetch");
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn answers_that_are_no_key_set_are_not_taken() {
    let (key, clock) = (key(), SetClock::new());
    let elsewhere = KeyServer::start(Answer::Document(jwks(&[&key]))).await;
    let padded = with(jwks(&[&key]), "padding", json!("x".repeat(300 * 1024)));
    for (name, answer) in [
        ("redirect", Answer::Redirect(format!("http://{}/jwks.json", elsewhere.address))),
        ("too large", Answer::Document(padded)),
        ("not a set", Answer::Document(json!({"error": "down"}))),
        ("status", Answer::Failure),
    ] {
        let server = KeyServer::start(answer).await;
        assert!(!open(trusting(server.source()), &clock).await.has_all_keys(), "{name}");
        assert_eq!(server.asked(), 1, "{name}");
    }
    assert_eq!(elsewhere.asked(), 0, "redirects are not followed");
}

#[tokio::test]
async fn a_key_file_must_be_there_and_is_read_again() {
    let (old, new, clock) = (key(), key(), SetClock::new());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("jwks.json");
    let missing = Verifier::open(trusting(JwksSource::File(path.clone())), clock.clock()).await;
    assert!(matches!(missing, Err(SetupError::Keys { source: KeyDocumentError::File(_), .. })));
    std::fs::write(&path, "{").expect("a writable folder");
    let broken = Verifier::open(trusting(JwksSource::File(path.clone())), clock.clock()).await;
    assert!(matches!(broken, Err(SetupError::Keys { source: KeyDocumentError::NotKeys, .. })));

    std::fs::write(&path, jwks(&[&old]).to_string()).expect("a writable folder");
    let verifier = open(trusting(JwksSource::File(path.clone())), &clock).await;
    std::fs::write(&path, jwks(&[&old, &new]).to_string()).expect("a writable folder");
    assert!(verify(&verifier, &forge(&new, &good_header(&new), &good_claims())).await.is_ok());
}

#[tokio::test]
async fn keys_are_found_where_the_issuers_own_metadata_say() {
    let (key, clock) = (key(), SetClock::new());
    let server = KeyServer::start(Answer::Document(jwks(&[&key]))).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let issuer = format!("http://{}/tenant", listener.local_addr().expect("a bound listener"));
    let good = json!({"issuer": issuer, "jwks_uri": format!("http://{}/jwks.json", server.address)});
    let (answer, answers) = tokio::sync::watch::channel(good.clone());
    let metadata = axum::routing::get(async move || axum::Json(answers.borrow().clone()));
    let router = axum::Router::new().route("/tenant/.well-known/openid-configuration", metadata);
    tokio::spawn(async move { axum::serve(listener, router).await });

    let mut config = trusting(JwksSource::Discovery);
    config.issuers[0].issuer.clone_from(&issuer);
    let token = forge(&key, &good_header(&key), &with(good_claims(), "iss", json!(issuer)));
    let verifier = open(config.clone(), &clock).await;
    verify(&verifier, &token).await.expect("a good token");

    for spoiled in [
        with(good.clone(), "issuer", json!("https://other.example")),
        with(good.clone(), "issuer", json!(format!("{issuer}/"))),
        with(good, "jwks_uri", json!("http://keys.example/jwks.json")),
        json!({"issuer": issuer}),
    ] {
        answer.send_replace(spoiled.clone());
        let verifier = open(config.clone(), &clock).await;
        assert!(!verifier.has_all_keys(), "{spoiled}");
        assert_eq!(verify(&verifier, &token).await, Err(CredentialError::KeysUnavailable), "{spoiled}");
    }
}
