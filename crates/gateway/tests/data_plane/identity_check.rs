//! The caller's token stays at the gateway, and the backend gets a minimal assertion.

use std::collections::BTreeSet;

use axum::body::Body;
use http::StatusCode;
use http::header::AUTHORIZATION;
use identity::AssertionVerifier;
use jiff::Timestamp;
use serde_json::json;
use yimen_gateway::{Access, Offering, Settings};

use crate::backends::{EchoBackend, received};
use crate::rig::{GATEWAY, Rig, offering, settings};

#[tokio::test]
async fn the_token_never_reaches_the_backend_and_the_assertion_vouches_for_the_call() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let token = rig.token();
    let request = rig
        .bare_request("POST", &format!("/call/{entry}/apply?a=1"))
        .header(AUTHORIZATION, format!("Bearer {token}"));
    let answer = rig.send(request.body(Body::from("{}")).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let seen = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(!seen.contains(&token), "{seen}");
    assert!(!seen.contains("citizen-330106-1"), "{seen}");

    let assertions = received(&answer.json(), "yimen-assertion");
    assert_eq!(assertions.len(), 1);
    let jwks = rig.jwks().await;
    assert_eq!(jwks.headers["cache-control"], "public, max-age=300");
    let verifier =
        AssertionVerifier::new(GATEWAY, "urn:yimen:backend:local:item", &jwks.json()).expect("a key set");
    let now = Timestamp::now();
    let claims =
        verifier.verify(&assertions[0], "POST", "/base/apply", now).expect("it vouches for this call");
    assert!(claims.expires - now.as_second() <= 60);
    assert_eq!(json!(claims.claims), json!({"name": "张三"}), "only what the item declared");
    assert!(claims.subject.is_some_and(|subject| !subject.contains("citizen")));
    assert!(verifier.verify(&assertions[0], "GET", "/base/apply", now).is_err());
    assert!(verifier.verify(&assertions[0], "POST", "/base/other", now).is_err());
}

#[tokio::test]
async fn every_call_needs_exactly_one_good_credential() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let good = format!("Bearer {}", rig.token());
    let elsewhere =
        format!("Bearer {}", rig.token_with(|token| token.audience = vec!["https://other".to_owned()]));
    let forged = format!("{}AAAA", good.get(..good.len() - 4).expect("ASCII"));
    let unsigned = format!("{}.", good.rsplit_once('.').expect("three parts").0);
    for (fields, status, code) in [
        (vec![], 401, "credentials-absent"),
        (vec!["Basic YTpi"], 401, "authorization-scheme"),
        (vec![good.as_str(), good.as_str()], 400, "authorization-repeated"),
        (vec![elsewhere.as_str()], 401, "token-audience"),
        (vec![forged.as_str()], 401, "token-signature"),
        (vec![unsigned.as_str()], 401, "token-signature"),
        (vec!["Bearer nonsense"], 401, "token-malformed"),
    ] {
        let mut request = rig.bare_request("GET", &format!("/call/{entry}/echo"));
        for field in &fields {
            request = request.header(AUTHORIZATION, *field);
        }
        let answer = rig.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, code), "{fields:?}");
        assert_eq!(answer.fault(), "client");
        assert!(answer.headers.contains_key("www-authenticate"));
    }
    assert_eq!(backend.calls(), 0, "nothing was forwarded");
}

#[tokio::test]
async fn a_weaker_token_is_asked_to_step_up() {
    let backend = EchoBackend::start().await;
    let levels = ["low", "middle", "high"].map(str::to_owned).to_vec();
    let rig = Rig::with(Settings { assurance: levels, ..settings() }).await;
    let access = Access { assurance: Some("middle".to_owned()), ..Access::default() };
    let entry =
        rig.serve("item", vec![Offering { access, ..offering("item", &["330100"], &backend.base_url()) }]);
    for (level, status) in [(None, 401), (Some("low"), 401), (Some("middle"), 200), (Some("high"), 200)] {
        let token = rig.token_with(|token| token.assurance = level.map(str::to_owned));
        let request = rig
            .bare_request("GET", &format!("/call/{entry}/echo"))
            .header(AUTHORIZATION, format!("Bearer {token}"));
        let answer = rig.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status.as_u16(), status, "{level:?}");
        if status == 401 {
            assert_eq!(answer.problem(), "insufficient-user-authentication");
            let challenge = answer.headers["www-authenticate"].to_str().expect("ASCII");
            assert!(challenge.contains(r#"error="insufficient_user_authentication""#), "{challenge}");
            assert!(challenge.contains(r#"acr_values="middle high""#), "{challenge}");
        }
    }
    assert_eq!(backend.calls(), 2);
}

#[tokio::test]
async fn a_token_without_the_scope_is_refused() {
    let backend = EchoBackend::start().await;
    let rig = Rig::new().await;
    let access = Access { scopes: BTreeSet::from(["licences".to_owned()]), ..Access::default() };
    let entry =
        rig.serve("item", vec![Offering { access, ..offering("item", &["330100"], &backend.base_url()) }]);
    let answer = rig.get(&format!("/call/{entry}/echo")).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (403, "insufficient-scope"));
    assert_eq!(backend.calls(), 0);
    let token = rig.token_with(|token| token.scopes = vec!["licences".to_owned(), "more".to_owned()]);
    let request = rig
        .bare_request("GET", &format!("/call/{entry}/echo"))
        .header(AUTHORIZATION, format!("Bearer {token}"));
    assert_eq!(rig.send(request.body(Body::empty()).expect("a request")).await.status, StatusCode::OK);
}
