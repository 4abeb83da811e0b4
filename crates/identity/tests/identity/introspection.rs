//! Opaque tokens, whose provider is asked: a named double on a free port that answers as RFC 7662 says.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use yimen_identity::{
    ClientAuth, CredentialError, Es256Key, Fault, IntrospectionConfig, PseudonymSecret, Revocations,
    SetupError, Sign, Verifier, VerifierConfig,
};

use crate::support::{
    AUDIENCE, ISSUER, START, SetClock, forge, good_claims, good_header, until, verify, with,
};

const CLIENT: &str = "yimen";
/// Has what has to be encoded on the way (RFC 6749, section 2.3.1).
const SECRET: &str = "s3cret:+/ ü";
const TOKEN: &str = "opaque-Token_1";

/// A provider that keeps what it was asked, and answers what the test sets.
struct Provider {
    address: SocketAddr,
    answer: watch::Sender<Option<(StatusCode, String)>>,
    asked: Arc<watch::Sender<Vec<Asked>>>,
}

/// A question: the form, and the value of `Authorization`.
#[derive(Debug, Clone)]
struct Asked {
    form: Vec<(String, String)>,
    authorization: Option<String>,
}

impl Asked {
    fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

type Shared = (watch::Receiver<Option<(StatusCode, String)>>, Arc<watch::Sender<Vec<Asked>>>);

async fn introspect(
    State((mut answers, asked)): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    let authorization = headers.get("authorization").map(|field| field.to_str().expect("ASCII").to_owned());
    asked.send_modify(|list| list.push(Asked { form, authorization }));
    let answer = answers.wait_for(Option::is_some).await.expect("a live test").clone();
    answer.expect("waited for").into_response()
}

impl Provider {
    async fn start(answer: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let (sender, answers) = watch::channel(None);
        let asked = Arc::new(watch::Sender::new(Vec::new()));
        let router = Router::new().route("/introspect", post(introspect));
        let router = router.with_state((answers, Arc::clone(&asked)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let provider = Self { address, answer: sender, asked };
        provider.answers(&answer);
        provider
    }

    fn answers(&self, answer: &Value) {
        self.answer.send_replace(Some((StatusCode::OK, answer.to_string())));
    }

    fn fails(&self, status: StatusCode) {
        self.answer.send_replace(Some((status, "{}".to_owned())));
    }

    /// Leaves questions open until another answer is set.
    fn is_silent(&self) {
        self.answer.send_replace(None);
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.borrow().clone()
    }

    fn config(&self, folder: &Path) -> IntrospectionConfig {
        let secret = folder.join("secret");
        std::fs::write(&secret, format!("{SECRET}\n")).expect("a writable folder");
        let endpoint = format!("http://{}/introspect", self.address).parse().expect("an address is a host");
        let auth = ClientAuth::SecretFile(secret);
        IntrospectionConfig::new(ISSUER, vec![AUDIENCE.to_owned()], endpoint, CLIENT, auth)
    }
}

/// The answer for a good token; tests spoil it.
fn active() -> Value {
    let claims = with(good_claims(), "active", json!(true));
    with(with(claims, "token_type", json!("Bearer")), "scope", json!("read write"))
}

/// The answer for a token that is bound to a key (RFC 9449, section 6.2).
fn bound() -> Value {
    let key = Es256Key::generate().expect("the system has randomness");
    with(with(active(), "token_type", json!("DPoP")), "cnf", json!({"jkt": key.key_id()}))
}

fn only(introspection: IntrospectionConfig) -> VerifierConfig {
    let mut config = VerifierConfig::new(Vec::new());
    config.introspection = Some(introspection);
    config
}

/// A verifier that asks `provider`, with the folder of its secret and its clock.
async fn asking(provider: &Provider) -> (Verifier, SetClock, tempfile::TempDir) {
    let (folder, clock) = (tempfile::tempdir().expect("a temporary folder"), SetClock::new());
    let config = only(provider.config(folder.path()));
    (Verifier::open(config, clock.clock()).await.expect("a good configuration"), clock, folder)
}

#[tokio::test]
async fn the_provider_says_who_it_is_and_is_asked_once() {
    let provider = Provider::start(active()).await;
    let (verifier, clock, _folder) = asking(&provider).await;
    for _ in 0..3 {
        let caller = verify(&verifier, TOKEN).await.expect("an active token");
        assert_eq!((caller.issuer.as_str(), caller.subject.as_str()), (ISSUER, "citizen-1"));
        assert_eq!(caller.client.as_deref(), Some("app"));
        assert!(caller.scopes.contains("write") && caller.claims.get("active").is_none());
    }
    let asked = provider.asked();
    assert_eq!(asked.len(), 1, "the answer is remembered");
    assert_eq!(asked[0].field("token"), Some(TOKEN));
    assert_eq!(asked[0].field("token_type_hint"), Some("access_token"));
    let expected = STANDARD.encode("yimen:s3cret%3A%2B%2F+%C3%BC");
    assert_eq!(asked[0].authorization.as_deref(), Some(format!("Basic {expected}").as_str()));

    clock.advance(10);
    provider.answers(&json!({"active": false}));
    assert_eq!(verify(&verifier, TOKEN).await, Err(CredentialError::Inactive), "withdrawn, seen after 10 s");
}

#[tokio::test]
async fn nothing_is_remembered_past_the_token_s_end() {
    let provider = Provider::start(with(active(), "exp", json!(START + 3))).await;
    let (verifier, clock, _folder) = asking(&provider).await;
    verify(&verifier, TOKEN).await.expect("an active token");
    clock.advance(2);
    verify(&verifier, TOKEN).await.expect("an active token");
    assert_eq!(provider.asked().len(), 1);
    clock.advance(1);
    provider.answers(&json!({"active": false}));
    assert_eq!(verify(&verifier, TOKEN).await, Err(CredentialError::Inactive));
}

#[tokio::test]
async fn a_refusal_is_remembered_briefly() {
    let provider = Provider::start(json!({"active": false, "sub": "somebody"})).await;
    let (verifier, clock, _folder) = asking(&provider).await;
    for _ in 0..3 {
        assert_eq!(verify(&verifier, TOKEN).await, Err(CredentialError::Inactive));
    }
    assert_eq!(provider.asked().len(), 1);
    clock.advance(5);
    provider.answers(&active());
    verify(&verifier, TOKEN).await.expect("it became active");
}

#[tokio::test]
async fn many_who_show_the_same_token_cause_one_question() {
    let provider = Provider::start(active()).await;
    provider.is_silent();
    let (verifier, _clock, _folder) = asking(&provider).await;
    let verifier = Arc::new(verifier);
    // Whoever asks first hangs up; the others must not go with it.
    let first = tokio::spawn({
        let verifier = Arc::clone(&verifier);
        async move { verify(&verifier, TOKEN).await }
    });
    until(|| provider.asked().len() == 1).await;
    let others: Vec<_> = (0..50)
        .map(|_| {
            let verifier = Arc::clone(&verifier);
            tokio::spawn(async move { verify(&verifier, TOKEN).await })
        })
        .collect();
    tokio::task::yield_now().await;
    first.abort();
    until(|| provider.asked().len() == 2).await;
    provider.answers(&active());
    for other in others {
        other.await.expect("no panic").expect("an active token");
    }
    assert_eq!(provider.asked().len(), 2, "the one who hung up, and one for all others");
}

#[tokio::test]
async fn an_outage_is_not_the_caller_s_fault_and_not_remembered() {
    let provider = Provider::start(active()).await;
    let (folder, clock) = (tempfile::tempdir().expect("a temporary folder"), SetClock::new());
    let mut config = provider.config(folder.path());
    config.opens_after = 100;
    let verifier = Verifier::open(only(config), clock.clock()).await.expect("a good configuration");
    let unavailable = Err(CredentialError::IntrospectionUnavailable);
    for status in [StatusCode::UNAUTHORIZED, StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND] {
        provider.fails(status);
        assert_eq!(verify(&verifier, TOKEN).await, unavailable, "{status}");
    }
    for nonsense in [json!({}), json!({"active": "true"}), json!([true]), json!({"active": null})] {
        provider.answers(&nonsense);
        assert_eq!(verify(&verifier, TOKEN).await, unavailable, "{nonsense}");
    }
    provider.answers(&json!({"active": true, "padding": "x".repeat(64 * 1024)}));
    assert_eq!(verify(&verifier, TOKEN).await, unavailable, "too large");
    assert_eq!(CredentialError::IntrospectionUnavailable.fault(), Fault::Provider);
    provider.answers(&active());
    verify(&verifier, TOKEN).await.expect("the provider is back");
}

#[tokio::test]
async fn a_silent_provider_and_a_full_queue_end_in_time() {
    let provider = Provider::start(active()).await;
    provider.is_silent();
    let (folder, clock) = (tempfile::tempdir().expect("a temporary folder"), SetClock::new());
    let mut config = provider.config(folder.path());
    (config.timeout, config.max_at_once) = (Duration::from_millis(50), 1);
    let verifier = Verifier::open(only(config), clock.clock()).await.expect("a good configuration");
    let unavailable = Err(CredentialError::IntrospectionUnavailable);
    let (one, other) = tokio::join!(verify(&verifier, TOKEN), verify(&verifier, "another"));
    assert_eq!((one, other), (unavailable.clone(), unavailable));
}

#[tokio::test]
async fn a_provider_that_fails_again_and_again_is_left_alone_and_tried_later() {
    let provider = Provider::start(active()).await;
    provider.fails(StatusCode::INTERNAL_SERVER_ERROR);
    let (folder, clock) = (tempfile::tempdir().expect("a temporary folder"), SetClock::new());
    let mut config = provider.config(folder.path());
    (config.opens_after, config.open_for) = (3, Duration::from_millis(200));
    let verifier = Verifier::open(only(config), clock.clock()).await.expect("a good configuration");
    let unavailable = Err(CredentialError::IntrospectionUnavailable);
    for number in 0..20 {
        assert_eq!(verify(&verifier, &format!("token-{number}")).await, unavailable);
    }
    // A machine that is very slow may have got as far as a trial.
    let asked = provider.asked().len();
    assert!((3..10).contains(&asked), "asked {asked} times");

    provider.answers(&active());
    tokio::time::timeout(Duration::from_secs(10), async {
        while verify(&verifier, TOKEN).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("a trial finds out that it is back");
    verify(&verifier, "another").await.expect("everybody's tokens are asked about again");
}

#[tokio::test]
async fn only_so_many_wait_for_a_provider_that_hangs() {
    let provider = Provider::start(active()).await;
    provider.is_silent();
    let (folder, clock) = (tempfile::tempdir().expect("a temporary folder"), SetClock::new());
    let mut config = provider.config(folder.path());
    (config.timeout, config.max_waiting) = (Duration::from_secs(60), 3);
    let verifier = Verifier::open(only(config), clock.clock()).await.expect("a good configuration");
    let verifier = Arc::new(verifier);
    // One who has the same token waits, too, though nothing more is asked.
    let waiting: Vec<_> = [TOKEN, TOKEN, "another"]
        .map(|token| {
            let verifier = Arc::clone(&verifier);
            tokio::spawn(async move { verify(&verifier, token).await })
        })
        .into();
    until(|| provider.asked().len() == 2).await;
    let turned_away = tokio::time::timeout(Duration::from_secs(10), verify(&verifier, "one-too-many")).await;
    let unavailable = Err(CredentialError::IntrospectionUnavailable);
    assert_eq!(turned_away.expect("nobody else waits"), unavailable);
    provider.answers(&active());
    for caller in waiting {
        caller.await.expect("no panic").expect("an active token");
    }
    verify(&verifier, "one-too-many").await.expect("there is room again");
}

#[tokio::test]
async fn an_answer_is_held_to_the_rules_of_a_signed_token() {
    let provider = Provider::start(active()).await;
    let (verifier, clock, _folder) = asking(&provider).await;
    let without = |name: &str| {
        let mut claims = active();
        claims.as_object_mut().expect("an object").remove(name);
        claims
    };
    for (answer, expected) in [
        (with(active(), "aud", json!("other")), CredentialError::WrongAudience),
        (without("aud"), CredentialError::MalformedClaim("aud")),
        (without("exp"), CredentialError::MalformedClaim("exp")),
        (without("sub"), CredentialError::MalformedClaim("sub")),
        (with(active(), "exp", json!(START - 31)), CredentialError::Expired),
        (with(active(), "nbf", json!(START + 300)), CredentialError::NotYetValid),
        (with(active(), "iss", json!("https://other.example")), CredentialError::UnknownIssuer),
        (with(active(), "token_type", json!("refresh_token")), CredentialError::WrongType),
        (with(active(), "cnf", json!({"jkt": "abc"})), CredentialError::SenderConstrained),
        (with(active(), "token_type", json!("DPoP")), CredentialError::SenderConstrained),
        (bound(), CredentialError::SenderConstrained),
    ] {
        provider.answers(&answer);
        clock.advance(10);
        assert_eq!(verify(&verifier, TOKEN).await, Err(expected), "{answer}");
    }
    provider.answers(&without("iss"));
    clock.advance(10);
    assert_eq!(verify(&verifier, TOKEN).await.expect("an active token").issuer, ISSUER);
}

#[tokio::test]
async fn a_signed_token_is_never_sent_to_the_provider() {
    let provider = Provider::start(active()).await;
    let (verifier, _clock, _folder) = asking(&provider).await;
    let key = Es256Key::generate().expect("the system has randomness");
    let token = forge(&key, &good_header(&key), &good_claims());
    assert_eq!(verify(&verifier, &token).await, Err(CredentialError::UnknownIssuer));
    for broken in [format!("{token}.{token}"), token.replace('.', "..")] {
        assert_eq!(verify(&verifier, &broken).await, Err(CredentialError::MalformedToken), "{broken}");
    }
    assert!(provider.asked().is_empty());
}

#[tokio::test]
async fn a_key_of_our_own_serves_instead_of_a_secret() {
    let provider = Provider::start(active()).await;
    let (folder, clock) = (tempfile::tempdir().expect("a temporary folder"), SetClock::new());
    let path = folder.path().join("client.pem");
    let key = Es256Key::load_or_generate(&path).expect("a key");
    let mut config = provider.config(folder.path());
    config.client_auth = ClientAuth::KeyFile(path);
    let verifier = Verifier::open(only(config), clock.clock()).await.expect("a good configuration");
    verify(&verifier, TOKEN).await.expect("an active token");
    let asked = provider.asked().remove(0);
    assert_eq!((asked.authorization.as_deref(), asked.field("client_id")), (None, Some(CLIENT)));
    let assertion = asked.field("client_assertion").expect("an assertion").to_owned();
    let jwk = serde_json::from_value(key.public_jwk()).expect("a JWK");
    let decoding = jsonwebtoken::DecodingKey::from_jwk(&jwk).expect("a key");
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    rules.set_audience(&[ISSUER]);
    // The test's clock isn't the library's.
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Value>(&assertion, &decoding, &rules).expect("our own").claims;
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!(CLIENT), &json!(CLIENT)));
    assert_eq!(claims["exp"], json!(START + 60));
}

#[tokio::test]
async fn a_revocation_holds_for_remembered_answers_too() {
    let provider = Provider::start(active()).await;
    let (verifier, _clock, _folder) = asking(&provider).await;
    let secret = PseudonymSecret::generate().expect("the system has randomness");
    let list = Revocations::new(secret, [ISSUER.to_owned()]);
    let verifier = verifier.with_revocations(list.clone());
    verify(&verifier, TOKEN).await.expect("an active token");
    let mark = list.mark_of_subject(ISSUER, "citizen-1").expect("a mark");
    list.replace([mark].into());
    assert_eq!(verify(&verifier, TOKEN).await, Err(CredentialError::Revoked));
    list.replace([].into());
    verify(&verifier, TOKEN).await.expect("lifted");
    assert_eq!(provider.asked().len(), 1);
}

#[tokio::test]
async fn a_credential_that_is_none_is_said_at_the_start() {
    let provider = Provider::start(active()).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = provider.config(folder.path());
    for text in ["", "\n", "two\nlines\n"] {
        std::fs::write(folder.path().join("secret"), text).expect("a writable folder");
        let clock = yimen_identity::Clock::new(|| Timestamp::UNIX_EPOCH);
        let error = Verifier::open(only(config.clone()), clock).await.expect_err("no secret");
        assert!(matches!(error, SetupError::ClientAuth(_)), "{error}");
    }
}
