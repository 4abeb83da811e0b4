//! Header fields on either side: what must not pass, what must, and what the gateway adds.

use axum::body::Body;
use http::StatusCode;
use serde_json::Value;

use crate::backends::{EchoBackend, RawBackend, received};
use crate::rig::Rig;

/// The JSON after the head of a raw answer.
fn echo(answer: &str) -> Value {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(body).expect("an echo")
}

#[tokio::test]
async fn nobody_can_pretend_to_be_somebody() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let spoofed = [
        "Yimen-Assertion: forged",
        "yimen_assertion: forged",
        "YIMEN-ASSERTION: forged",
        "X-Yimen-Subject: forged",
        "X-User: forged",
        "x_user: forged",
        "X-User-Id: forged",
        "X-Remote-User: forged",
        "Remote_User: forged",
        "X-Forwarded-User: forged",
        "X_Forwarded_For: forged",
        "X-Forwarded-For: forged",
        "Forwarded: for=forged",
        "X-Identity-Sub: forged",
        "X-Auth-Request-Email: forged",
        "X-Original-URL: /forged",
        "X-HTTP-Method-Override: forged",
        "Cookie: session=forged",
        "Proxy-Authorization: Basic forged",
    ];
    let answer = rig.raw(&format!("GET /call/{entry}/echo HTTP/1.1"), &spoofed).await;
    let echo = echo(&answer);
    assert!(!echo.to_string().contains("forged"), "{echo}");
    assert_eq!(received(&echo, "yimen-assertion").len(), 1);
    assert_eq!(received(&echo, "authorization").len(), 0);
}

#[tokio::test]
async fn hop_by_hop_fields_go_and_ours_cant_be_named_away() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let fields = [
        "Connection: close, X-Hop, Yimen-Assertion, Forwarded, Via, Traceparent",
        "X-Hop: 1",
        "X-End: 1",
        "X-End: 2",
        "Keep-Alive: timeout=9",
        "TE: trailers",
        "Proxy-Connection: keep-alive",
    ];
    let echo = echo(&rig.raw(&format!("GET /call/{entry}/echo HTTP/1.1"), &fields).await);
    for name in ["x-hop", "keep-alive", "te", "proxy-connection", "connection"] {
        assert!(received(&echo, name).is_empty(), "{name}: {echo}");
    }
    assert_eq!(received(&echo, "x-end"), ["1", "2"], "repeated fields stay apart");
    for name in ["yimen-assertion", "forwarded", "via", "traceparent"] {
        assert_eq!(received(&echo, name).len(), 1, "{name}: {echo}");
    }
}

#[tokio::test]
async fn the_backend_learns_of_the_hop_from_the_gateway_alone() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let trace = format!("Traceparent: {traceparent}");
    let fields = ["Via: 1.1 outer", trace.as_str(), "Tracestate: a=1", "X-Forwarded-Proto: https"];
    let echo = echo(&rig.raw(&format!("GET /call/{entry}/echo HTTP/1.1"), &fields).await);
    assert_eq!(received(&echo, "forwarded"), ["for=127.0.0.1;host=\"gw.example\";proto=http"]);
    assert_eq!(received(&echo, "x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(received(&echo, "x-forwarded-host"), ["gw.example"]);
    assert_eq!(received(&echo, "x-forwarded-proto"), ["http"]);
    assert_eq!(received(&echo, "via"), ["1.1 outer", "1.1 yimen"]);
    assert_eq!(received(&echo, "host"), [backend.address.to_string()]);
    assert_eq!(received(&echo, "tracestate"), ["a=1"]);
    let sent = received(&echo, "traceparent");
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].get(..35), traceparent.get(..35));
    assert_ne!(sent[0], traceparent, "the gateway is a span of its own");
}

#[tokio::test]
async fn a_response_passes_as_it_is() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let cookies = rig.get(&format!("/call/{entry}/cookies")).await;
    let values: Vec<_> = cookies.headers.get_all("set-cookie").iter().collect();
    assert_eq!(values, ["a=1", "b=2"]);
    let via: Vec<_> = cookies.headers.get_all("via").iter().collect();
    assert_eq!(via, ["1.1 inner", "1.1 yimen"]);
    assert!(!cookies.headers.contains_key("x-private"), "named by the backend's Connection");

    let redirect = rig.get(&format!("/call/{entry}/elsewhere")).await;
    assert_eq!(redirect.status, StatusCode::FOUND);
    assert_eq!(redirect.headers["location"], "/base/echo");
    let packed = rig.get(&format!("/call/{entry}/packed")).await;
    assert_eq!(
        (packed.headers["content-encoding"].to_str().expect("ASCII"), &packed.body[..]),
        ("gzip", &b"as it is"[..])
    );
    let broken = rig.get(&format!("/call/{entry}/broken")).await;
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(broken.body, "the department's own words");
}

#[tokio::test]
async fn an_old_backend_doesnt_make_the_client_s_connection_old() {
    let backend = RawBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    backend.answer_once("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let answer = rig.raw(&format!("GET /call/{entry}/x HTTP/1.1"), &[]).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("via: 1.0 yimen\r\n"), "{answer}");
}

#[tokio::test]
async fn what_would_change_the_protocol_is_refused() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let target = format!("/call/{entry}/echo");
    for (method, fields, status, code) in [
        ("GET", &["Connection: close, Upgrade", "Upgrade: smtp"][..], "501", "upgrade-not-supported"),
        ("GET", &["Connection: close, Upgrade", "Upgrade: websocket, smtp"], "501", "upgrade-not-supported"),
        ("POST", &["Connection: close, Upgrade", "Upgrade: websocket"], "501", "upgrade-not-supported"),
        ("TRACE", &[], "405", "method-not-allowed"),
        ("GET", &["Expect: miracles"], "417", "expectation-failed"),
    ] {
        let answer = rig.raw(&format!("{method} {target} HTTP/1.1"), fields).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.contains(&format!("urn:yimen:problem:{code}")), "{answer}");
    }
    assert_eq!(backend.calls(), 0);
    let h2c = ["Connection: close, Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"];
    let echo = echo(&rig.raw(&format!("GET {target} HTTP/1.1"), &h2c).await);
    assert!(received(&echo, "upgrade").is_empty() && received(&echo, "http2-settings").is_empty(), "{echo}");
}

#[tokio::test]
async fn a_client_that_waits_for_100_is_told_to_go_on() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let request = rig.request("POST", &format!("/call/{entry}/echo")).header("expect", "100-continue");
    let answer = rig.send(request.body(Body::from("hello")).expect("a request")).await;
    assert_eq!(answer.json()["bodyLength"], 5);
    assert!(received(&answer.json(), "expect").is_empty());
}
