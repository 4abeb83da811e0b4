//! Responses that two readers read in two ways, or that say more than a backend may.

use axum::body::Body;

use crate::backends::RawBackend;
use crate::rig::Rig;

/// The status of a call that is answered with these bytes, and the body or the problem.
async fn answered(bytes: &'static str) -> (u16, String) {
    let backend = RawBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    backend.answer_once(bytes);
    let answer = rig.get(&format!("/call/{entry}/x")).await;
    let body = if answer.status.as_u16() == 502 {
        answer.problem()
    } else {
        String::from_utf8_lossy(&answer.body).into_owned()
    };
    (answer.status.as_u16(), body)
}

#[tokio::test]
async fn what_can_be_read_in_two_ways_is_not_passed_on() {
    for bytes in [
        // Framing, RFC 9112, section 6.
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        // Lines, RFC 9112, sections 4 and 5.
        "HTTP/1.1 200 OK\r\nX-Folded: one\r\n two\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nX-Space : one\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\n: nameless\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nX-Nul: a\0b\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nX-Return: a\rSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "ICY 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "ok",
    ] {
        assert_eq!(answered(bytes).await, (502, "backend-broke-off".to_owned()), "{bytes:?}");
    }
}

#[tokio::test]
async fn what_is_only_unusual_is_passed_on() {
    for bytes in [
        "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2;name=value\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ] {
        assert_eq!(answered(bytes).await, (200, "ok".to_owned()), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_head_past_the_limit_is_refused_before_it_is_whole() {
    let backend = RawBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let department = async {
        let mut call = backend.accept().await;
        call.head().await;
        let field = format!("X-Long: {}\r\n", "x".repeat(80 * 1024));
        call.write(&format!("HTTP/1.1 200 OK\r\n{field}Content-Length: 2\r\n\r\nok")).await;
        call.closed().await;
    };
    let target = format!("/call/{entry}/x");
    let (answer, ()) = tokio::join!(rig.get(&target), department);
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (502, "backend-broke-off"));
}

#[tokio::test]
async fn what_was_meant_for_the_gateway_stays_there() {
    let backend = RawBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    backend.answer_once(
        "HTTP/1.1 200 OK\r\nConnection: x-hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\n\
         Upgrade: h2c\r\nYimen-Assertion: echoed\r\nX-Own: kept\r\nContent-Length: 2\r\n\r\nok",
    );
    let answer = rig.get(&format!("/call/{entry}/x")).await;
    assert_eq!(answer.headers["x-own"], "kept");
    for name in ["x-hop", "keep-alive", "proxy-authenticate", "upgrade", "yimen-assertion"] {
        assert!(!answer.headers.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn what_follows_a_response_is_nobody_s_answer() {
    let backend = RawBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let target = format!("/call/{entry}/x");
    let department = async {
        let mut first = backend.accept().await;
        first.head().await;
        let smuggled = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nnot you";
        first.write(&format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok{smuggled}")).await;
        let mut second = backend.accept().await;
        second.head().await;
        second.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nme").await;
    };
    let client = async {
        assert_eq!(rig.get(&target).await.body, "ok");
        rig.jwks().await;
        let request = rig.request("GET", &target).body(Body::empty()).expect("a request");
        assert_eq!(rig.send(request).await.body, "me");
    };
    tokio::join!(client, department);
}
