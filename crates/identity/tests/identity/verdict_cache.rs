//! What is remembered of a verdict, and when it is forgotten.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use serde_json::json;
use yimen_identity::{CredentialError, Es256Key, Sign, Verifier};

use crate::support::{
    Answer, KeyServer, SetClock, forge, good_claims, good_header, jwks, trusting, verifier_with_file, verify,
    with,
};

fn key() -> Es256Key {
    Es256Key::generate().expect("the system has randomness")
}

/// Keeps the counters of verdicts by outcome and cache.
#[derive(Debug, Default)]
struct Verdicts(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Verdicts {
    fn of(&self, outcome: &str, cache: &str) -> u64 {
        let counters = self.0.lock().expect("no test panics while counting");
        counters.get(&format!("{outcome} {cache}")).map_or(0, |counter| counter.load(Ordering::SeqCst))
    }
}

impl Recorder for Verdicts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        if key.name() != "yimen_identity_verdicts_total" {
            return Counter::noop();
        }
        let labels: Vec<&str> = key.labels().map(metrics::Label::value).collect();
        let mut counters = self.0.lock().expect("no test panics while counting");
        Counter::from_arc(Arc::clone(counters.entry(labels.join(" ")).or_default()))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn a_token_is_judged_once_and_remembered_briefly() {
    let (folder, key, clock) = (tempfile::tempdir().expect("a temporary folder"), key(), SetClock::new());
    let counted = Verdicts::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    metrics::with_local_recorder(&counted, || {
        runtime.block_on(async {
            let verifier = verifier_with_file(folder.path(), &jwks(&[&key]), &clock).await;
            let good = forge(&key, &good_header(&key), &good_claims());
            for _ in 0..3 {
                verify(&verifier, &good).await.expect("a good token");
            }
            assert_eq!((counted.of("accepted", "miss"), counted.of("accepted", "hit")), (1, 2));
            clock.advance(61);
            verify(&verifier, &good).await.expect("a good token");
            assert_eq!((counted.of("accepted", "miss"), counted.of("accepted", "hit")), (2, 2));

            // A bad signature is remembered for seconds, any other refusal not at all.
            let bad = forge(&self::key(), &good_header(&key), &good_claims());
            let early = forge(&key, &good_header(&key), &with(good_claims(), "aud", json!("other")));
            for token in [&bad, &bad, &early, &early] {
                verify(&verifier, token).await.expect_err("a bad token");
            }
            assert_eq!((counted.of("refused", "miss"), counted.of("refused", "hit")), (3, 1));
            clock.advance(6);
            verify(&verifier, &bad).await.expect_err("a bad token");
            assert_eq!((counted.of("refused", "miss"), counted.of("refused", "hit")), (4, 1));

            verifier.verify([]).await.expect_err("no credentials");
            verifier.verify([b"Bearer ".as_slice()]).await.expect_err("no token");
            assert_eq!((counted.of("absent", "none"), counted.of("refused", "none")), (1, 1));
        });
    });
}

#[tokio::test]
async fn a_remembered_token_still_expires() {
    let (folder, key, clock) = (tempfile::tempdir().expect("a temporary folder"), key(), SetClock::new());
    let verifier = verifier_with_file(folder.path(), &jwks(&[&key]), &clock).await;
    let claims = with(good_claims(), "exp", json!(crate::support::START + 5));
    let token = forge(&key, &good_header(&key), &claims);
    assert!(verify(&verifier, &token).await.is_ok());
    clock.advance(34);
    assert!(verify(&verifier, &token).await.is_ok(), "within the skew");
    clock.advance(1);
    assert_eq!(verify(&verifier, &token).await, Err(CredentialError::Expired));
}

#[tokio::test]
async fn a_withdrawn_key_takes_its_remembered_verdicts_with_it() {
    let (old, new, clock) = (key(), key(), SetClock::new());
    let server = KeyServer::start(Answer::Document(jwks(&[&old, &new]))).await;
    let mut config = trusting(server.source());
    config.refresh.interval = Duration::from_millis(20);
    let verifier = Verifier::open(config, clock.clock()).await.expect("a good configuration");
    let refresh = tokio::spawn(verifier.keep_keys_fresh());
    let token = forge(&old, &good_header(&old), &good_claims());
    assert!(verify(&verifier, &token).await.is_ok());

    server.answer(Answer::Document(jwks(&[&new])));
    // By the time of the second question from now on, the first answer with the new keys is in place.
    server.wait_until_asked(server.asked() + 3).await;
    assert_eq!(verify(&verifier, &token).await, Err(CredentialError::UnknownKey));
    assert!(verify(&verifier, &forge(&new, &good_header(&new), &good_claims())).await.is_ok());
    refresh.abort();
}

#[tokio::test]
async fn a_replaced_key_under_the_same_name_is_noticed() {
    let (old, new, clock) = (key(), key(), SetClock::new());
    let named = |key: &Es256Key| json!({ "keys": [with(key.public_jwk(), "kid", json!("the-key"))] });
    let header = with(good_header(&old), "kid", json!("the-key"));
    let server = KeyServer::start(Answer::Document(named(&old))).await;
    let mut config = trusting(server.source());
    config.refresh.interval = Duration::from_millis(20);
    let verifier = Verifier::open(config, clock.clock()).await.expect("a good configuration");
    let refresh = tokio::spawn(verifier.keep_keys_fresh());
    let token = forge(&old, &header, &good_claims());
    assert!(verify(&verifier, &token).await.is_ok());
    server.answer(Answer::Document(named(&new)));
    server.wait_until_asked(server.asked() + 3).await;
    assert_eq!(verify(&verifier, &token).await, Err(CredentialError::BadSignature));
    refresh.abort();
}
