//! Calls through the gateway: what reaches the department, what does not, and who is chosen.

use std::collections::BTreeSet;

use identity::TokenRequest;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use reqwest::Method;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::binary::Demo;
use crate::city::busy;
use crate::client::{list, text};
use crate::raw::exchange;
use crate::staff::AUDIENCE;

/// A service of the sample that three districts offer: Xihu 330106, Binjiang 330108, Yuhang 330110.
const SERVICE: &str = "食品经营许可核发";
const XIHU: &str = "uscc:11330106YMDEM01192";
const YUHANG: &str = "uscc:11330110YMDEM0127M";
const BINJIANG: &str = "uscc:11330108YMDEM0135L";

/// The entry of [`SERVICE`].
pub(crate) async fn entry(demo: &Demo) -> String {
    let found = demo.get("/catalogue/v1/entries").query(&[("q", SERVICE)]).send().await.expect(200);
    let entry =
        list(&found["items"]).iter().find(|entry| entry["name"] == SERVICE).expect("the sample has it");
    text(&entry["id"]).to_owned()
}

/// The values of a header field that the backend received.
fn received<'e>(echo: &'e Value, name: &str) -> Vec<&'e str> {
    let fields = list(&echo["headers"]).iter().filter(|field| field[0] == name);
    fields.map(|field| text(&field[1])).collect()
}

/// A citizen whose token says this much and no more.
fn citizen(demo: &Demo, assurance: &str, region: Option<&str>) -> String {
    let mut request = TokenRequest::new("somebody", AUDIENCE, "hangzhou-app");
    request.assurance = Some(assurance.to_owned());
    request.claims =
        region.map(|region| ("region".to_owned(), json!(region))).into_iter().collect::<Map<_, _>>();
    demo.sign(request)
}

#[tokio::test]
async fn method_target_headers_and_body_arrive_as_they_were_sent() {
    let demo = busy();
    let entry = entry(demo).await;
    let path = "/a;v=1//%E4%BA%8B/echo?a=%20+b&&c&x=/../y&%41";
    let token = demo.token("citizen");
    let request = format!(
        "PATCH /call/{entry}{path} HTTP/1.1\r\nhost: yimen.test\r\nauthorization: Bearer {token}\r\n\
         service-region: 330106\r\nconnection: close, x-hop\r\nx-hop: 1\r\nx-own: one\r\nX-Own: two\r\n\
         content-length: 6\r\n\r\n\u{4e00}\u{95e8}"
    );
    let answer = exchange(&demo.url(""), &request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let echo: Value = serde_json::from_str(&answer.body).expect("the echo is JSON");
    assert_eq!((&echo["method"], &echo["department"]), (&json!("PATCH"), &json!(XIHU)));
    assert!(text(&echo["target"]).ends_with(path), "{}", echo["target"]);
    assert_eq!(received(&echo, "x-own"), ["one", "two"]);
    assert_eq!(received(&echo, "x-hop"), [""; 0], "what Connection names goes no further");
    let digest = hex::encode(Sha256::digest("一门"));
    assert_eq!(echo["body"], json!({"length": 6, "sha256": digest}));
}

#[tokio::test]
async fn paths_that_two_readers_read_differently_are_refused() {
    let demo = busy();
    let (entry, token) = (entry(demo).await, demo.token("citizen"));
    for path in
        ["/a/../echo", "/a/%2e%2e/echo", "/a%2fecho", "/a%5cecho", "/%2500/echo", "//echo", "/a/..;x/echo"]
    {
        let request = format!(
            "GET /call/{entry}{path} HTTP/1.1\r\nhost: yimen.test\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
        );
        let answer = exchange(&demo.url(""), &request).await;
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        assert!(answer.body.contains("urn:yimen:problem:malformed-path"), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn the_department_gets_a_signed_assertion_and_never_the_citizens_token() {
    let demo = busy();
    let token = demo.token("citizen");
    let echo = demo.call(&entry(demo).await, "/echo").send().await;
    let whole = echo.text();
    for part in token.split('.').skip(1) {
        assert!(!whole.contains(part), "a part of the token reached the backend");
    }
    let echo = echo.expect(200);
    let assertion = received(&echo, "yimen-assertion");
    let [assertion] = assertion[..] else { panic!("one assertion: {assertion:?}") };

    // Checked as a department would that has nothing from us but the published keys.
    let keys = demo.get("/.well-known/jwks.json").send().await.body;
    let keys: JwkSet = serde_json::from_slice(&keys).expect("a key set");
    let header = jsonwebtoken::decode_header(assertion).expect("a JWT");
    let key = keys.find(&header.kid.expect("it names its key")).expect("the key is published");
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[format!("urn:yimen:backend:{XIHU}")]);
    let key = DecodingKey::from_jwk(key).expect("a public key");
    let claims = jsonwebtoken::decode::<Value>(assertion, &key, &validation)
        .expect("signed, and for this backend")
        .claims;
    let lifetime = claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat");
    assert!((1..=60).contains(&lifetime), "{lifetime}");
    assert_eq!((&claims["htm"], &claims["htp"]), (&json!("GET"), &echo["target"]));
    assert_ne!(claims["sub"], "demo-citizen", "a pseudonym");
    validation.set_audience(&[format!("urn:yimen:backend:{YUHANG}")]);
    assert!(jsonwebtoken::decode::<Value>(assertion, &key, &validation).is_err(), "for nobody else");
}

#[tokio::test]
async fn a_pseudonym_is_one_departments_and_only_declared_claims_are_released() {
    let demo = busy();
    let entry = entry(demo).await;
    let mut subjects = BTreeSet::new();
    for region in ["330106", "330110", "330106"] {
        let echo = demo.call(&entry, "/echo").header("service-region", region).send().await.expect(200);
        subjects.insert(text(&echo["assertion"]["claims"]["sub"]).to_owned());
    }
    assert_eq!(subjects.len(), 2, "the same at one department, another at the next");
    let shown = demo.get(&format!("/catalogue/v1/entries/{entry}")).send().await.expect(200);
    let declared: BTreeSet<_> = list(&shown["offerings"][0]["access"]["claims"])
        .iter()
        .map(|claim| text(&claim["claim"]).to_owned())
        .collect();
    let echo = demo.call(&entry, "/echo").header("service-region", "330106").send().await.expect(200);
    let released = echo["assertion"]["claims"]["claims"].as_object().expect("an object");
    assert_eq!(released.keys().cloned().collect::<BTreeSet<_>>(), declared);
    assert!(!declared.contains("birthdate"), "the token has more than what is asked for");
}

#[tokio::test]
async fn identity_that_the_client_claims_in_headers_is_stripped() {
    let demo = busy();
    let mut call = demo.call(&entry(demo).await, "/echo");
    let names = [
        "x-user",
        "x_user_id",
        "x-remote-user",
        "yimen-assertion",
        "x-forwarded-for",
        "forwarded",
        "cookie",
        "x-id-token",
    ];
    for name in names {
        call = call.header(name, "forged-mark");
    }
    let answer = call.send().await;
    let echo = answer.expect(200);
    assert!(!answer.text().contains("forged-mark"), "{}", answer.text());
    assert_eq!(echo["assertion"]["verified"], true);
    assert_eq!(received(&echo, "authorization"), [""; 0]);
}

#[tokio::test]
async fn the_region_decides_who_is_called() {
    let demo = busy();
    let entry = entry(demo).await;
    let nowhere = citizen(demo, "high", None);
    let ask = async |token: &str, region: Option<&str>| {
        let call = demo.get(&format!("/call/{entry}/echo")).bearer(token);
        let call = if let Some(region) = region { call.header("service-region", region) } else { call };
        call.send().await
    };
    for (region, department) in [
        ("330106", XIHU),
        ("330110", YUHANG),
        ("330108", BINJIANG),
        ("330106001", XIHU),
        ("330106001001", XIHU),
    ] {
        assert_eq!(ask(&nowhere, Some(region)).await.expect(200)["department"], department, "{region}");
    }
    // Without the header, where the token says that the citizen lives; the header is stronger.
    let lives_in_yuhang = demo.mint(&["--role", "citizen", "--region", "330110"]);
    assert_eq!(ask(&lives_in_yuhang, None).await.expect(200)["department"], YUHANG);
    assert_eq!(ask(&lives_in_yuhang, Some("330106")).await.expect(200)["department"], XIHU);

    let required = ask(&nowhere, None).await;
    assert_eq!(required.problem(400), "region-required");
    let choices: BTreeSet<_> =
        list(&required.json()["choices"]).iter().map(|choice| text(&choice["region"]).to_owned()).collect();
    assert_eq!(choices, ["330106", "330108", "330110"].map(str::to_owned).into());
    let elsewhere = ask(&nowhere, Some("440300")).await;
    assert_eq!(elsewhere.problem(404), "not-offered-in-region");
    assert_eq!(list(&elsewhere.json()["choices"]).len(), 3);
    for wrong in ["hangzhou", "33010", "330106,330110"] {
        assert_eq!(ask(&nowhere, Some(wrong)).await.problem(400), "malformed-region", "{wrong}");
    }
}

#[tokio::test]
async fn a_service_that_asks_for_more_assurance_says_how_much() {
    let demo = busy();
    let weak = citizen(demo, "low", Some("330106"));
    let answer = demo.get(&format!("/call/{}/echo", entry(demo).await)).bearer(&weak).send().await;
    assert_eq!(answer.problem(401), "insufficient-user-authentication");
    let challenge = answer.header("www-authenticate").expect("a challenge");
    assert!(challenge.contains("acr_values=\"substantial high\""), "{challenge}");
}

#[tokio::test]
async fn unknown_entries_and_methods_that_nobody_forwards_are_refused() {
    let demo = busy();
    for unknown in ["0d6f3c1e-0000-5000-8000-000000000001", "nonsense"] {
        assert_eq!(demo.call(unknown, "/echo").send().await.problem(404), "unknown-entry");
    }
    let path = format!("/call/{}/echo", entry(demo).await);
    assert_eq!(
        demo.ask(Method::TRACE, &path).bearer(demo.token("citizen")).send().await.problem(405),
        "method-not-allowed"
    );
}

#[tokio::test]
async fn head_and_options_are_the_departments_to_answer() {
    let demo = busy();
    let path = format!("/call/{}/echo", entry(demo).await);
    let head = demo.ask(Method::HEAD, &path).bearer(demo.token("citizen")).send().await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert!(head.header("content-length").is_some_and(|length| length != "0"));
    let options = demo.ask(Method::OPTIONS, &path).bearer(demo.token("citizen")).send().await;
    assert_eq!(options.expect(200)["method"], "OPTIONS");
    assert_eq!(demo.ask(Method::OPTIONS, &path).send().await.problem(401), "credentials-absent");
}
