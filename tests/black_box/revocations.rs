//! A revoked subject or token is refused within a second, at every door.

use std::time::{Duration, Instant};

use identity::TokenRequest;
use serde_json::{Value, json};

use crate::binary::{Demo, yimen};
use crate::calls::entry;
use crate::city::busy;
use crate::client::{Answer, text, until};
use crate::staff::AUDIENCE;

const AT_ONCE: Duration = Duration::from_secs(1);
const REVOCATIONS: &str = "/operations/v1/revocations";

fn citizen(demo: &Demo, subject: &str) -> String {
    let mut request = TokenRequest::new(subject, AUDIENCE, "hangzhou-app");
    request.assurance = Some("high".to_owned());
    demo.sign(request)
}

async fn call(demo: &Demo, token: &str) -> Answer {
    let path = format!("/call/{}/echo", entry(demo).await);
    demo.get(&path).bearer(token).header("service-region", "330106").send().await
}

async fn read(demo: &Demo, token: &str) -> Answer {
    demo.get("/registry/v1/items?limit=1").bearer(token).send().await
}

async fn revoke(demo: &Demo, target: &str, value: &str) -> (String, Instant) {
    let issuer = demo.issuer().issuer().to_owned();
    let body = json!({"issuer": issuer, "target": target, "value": value, "reason": "账号被盗"});
    let revoked = demo.post(REVOCATIONS, demo.token("operator")).json(&body).await.expect(201);
    (text(&revoked["id"]).to_owned(), Instant::now())
}

/// Waits for the refusal; it has to come within a second.
async fn refused_at_once(since: Instant, ask: impl AsyncFn() -> Answer) {
    let answer = until("the token is refused", async || {
        let answer = ask().await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert!(since.elapsed() < AT_ONCE, "{:?}", since.elapsed());
    assert_eq!(answer.problem(401), "token-revoked");
    assert!(answer.header("www-authenticate").is_some_and(|field| field.contains("invalid_token")));
}

/// The claim of a token, which nobody needs a key to read.
fn claim(token: &str, name: &str) -> String {
    use base64::Engine;
    let payload = token.split('.').nth(1).expect("three parts");
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    let claims: Value = serde_json::from_slice(&payload).expect("JSON");
    text(&claims[name]).to_owned()
}

#[tokio::test]
async fn a_revoked_subject_calls_nobody_until_that_is_lifted() {
    let demo = busy();
    let (token, other) = (citizen(demo, "stolen-identity"), citizen(demo, "somebody-unharmed"));
    call(demo, &token).await.expect(200);
    let (id, since) = revoke(demo, "subject", "stolen-identity").await;
    refused_at_once(since, async || call(demo, &token).await).await;
    assert_eq!(
        call(demo, &citizen(demo, "stolen-identity")).await.problem(401),
        "token-revoked",
        "a new token"
    );
    call(demo, &other).await.expect(200);

    let events =
        demo.get(&format!("/operations/v1/events?stream=revocation-{id}")).bearer(demo.token("auditor"));
    let events = events.send().await;
    events.expect(200);
    assert!(
        events.text().contains("Revoked") && !events.text().contains("stolen-identity"),
        "{}",
        events.text()
    );

    let lifting = demo.post(&format!("{REVOCATIONS}/{id}/lifting"), demo.token("operator"));
    lifting.json(&json!({"reason": "身份已核实"})).await.expect(200);
    until("the subject calls again", async || (call(demo, &token).await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn a_revoked_token_is_refused_alone_also_of_staff() {
    let demo = busy();
    let (stolen, kept) = (demo.mint(&["--role", "steward"]), demo.mint(&["--role", "steward"]));
    for token in [&stolen, &kept] {
        read(demo, token).await.expect(200);
    }
    let (_, since) = revoke(demo, "token", &claim(&stolen, "jti")).await;
    refused_at_once(since, async || read(demo, &stolen).await).await;
    read(demo, &kept).await.expect(200);
}

#[tokio::test]
async fn a_revocation_outlives_a_restart() {
    let demo = Demo::start(&["--sample", "none"]);
    let token = demo.mint(&["--role", "steward", "--subject", "gone"]);
    let (_, since) = revoke(&demo, "subject", "gone").await;
    refused_at_once(since, async || read(&demo, &token).await).await;
    let demo = Demo::start_in(demo.kill(), &["--sample", "none"]);
    assert_eq!(read(&demo, &token).await.problem(401), "token-revoked", "from the first request on");
}

#[tokio::test]
async fn nothing_starts_that_could_not_enforce_what_is_revoked() {
    let demo = Demo::start(&["--sample", "none"]);
    revoke(&demo, "subject", "gone").await;
    let folder = demo.kill();
    let secret = folder.path().join("data").join("pseudonym.secret");
    std::fs::remove_file(&secret).expect("it was made at the first start");
    let mut command =
        yimen(&["demo", "--sample", "none", "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    let ended =
        command.arg("--data-dir").arg(folder.path().join("data")).output().expect("the binary starts");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(78), "{said}");
    assert!(said.contains("pseudonym.secret: it is missing"), "{said}");
    assert!(!secret.exists(), "no other secret takes its place");
}
