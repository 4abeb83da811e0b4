//! What the tests share: a clock that they set, forged tokens, and a key server on a free port.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use yimen_identity::{
    Clock, CredentialError, IssuerConfig, JwksSource, Principal, Sign, Verifier, VerifierConfig,
};

pub const ISSUER: &str = "https://id.example";
pub const AUDIENCE: &str = "https://gateway.example";
/// The second at which every test's clock starts.
pub const START: i64 = 1_800_000_000;

/// A clock that stands still until it is told to move.
#[derive(Clone)]
pub struct SetClock(Arc<AtomicI64>);

impl SetClock {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }

    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).expect("a second within range")
    }

    pub fn clock(&self) -> Clock {
        let this = self.clone();
        Clock::new(move || this.now())
    }
}

/// The claims of a good token; tests spoil them.
pub fn good_claims() -> Value {
    json!({
        "iss": ISSUER,
        "sub": "citizen-1",
        "aud": AUDIENCE,
        "client_id": "app",
        "iat": START,
        "exp": START + 600,
    })
}

/// The header of a good token; tests spoil it.
pub fn good_header(key: &dyn Sign) -> Value {
    json!({"alg": key.algorithm().as_str(), "typ": "at+jwt", "kid": key.key_id()})
}

/// `object` with `name` set.
pub fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

/// A token with exactly this header and payload, whatever they say, signed by `key`.
pub fn forge(key: &dyn Sign, header: &Value, payload: &Value) -> String {
    let signed = unsigned(header, payload);
    let signature = key.sign(signed.as_bytes()).expect("a usable key");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The part of a token that is signed.
pub fn unsigned(header: &Value, payload: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload.to_string()))
}

pub fn jwks(keys: &[&dyn Sign]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.public_jwk()).collect::<Vec<_>>() })
}

pub fn trusting(source: JwksSource) -> VerifierConfig {
    VerifierConfig::new(vec![IssuerConfig::new(ISSUER, vec![AUDIENCE.to_owned()], source)])
}

/// A verifier that reads its keys from a file in `folder`.
pub async fn verifier_with_file(folder: &Path, jwks: &Value, clock: &SetClock) -> Verifier {
    let path = folder.join("jwks.json");
    std::fs::write(&path, jwks.to_string()).expect("a writable folder");
    Verifier::open(trusting(JwksSource::File(path)), clock.clock()).await.expect("a good configuration")
}

pub async fn verify(verifier: &Verifier, token: &str) -> Result<Arc<Principal>, CredentialError> {
    let field = format!("Bearer {token}");
    verifier.verify([field.as_bytes()]).await
}

/// What a key server answers.
#[derive(Clone)]
pub enum Answer {
    Document(Value),
    Redirect(String),
    Failure,
    /// Nothing, until another answer is set.
    Silence,
}

/// A provider's key server, which counts how often it is asked.
pub struct KeyServer {
    pub address: SocketAddr,
    answer: watch::Sender<Answer>,
    asked: Arc<watch::Sender<usize>>,
}

#[derive(Clone)]
struct Shared {
    answer: watch::Receiver<Answer>,
    asked: Arc<watch::Sender<usize>>,
}

impl KeyServer {
    pub async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::serve(listener, answer)
    }

    /// Serves on a listener that may have been bound long before.
    pub fn serve(listener: TcpListener, answer: Answer) -> Self {
        let address = listener.local_addr().expect("a bound listener");
        let (answer, answers) = watch::channel(answer);
        let asked = Arc::new(watch::Sender::new(0));
        let shared = Shared { answer: answers, asked: Arc::clone(&asked) };
        let router = Router::new().route("/jwks.json", get(give_keys)).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, answer, asked }
    }

    pub fn source(&self) -> JwksSource {
        source_at(self.address)
    }

    pub fn answer(&self, answer: Answer) {
        self.answer.send_replace(answer);
    }

    pub fn asked(&self) -> usize {
        *self.asked.borrow()
    }

    /// Waits until the server has been asked that often.
    pub async fn wait_until_asked(&self, times: usize) {
        let mut asked = self.asked.subscribe();
        let wait = asked.wait_for(|count| *count >= times);
        tokio::time::timeout(Duration::from_secs(10), wait)
            .await
            .expect("asked in time")
            .expect("a live server");
    }
}

async fn give_keys(State(mut shared): State<Shared>) -> Response {
    shared.asked.send_modify(|count| *count += 1);
    let answer =
        shared.answer.wait_for(|answer| !matches!(answer, Answer::Silence)).await.expect("a live test");
    match answer.clone() {
        Answer::Document(document) => document.to_string().into_response(),
        Answer::Redirect(to) => axum::response::Redirect::temporary(&to).into_response(),
        Answer::Failure | Answer::Silence => axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

pub fn source_at(address: SocketAddr) -> JwksSource {
    JwksSource::Url(format!("http://{address}/jwks.json").parse().expect("an address is a URL's host"))
}

/// Waits until the condition holds.
pub async fn until(condition: impl Fn() -> bool) {
    let poll = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), poll).await.expect("the condition comes true in time");
}
