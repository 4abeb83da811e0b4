//! Tokens that somebody has tampered with, one kind a test, at both doors: a call, and the registry.
//!
//! Each test first sees the good token accepted, so that the refusal that follows has one reason alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use identity::{Es256Key, Sign};
use jiff::Timestamp;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};

use crate::binary::Demo;
use crate::calls::entry;
use crate::city::busy;
use crate::client::{Answer, Ask};
use crate::raw::exchange;
use crate::staff::AUDIENCE;

/// The issuer's own key, and both doors.
struct Forge {
    demo: &'static Demo,
    key: Es256Key,
    doors: [Door; 2],
}

/// Where a token is shown, and what it says when it is good.
struct Door {
    path: String,
    claims: Value,
}

impl Forge {
    async fn new() -> Self {
        let demo = busy();
        let key = Es256Key::load(&demo.data_dir().join("development-issuer.pem")).expect("the issuer's key");
        let now = Timestamp::now().as_second();
        let claims = |client: &str, roles: Value| {
            json!({
                "iss": demo.issuer().issuer(), "sub": "somebody", "aud": AUDIENCE, "client_id": client,
                "acr": "high", "roles": roles, "iat": now, "exp": now + 600,
            })
        };
        let call = format!("/call/{}/echo", entry(demo).await);
        let forge = Self {
            demo,
            key,
            doors: [
                Door { path: call, claims: claims("hangzhou-app", json!([])) },
                Door {
                    path: "/registry/v1/items".to_owned(),
                    claims: claims("yimen-desk", json!(["operator"])),
                },
            ],
        };
        for door in &forge.doors {
            forge.show(door, &forge.good(door)).await.expect(200);
        }
        forge
    }

    fn header(&self) -> Value {
        json!({"alg": "ES256", "typ": "at+jwt", "kid": self.key.key_id()})
    }

    fn good(&self, door: &Door) -> String {
        signed(&self.key, &self.header(), &door.claims)
    }

    fn ask(&self, door: &Door) -> Ask {
        self.demo.get(&door.path).header("service-region", "330106")
    }

    async fn show(&self, door: &Door, token: &str) -> Answer {
        self.ask(door).bearer(token).send().await
    }

    /// Expects both doors to refuse what `make` makes of them: 401, for this reason, told as RFC 6750 asks.
    async fn refused(&self, problem: &str, make: impl Fn(&Door) -> String) {
        for door in &self.doors {
            let token = make(door);
            let answer = self.show(door, &token).await;
            assert_eq!(answer.problem(401), problem, "{}", door.path);
            let challenge = answer.header("www-authenticate").expect("a challenge");
            assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
            assert!(!answer.text().contains(&token), "tokens are not repeated");
        }
    }

    /// The same for a token with other claims, signed by the issuer itself.
    async fn refused_with(&self, problem: &str, spoil: impl Fn(&mut Value)) {
        self.refused(problem, |door| {
            let mut claims = door.claims.clone();
            spoil(&mut claims);
            signed(&self.key, &self.header(), &claims)
        })
        .await;
    }

    /// The same for a token with another header, signed by the issuer itself.
    async fn refused_under(&self, problem: &str, header: &Value) {
        self.refused(problem, |door| signed(&self.key, header, &door.claims)).await;
    }

    /// Expects both doors to take the token with other claims.
    async fn taken_with(&self, change: impl Fn(&mut Value)) {
        for door in &self.doors {
            let mut claims = door.claims.clone();
            change(&mut claims);
            self.show(door, &signed(&self.key, &self.header(), &claims)).await.expect(200);
        }
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn signed(key: &Es256Key, header: &Value, claims: &Value) -> String {
    let unsigned = unsigned(header, claims);
    let signature = key.sign(unsigned.as_bytes()).expect("the key signs");
    format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The header with one member replaced.
fn with(mut header: Value, name: &str, value: Value) -> Value {
    header[name] = value;
    header
}

/// So many seconds from now.
fn at(seconds: i64) -> Value {
    json!(Timestamp::now().as_second() + seconds)
}

#[tokio::test]
async fn a_token_without_a_signature_algorithm() {
    let forge = Forge::new().await;
    for none in ["none", "None", "NONE"] {
        let header = with(forge.header(), "alg", json!(none));
        forge.refused("token-algorithm", |door| format!("{}.", unsigned(&header, &door.claims))).await;
        forge.refused_under("token-algorithm", &header).await;
    }
}

#[tokio::test]
async fn the_public_key_as_a_shared_secret() {
    let forge = Forge::new().await;
    let mut header = Header::new(jsonwebtoken::Algorithm::HS256);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some(forge.key.key_id().to_owned());
    for secret in [forge.key.public_jwk(), forge.demo.issuer().jwks()] {
        let secret = EncodingKey::from_secret(secret.to_string().as_bytes());
        forge
            .refused("token-algorithm", |door| {
                jsonwebtoken::encode(&header, &door.claims, &secret).expect("a token")
            })
            .await;
    }
}

#[tokio::test]
async fn a_swapped_payload() {
    let forge = Forge::new().await;
    forge
        .refused("token-signature", |door| {
            let good = forge.good(door);
            let signature = good.rsplit('.').next().expect("three parts");
            let mut claims = door.claims.clone();
            claims["sub"] = json!("somebody-else");
            format!("{}.{signature}", unsigned(&forge.header(), &claims))
        })
        .await;
}

#[tokio::test]
async fn a_signature_that_is_not_there() {
    let forge = Forge::new().await;
    forge.refused("token-signature", |door| format!("{}.", unsigned(&forge.header(), &door.claims))).await;
}

#[tokio::test]
async fn another_key_under_the_issuers_key_id() {
    let forge = Forge::new().await;
    let mine = Es256Key::generate().expect("the system has randomness");
    forge.refused("token-signature", |door| signed(&mine, &forge.header(), &door.claims)).await;
    let embedded = with(forge.header(), "jwk", mine.public_jwk());
    forge.refused("token-signature", |door| signed(&mine, &embedded, &door.claims)).await;
}

#[tokio::test]
async fn a_key_id_that_nobody_publishes() {
    let forge = Forge::new().await;
    forge.refused_under("token-key", &with(forge.header(), "kid", json!("nobody's"))).await;
}

#[tokio::test]
async fn another_issuers_key() {
    let forge = Forge::new().await;
    let theirs = Es256Key::generate().expect("the system has randomness");
    let header = with(forge.header(), "kid", json!(theirs.key_id()));
    forge.refused("token-key", |door| signed(&theirs, &header, &door.claims)).await;
    forge.refused_with("token-issuer", |claims| claims["iss"] = json!("https://id.elsewhere.example")).await;
}

#[tokio::test]
async fn two_authorization_fields() {
    let forge = Forge::new().await;
    for door in &forge.doors {
        let token = forge.good(door);
        let twice = forge.ask(door).bearer(&token).bearer(&token).send().await;
        assert_eq!(twice.problem(400), "authorization-repeated", "{}", door.path);
        let listed = forge.ask(door).header("authorization", &format!("Bearer {token}, Bearer {token}"));
        assert_eq!(listed.send().await.problem(400), "authorization-malformed", "{}", door.path);
    }
}

#[tokio::test]
async fn a_scheme_in_lower_case_is_the_same_scheme() {
    let forge = Forge::new().await;
    for door in &forge.doors {
        for scheme in ["bearer", "BEARER", "bEaReR"] {
            let field = format!("{scheme} {}", forge.good(door));
            forge.ask(door).header("authorization", &field).send().await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_critical_extension() {
    let forge = Forge::new().await;
    for crit in [json!(["urn:example:unheard-of"]), json!(["b64"]), json!([]), json!(null)] {
        forge.refused_under("token-critical-header", &with(forge.header(), "crit", crit)).await;
    }
}

#[tokio::test]
async fn a_beginning_in_the_future() {
    let forge = Forge::new().await;
    forge.refused_with("token-not-yet-valid", |claims| claims["nbf"] = at(300)).await;
    forge.taken_with(|claims| claims["nbf"] = at(-300)).await;
}

#[tokio::test]
async fn an_issue_in_the_future() {
    let forge = Forge::new().await;
    forge.refused_with("token-not-yet-valid", |claims| claims["iat"] = at(300)).await;
}

#[tokio::test]
async fn an_end_as_text() {
    let forge = Forge::new().await;
    forge.refused_with("token-claim", |claims| claims["exp"] = json!(at(600).to_string())).await;
}

#[tokio::test]
async fn no_end() {
    let forge = Forge::new().await;
    let without = |claims: &mut Value| {
        claims.as_object_mut().expect("an object").remove("exp");
    };
    forge.refused_with("token-claim", without).await;
    forge.refused_with("token-claim", |claims| claims["exp"] = Value::Null).await;
}

#[tokio::test]
async fn an_end_in_the_past() {
    let forge = Forge::new().await;
    forge.refused_with("token-expired", |claims| claims["exp"] = at(-300)).await;
}

#[tokio::test]
async fn audiences_with_us_among_them() {
    let forge = Forge::new().await;
    forge.taken_with(|claims| claims["aud"] = json!(["https://elsewhere.example", AUDIENCE])).await;
}

#[tokio::test]
async fn audiences_without_us() {
    let forge = Forge::new().await;
    let others = [json!(["https://elsewhere.example"]), json!([]), json!("elsewhere"), json!([[AUDIENCE]])];
    for (audience, problem) in
        others.iter().zip(["token-audience", "token-audience", "token-audience", "token-claim"])
    {
        forge.refused_with(problem, |claims| claims["aud"] = audience.clone()).await;
    }
}

#[tokio::test]
async fn a_token_of_another_type() {
    let forge = Forge::new().await;
    for typ in [json!("JWT"), json!("yimen-assertion+jwt"), json!("dpop+jwt"), Value::Null] {
        forge.refused_under("token-type", &with(forge.header(), "typ", typ)).await;
    }
}

#[tokio::test]
async fn a_token_bound_to_a_key_is_no_bearer_token() {
    let forge = Forge::new().await;
    forge.refused_with("token-sender-constrained", |claims| claims["cnf"] = json!({"jkt": "abc"})).await;
}

#[tokio::test]
async fn no_token_at_all_and_what_is_none() {
    let forge = Forge::new().await;
    for door in &forge.doors {
        let none = forge.ask(door).send().await;
        assert_eq!(none.problem(401), "credentials-absent", "{}", door.path);
        let challenge = none.header("www-authenticate").expect("a challenge");
        assert!(challenge.starts_with("Bearer ") && !challenge.contains("error"), "{challenge}");
    }
    forge.refused("token-malformed", |_| "nonsense".to_owned()).await;
}

#[tokio::test]
async fn a_token_of_64_kib() {
    let forge = Forge::new().await;
    for door in &forge.doors {
        let mut claims = door.claims.clone();
        claims["padding"] = json!("x".repeat(48 * 1024));
        let token = signed(&forge.key, &forge.header(), &claims);
        assert!(token.len() >= 64 * 1024, "{}", token.len());
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: yimen.test\r\nservice-region: 330106\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n",
            door.path
        );
        let answer = exchange(&forge.demo.url(""), &request).await;
        // The listener's bound on a request's head may be reached before the one on tokens.
        let by_listener = answer.status == 431;
        assert!(
            by_listener || (answer.status == 400 && answer.body.contains("token-too-long")),
            "{answer:?}"
        );
    }
}
