//! Backends behind TLS, by HTTP/1.1 and HTTP/2, and who is trusted.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Body;
use futures_util::future::join_all;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use yimen_gateway::{BackendSettings, ClientCertificate, Settings};

use crate::rig::{Rig, offering, settings, within};
use crate::tls_backend::{Authority, LARGE, Speaks, VersionBackend};

const BOTH: &[&str] = &["h2", "http/1.1"];

fn trusting(authority: &Authority) -> Settings {
    let base = settings();
    let backends = BackendSettings { extra_roots: vec![authority.root()], ..base.backends };
    Settings { backends, ..base }
}

/// What a backend at this base URL says of a call, or the problem.
async fn answer(settings: Settings, base_url: &str) -> Value {
    let rig = Rig::with(settings).await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], base_url)]);
    let answer = rig.get(&format!("/call/{entry}/a%20b?c=%41&&")).await;
    if answer.status.is_success() { answer.json() } else { json!(answer.problem()) }
}

#[tokio::test]
async fn both_sides_agree_on_the_version() {
    let authority = Authority::new();
    for (alpn, version) in
        [(BOTH, "HTTP/2.0"), (&["http/1.1"], "HTTP/1.1"), (&[], "HTTP/1.1"), (&["h2"], "HTTP/2.0")]
    {
        let backend = VersionBackend::start(Speaks::Tls { alpn, asks_who: false }, &authority).await;
        let base_url = format!("https://localhost:{}/base", backend.address.port());
        let said = answer(trusting(&authority), &base_url).await;
        assert_eq!(said["version"], version, "{alpn:?}: {said}");
        assert_eq!(said["target"], "/base/a%20b?c=%41&&");
    }
}

#[tokio::test]
async fn a_backend_whom_no_root_vouches_for_is_not_called() {
    let authority = Authority::new();
    let backend = VersionBackend::start(Speaks::Tls { alpn: BOTH, asks_who: false }, &authority).await;
    let base_url = format!("https://localhost:{}", backend.address.port());
    assert_eq!(answer(settings(), &base_url).await, json!("backend-unreachable"));
    assert_eq!(answer(trusting(&Authority::new()), &base_url).await, json!("backend-unreachable"));
    // The certificate is for the name, not for the address.
    let by_address = format!("https://127.0.0.1:{}", backend.address.port());
    assert_eq!(answer(trusting(&authority), &by_address).await, json!("backend-unreachable"));
}

#[tokio::test]
async fn the_gateway_shows_its_certificate_to_who_asks() {
    let authority = Authority::new();
    let backend = VersionBackend::start(Speaks::Tls { alpn: BOTH, asks_who: true }, &authority).await;
    let base_url = format!("https://localhost:{}", backend.address.port());
    let (certificate_file, key_file) = authority.issue("gateway.example");
    let mut known = trusting(&authority);
    known.backends.client_certificate = Some(ClientCertificate { certificate_file, key_file });
    assert_eq!(answer(known, &base_url).await["version"], "HTTP/2.0");
    assert!(answer(trusting(&authority), &base_url).await.is_string(), "a stranger gets no answer");
}

#[tokio::test]
async fn http_2_without_tls_is_spoken_where_it_is_known() {
    let authority = Authority::new();
    let backend = VersionBackend::start(Speaks::Plain, &authority).await;
    let base_url = format!("http://{}", backend.address);
    assert_eq!(answer(settings(), &base_url).await["version"], "HTTP/1.1");
    let mut known = settings();
    known.backends.http2_prior_knowledge = BTreeSet::from([backend.address.to_string()]);
    let said = answer(known, &base_url).await;
    assert_eq!(
        (&said["version"], &said["authority"]),
        (&json!("HTTP/2.0"), &json!(backend.address.to_string()))
    );
    let fields: Vec<String> = serde_json::from_value(said["fields"].clone()).expect("names");
    assert!(fields.contains(&"yimen-assertion".to_owned()), "{fields:?}");
    assert!(
        !fields.iter().any(|name| ["host", "connection", "te", "transfer-encoding"].contains(&name.as_str()))
    );
}

#[tokio::test]
async fn many_calls_share_one_http_2_connection_as_far_as_it_may_carry_them() {
    let authority = Authority::new();
    for (streams, most) in [(100, 1), (1, 8)] {
        let backend = VersionBackend::start(Speaks::Plain, &authority).await;
        let mut settings = settings();
        settings.backends.http2_prior_knowledge = BTreeSet::from([backend.address.to_string()]);
        settings.pool.max_streams_per_connection = streams;
        let rig = Rig::with(settings).await;
        let entry =
            rig.serve("item", vec![offering("item", &["330100"], &format!("http://{}", backend.address))]);
        let target = format!("/call/{entry}/x");
        rig.get(&target).await;
        let answers = join_all((0..8).map(|_| rig.get(&target))).await;
        assert!(answers.iter().all(|answer| answer.status.is_success()));
        assert!((1..=most).contains(&backend.connections()), "{}", backend.connections());
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_up_nobody_else_s_call() {
    let authority = Authority::new();
    let backend = VersionBackend::start(Speaks::Plain, &authority).await;
    let mut settings = settings();
    settings.backends.http2_prior_knowledge = BTreeSet::from([backend.address.to_string()]);
    let rig = Rig::with(settings).await;
    let entry =
        rig.serve("item", vec![offering("item", &["330100"], &format!("http://{}", backend.address))]);
    let large = rig.request("GET", &format!("/call/{entry}/large")).body(Body::empty()).expect("a request");
    let unread = rig.open(large).await;
    // Until everything between the backend and the client is full.
    tokio::time::sleep(Duration::from_millis(300)).await;
    for _ in 0..4 {
        assert_eq!(rig.get(&format!("/call/{entry}/x")).await.json()["version"], "HTTP/2.0");
    }
    assert_eq!(backend.connections(), 1);
    let whole = within(unread.into_body().collect()).await.expect("it was only waiting");
    assert_eq!(whole.to_bytes().len(), LARGE);
}
