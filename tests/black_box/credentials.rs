//! Tokens that are not good enough, at every door.

use identity::{DevelopmentIssuer, TokenRequest};
use jiff::{SignedDuration, Timestamp};

use crate::binary::Demo;
use crate::calls::entry;
use crate::city::busy;
use crate::staff::AUDIENCE;

/// A base64url header that says `{"alg":"none"}`.
const UNSIGNED: &str = "eyJhbGciOiJub25lIn0";

fn request() -> TokenRequest {
    let mut request = TokenRequest::new("somebody", AUDIENCE, "hangzhou-app");
    request.assurance = Some("high".to_owned());
    request.roles = vec!["operator".to_owned()];
    request
}

/// Each with the problem that it causes.
fn bad_tokens(demo: &Demo) -> Vec<(String, &'static str)> {
    let issuer = demo.issuer();
    let now = Timestamp::now();
    let sign = |issuer: &DevelopmentIssuer, request, at| issuer.token(request, at).expect("the key signs");
    let good = sign(&issuer, request(), now);
    let parts: Vec<_> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("a JWS in three parts: {good}") };
    let foreign = |name: &str| DevelopmentIssuer::generate(name).expect("a key");
    let other_audience = TokenRequest { audience: vec!["elsewhere".to_owned()], ..request() };
    let mut not_before = request();
    let later = (now + SignedDuration::from_mins(30)).as_second();
    not_before.claims.insert("nbf".to_owned(), later.into());
    let other_payload = demo.token("citizen").split('.').nth(1).expect("a payload");
    vec![
        (sign(&issuer, request(), now - SignedDuration::from_hours(3)), "token-expired"),
        (sign(&issuer, not_before, now), "token-not-yet-valid"),
        (sign(&issuer, other_audience, now), "token-audience"),
        (sign(&foreign("https://id.elsewhere.example"), request(), now), "token-issuer"),
        (sign(&foreign(issuer.issuer()), request(), now), "token-key"),
        (format!("{UNSIGNED}.{payload}."), "token-algorithm"),
        (format!("{UNSIGNED}.{payload}.{signature}"), "token-algorithm"),
        (format!("{header}.{other_payload}.{signature}"), "token-signature"),
        (format!("{header}.{payload}."), "token-signature"),
        ("nonsense".to_owned(), "token-malformed"),
    ]
}

#[tokio::test]
async fn only_tokens_of_the_issuer_for_us_and_now_are_taken() {
    let demo = busy();
    let doors = [format!("/call/{}/echo", entry(demo).await), "/registry/v1/items".to_owned()];
    for door in &doors {
        demo.get(door)
            .bearer(&demo.sign(request()))
            .header("service-region", "330106")
            .send()
            .await
            .expect(200);
        let none = demo.get(door).send().await;
        assert_eq!(none.problem(401), "credentials-absent", "{door}");
        assert!(none.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Bearer ")));
        for (token, problem) in bad_tokens(demo) {
            let answer = demo.get(door).bearer(&token).header("service-region", "330106").send().await;
            assert_eq!(answer.status, 401, "{door}: {problem}");
            assert_eq!(answer.problem(401), problem, "{door}");
            let challenge = answer.header("www-authenticate").expect("a challenge");
            assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
            assert!(!answer.text().contains(&token), "tokens are not repeated");
        }
    }
}

#[tokio::test]
async fn a_credential_that_can_be_read_in_two_ways_is_refused() {
    let demo = busy();
    let door = format!("/call/{}/echo", entry(demo).await);
    let token = demo.token("citizen");
    let twice = demo.get(&door).bearer(token).bearer(token).send().await;
    assert_eq!(twice.problem(400), "authorization-repeated");
    let basic = demo.get(&door).header("authorization", "Basic Zm9vOmJhcg==").send().await;
    assert_eq!(basic.problem(401), "authorization-scheme");
    let long = demo.get(&door).bearer(&"x".repeat(20_000)).send().await;
    assert!((400..500).contains(&long.status), "{}", long.status);
}

#[tokio::test]
async fn a_citizen_is_no_staff() {
    let demo = busy();
    let token = demo.token("citizen");
    assert_eq!(demo.get("/registry/v1/items").bearer(token).send().await.problem(403), "role-not-allowed");
    assert_eq!(demo.get("/operations/v1/events").bearer(token).send().await.problem(403), "role-not-allowed");
    assert_eq!(
        demo.get("/operations/v1/events").bearer(demo.token("clerk")).send().await.problem(403),
        "role-not-allowed"
    );
    assert_eq!(
        demo.post("/operations/v1/imports", demo.token("auditor")).send().await.problem(403),
        "role-not-allowed"
    );
}
