//! Backends and clients that fail, and whose fault the gateway says it is.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http_body_util::BodyExt;
use identity::Clock;
use yimen_gateway::{Settings, Timeouts, UpstreamTimeouts};

use crate::backends::{EchoBackend, RawBackend, received};
use crate::rig::{Rig, offering, settings, with_timeouts, within};

const SHORT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_dead_backend_is_unreachable() {
    let dead = RawBackend::start().await.base_url();
    let (rig, entry) = Rig::to(&dead).await;
    let answer = rig.get(&format!("/call/{entry}/x")).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (502, "backend-unreachable"));
    assert_eq!(answer.fault(), "backend");
}

#[tokio::test]
async fn a_backend_that_never_finishes_connecting_is_given_up() {
    let silent = RawBackend::start().await;
    let rig = Rig::new().await;
    let base_url = format!("https://{}", silent.address());
    let timeouts = UpstreamTimeouts { connect: Some(SHORT), ..UpstreamTimeouts::default() };
    let entry =
        rig.serve("item", vec![with_timeouts(offering("item", &["330100"], &base_url), &base_url, timeouts)]);
    let answer = rig.get(&format!("/call/{entry}/x")).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (504, "backend-timeout"));
}

#[tokio::test]
async fn a_backend_that_says_nothing_is_given_up_and_its_call_cancelled() {
    let backend = RawBackend::start().await;
    let rig = Rig::new().await;
    let timeouts = UpstreamTimeouts { first_byte: Some(SHORT), ..UpstreamTimeouts::default() };
    let base_url = backend.base_url();
    let entry =
        rig.serve("item", vec![with_timeouts(offering("item", &["330100"], &base_url), &base_url, timeouts)]);
    let target = format!("/call/{entry}/x");
    let department = async {
        let mut call = backend.accept().await;
        call.head().await;
        call.closed().await;
    };
    let (answer, ()) = tokio::join!(rig.get(&target), department);
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (504, "backend-timeout"));
    assert_eq!(answer.fault(), "backend");
}

#[tokio::test]
async fn a_backend_that_answers_nonsense_or_nothing_broke_off() {
    for bytes in [
        "",
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    ] {
        let backend = RawBackend::start().await;
        let (rig, entry) = Rig::to(&backend.base_url()).await;
        backend.answer_once(bytes);
        let answer = rig.get(&format!("/call/{entry}/x")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (502, "backend-broke-off"),
            "{bytes:?}"
        );
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_never_taken_for_a_whole_one() {
    for bytes in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
    ] {
        let backend = RawBackend::start().await;
        let (rig, entry) = Rig::to(&backend.base_url()).await;
        backend.answer_once(bytes);
        let request = rig.request("GET", &format!("/call/{entry}/x")).body(Body::empty()).expect("a request");
        let response = rig.open(request).await;
        assert_eq!(response.status().as_u16(), 200);
        assert!(within(response.into_body().collect()).await.is_err(), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_body_that_stops_coming_is_cut_off() {
    let backend = RawBackend::start().await;
    let rig = Rig::new().await;
    let timeouts = UpstreamTimeouts { idle: Some(SHORT), ..UpstreamTimeouts::default() };
    let base_url = backend.base_url();
    let entry =
        rig.serve("item", vec![with_timeouts(offering("item", &["330100"], &base_url), &base_url, timeouts)]);
    let target = format!("/call/{entry}/x");
    let department = async {
        let mut call = backend.accept().await;
        call.head().await;
        call.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart").await;
        call.closed().await;
    };
    let reader = async {
        let request = rig.request("GET", &target).body(Body::empty()).expect("a request");
        let body = rig.open(request).await.into_body();
        within(body.collect()).await.is_err()
    };
    let (cut_off, ()) = tokio::join!(reader, department);
    assert!(cut_off);
}

#[tokio::test]
async fn a_client_that_stops_sending_gets_the_blame_and_not_the_backend() {
    let backend = RawBackend::start().await;
    let timeouts = Timeouts { first_byte: SHORT / 2, idle: SHORT * 3, ..Timeouts::default() };
    let rig = Rig::with(Settings { timeouts, ..settings() }).await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &backend.base_url())]);
    let body = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"part"))]).chain(stream::pending());
    let request = rig.request("POST", &format!("/call/{entry}/x"));
    let request = request.body(Body::from_stream(body)).expect("a request");
    let department = async {
        let mut call = backend.accept().await;
        call.head().await;
        call.closed().await;
    };
    let (answer, ()) = tokio::join!(rig.send(request), department);
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (408, "request-timeout"));
    assert_eq!(answer.fault(), "client");
}

#[tokio::test]
async fn a_kept_connection_that_the_backend_closed_costs_no_call() {
    let backend = RawBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let target = format!("/call/{entry}/x");
    let department = async {
        for _ in 0..3 {
            let mut call = backend.accept().await;
            call.head().await;
            call.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        }
    };
    let client = async {
        for _ in 0..3 {
            assert_eq!(rig.get(&target).await.body, "ok");
            // The gateway has seen the backend's close as soon as it has answered something else.
            rig.jwks().await;
        }
    };
    tokio::join!(client, department);
}

#[tokio::test]
async fn calls_past_the_limit_are_turned_away_at_once_and_a_place_is_free_again_afterwards() {
    let backend = RawBackend::start().await;
    let echo = EchoBackend::start().await;
    let rig = Rig::with(Settings { max_concurrent_calls: 1, ..settings() }).await;
    let slow = rig.serve("slow", vec![offering("slow", &["330100"], &backend.base_url())]);
    let quick = rig.serve("quick", vec![offering("quick", &["330100"], &echo.base_url())]);
    let slow_target = format!("/call/{slow}/x");
    let quick_target = format!("/call/{quick}/x");
    let others = async {
        let mut call = backend.accept().await;
        call.head().await;
        call.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha").await;
        let answer = rig.get(&quick_target).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "overloaded"));
        assert_eq!(
            (answer.headers["retry-after"].as_bytes(), answer.fault().as_str()),
            (&b"1"[..], "gateway")
        );
        call.write("lf").await;
    };
    let (first, ()) = tokio::join!(rig.get(&slow_target), others);
    assert_eq!(first.body, "half");
    assert_eq!(rig.get(&quick_target).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_bug_that_one_call_meets_is_that_call_s_500() {
    let backend = EchoBackend::start().await;
    let rig = Rig::at(settings(), Clock::new(|| panic!("a bug, for this test"))).await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &backend.base_url())]);
    for _ in 0..2 {
        let answer = rig.get(&format!("/call/{entry}/x")).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (500, "internal"));
        assert_eq!(answer.fault(), "gateway");
        assert!(!String::from_utf8_lossy(&answer.body).contains("bug"), "the cause is for the log");
    }
}

#[tokio::test]
async fn a_backend_is_reached_over_ipv6() {
    let backend = EchoBackend::start_on("::1").await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let answer = rig.get(&format!("/call/{entry}/x")).await;
    assert_eq!(received(&answer.json(), "host"), [backend.address.to_string()]);
}
