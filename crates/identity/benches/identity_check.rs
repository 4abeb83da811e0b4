//! What the identity check costs a call, in time on the wall: measure on a quiet machine, or read the fastest samples, which
//! nobody interrupted.
//!
//! `cargo bench --package yimen-identity`. The house's bounds: 2 µs for a token that was seen before, among 10,000 live
//! ones; 150 µs for a new one that is signed with ES256.

use std::hint::black_box;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;
use yimen_identity::{
    Clock, DevelopmentIssuer, Es256Key, IssuerConfig, JwksSource, ProofField, PseudonymSecret, Revocations,
    Sender, Sign, Thumbprint, TokenRequest, Verifier, VerifierConfig,
};

const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://gateway.example";
const PATH: &str = "/call/1/apply";
const LIVE_TOKENS: usize = 10_000;

/// A verifier as `yimen serve` sets one up, the issuer that it trusts, and an app's own key.
struct Bench {
    runtime: Runtime,
    issuer: DevelopmentIssuer,
    verifier: Verifier,
    app: Es256Key,
}

/// What a request shows of its sender.
struct Shown {
    authorization: String,
    proof: Option<String>,
}

impl Bench {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let issuer = DevelopmentIssuer::generate(ISSUER).expect("a key");
        let folder = tempfile::tempdir().expect("a folder");
        let keys = folder.path().join("jwks.json");
        std::fs::write(&keys, issuer.jwks().to_string()).expect("it can be written");
        let trusted = IssuerConfig::new(ISSUER, vec![AUDIENCE.to_owned()], JwksSource::File(keys));
        let opened = Verifier::open(VerifierConfig::new(vec![trusted]), Clock::system());
        let verifier = runtime.block_on(opened).expect("a good configuration");
        let secret = PseudonymSecret::generate().expect("randomness");
        let verifier = verifier
            .with_revocations(Revocations::new(secret, [ISSUER.to_owned()]))
            .reached_at(&AUDIENCE.parse().expect("an address"));
        Self { runtime, issuer, verifier, app: Es256Key::generate().expect("a key") }
    }

    fn token(&self, number: usize, confirmation: Option<Value>) -> String {
        let mut request = TokenRequest::new(format!("citizen-{number}"), AUDIENCE, "app");
        request.assurance = Some("high".to_owned());
        request.scopes = vec!["apply".to_owned()];
        request.claims.insert("region".to_owned(), "330106".into());
        request.claims.extend(confirmation.map(|confirmation| ("cnf".to_owned(), confirmation)));
        self.issuer.token(request, jiff::Timestamp::now()).expect("the key signs")
    }

    /// So many requests, each with a token of its own.
    fn bearers(&self, count: usize) -> Vec<Shown> {
        let shown =
            |number| Shown { authorization: format!("Bearer {}", self.token(number, None)), proof: None };
        (0..count).map(shown).collect()
    }

    /// So many requests with one token that is bound to the app's key, each with a proof of its own.
    fn proved(&self, count: usize) -> Vec<Shown> {
        let token = self.token(0, Some(json!({"jkt": self.app.key_id()})));
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.app.public_jwk()});
        let shown = |_| {
            let claims = json!({
                "jti": Uuid::new_v4(), "htm": "POST", "htu": format!("{AUDIENCE}{PATH}"),
                "iat": jiff::Timestamp::now().as_second(),
                "ath": Thumbprint::of_certificate(token.as_bytes()).to_string(),
            });
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(&header), part(&claims));
            let signature = self.app.sign(signed.as_bytes()).expect("the key signs");
            let proof = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
            Shown { authorization: format!("DPoP {token}"), proof: Some(proof) }
        };
        (0..count).map(shown).collect()
    }

    /// The time that verifying these takes, in turn, on one thread.
    fn verify<'a>(&self, requests: impl Iterator<Item = &'a Shown>) -> Duration {
        self.runtime.block_on(async {
            let start = Instant::now();
            for shown in requests {
                let proof =
                    shown.proof.as_ref().map_or(ProofField::Absent, |it| ProofField::One(it.as_bytes()));
                let sender = Sender { method: "POST", path: PATH, proof, certificate: None };
                let verified = self.verifier.verify_sent([shown.authorization.as_bytes()], sender).await;
                black_box(verified).expect("a good token");
            }
            start.elapsed()
        })
    }
}

fn count(times: u64) -> usize {
    usize::try_from(times).unwrap_or(usize::MAX)
}

fn remembered(criterion: &mut Criterion) {
    let bench = Bench::new();
    let requests = bench.bearers(LIVE_TOKENS);
    bench.verify(requests.iter());
    criterion.bench_function("a token among 10,000 that were seen before", |bencher| {
        bencher.iter_custom(|times| bench.verify(requests.iter().cycle().take(count(times))));
    });
}

fn new(criterion: &mut Criterion) {
    let bench = Bench::new();
    criterion.bench_function("a new token, ES256", |bencher| {
        bencher.iter_custom(|times| bench.verify(bench.bearers(count(times)).iter()));
    });
}

fn bound(criterion: &mut Criterion) {
    let bench = Bench::new();
    criterion.bench_function("a token that was seen before, with a new proof, ES256", |bencher| {
        bencher.iter_custom(|times| bench.verify(bench.proved(count(times)).iter()));
    });
}

criterion_group!(benches, remembered, new, bound);
criterion_main!(benches);
