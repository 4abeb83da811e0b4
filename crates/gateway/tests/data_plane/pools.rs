//! Connections to backends: which are kept, for how long, how many there may be, and what is sent twice.

use std::time::Duration;

use axum::body::Body;
use futures_util::future::join_all;
use yimen_gateway::{BackendSettings, PoolSettings, Settings};

use crate::backends::{RawBackend, RawCall};
use crate::rig::{Rig, offering, settings, within};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn pool(change: impl FnOnce(&mut PoolSettings)) -> Settings {
    let mut pool = PoolSettings::default();
    change(&mut pool);
    Settings { pool, ..settings() }
}

fn backends(change: impl FnOnce(&mut BackendSettings)) -> Settings {
    let mut settings = settings();
    change(&mut settings.backends);
    settings
}

/// A gateway with one entry, and the path of its calls.
async fn gateway(settings: Settings, backend: &RawBackend) -> (Rig, String) {
    let rig = Rig::with(settings).await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &backend.base_url())]);
    (rig, format!("/call/{entry}/x"))
}

async fn answer(call: &mut RawCall) {
    call.head().await;
    call.write(OK).await;
}

#[tokio::test]
async fn a_connection_carries_one_call_after_the_other() {
    let backend = RawBackend::start().await;
    let (rig, target) = gateway(settings(), &backend).await;
    let department = async {
        let mut connection = backend.accept().await;
        for _ in 0..5 {
            answer(&mut connection).await;
        }
    };
    let client = async {
        for _ in 0..5 {
            assert_eq!(rig.get(&target).await.body, "ok");
            // The connection is free once the gateway has seen the end of the response.
            rig.jwks().await;
        }
    };
    tokio::join!(client, department);
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_time_without_another_call() {
    let backend = RawBackend::start().await;
    let (rig, target) = gateway(pool(|pool| pool.idle_timeout = Duration::from_millis(100)), &backend).await;
    let department = async {
        let mut connection = backend.accept().await;
        answer(&mut connection).await;
        connection.closed().await;
    };
    tokio::join!(rig.get(&target), department);
}

#[tokio::test]
async fn an_old_connection_takes_no_new_call() {
    let backend = RawBackend::start().await;
    let (rig, target) = gateway(pool(|pool| pool.max_age = Duration::ZERO), &backend).await;
    let department = async {
        for _ in 0..3 {
            let mut connection = backend.accept().await;
            answer(&mut connection).await;
            connection.closed().await;
        }
    };
    let client = async {
        for _ in 0..3 {
            assert_eq!(rig.get(&target).await.body, "ok");
        }
    };
    tokio::join!(client, department);
}

#[tokio::test]
async fn calls_past_the_limit_wait_their_turn() {
    let backend = RawBackend::start().await;
    let (rig, target) = gateway(backends(|backends| backends.max_calls = 1), &backend).await;
    let department = async {
        let mut connection = backend.accept().await;
        for _ in 0..4 {
            answer(&mut connection).await;
        }
    };
    let calls = join_all((0..4).map(|_| rig.get(&target)));
    // A second connection would wait for ever: nobody accepts it.
    let (answers, ()) = tokio::join!(calls, department);
    assert!(answers.iter().all(|answer| answer.body == "ok"));
}

#[tokio::test]
async fn who_finds_no_place_in_time_or_no_queue_is_told_to_come_back() {
    for max_waiting in [0, 8] {
        let backend = RawBackend::start().await;
        let settings = backends(|backends| {
            backends.max_calls = 1;
            backends.max_waiting = max_waiting;
            backends.max_wait = Duration::from_millis(50);
        });
        let (rig, target) = gateway(settings, &backend).await;
        let department = async {
            let mut connection = backend.accept().await;
            connection.head().await;
            let answer = rig.get(&target).await;
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "backend-busy"));
            assert_eq!(
                (answer.headers["retry-after"].as_bytes(), answer.fault().as_str()),
                (&b"1"[..], "backend")
            );
            connection.write(OK).await;
        };
        let (first, ()) = tokio::join!(rig.get(&target), department);
        assert_eq!(first.body, "ok");
    }
}

#[tokio::test]
async fn one_server_s_queue_is_no_other_s() {
    let (slow, quick) = (RawBackend::start().await, RawBackend::start().await);
    let (rig, to_slow) = gateway(backends(|backends| backends.max_calls = 1), &slow).await;
    let other = rig.serve("quick", vec![offering("quick", &["330100"], &quick.base_url())]);
    let to_quick = format!("/call/{other}/x");
    let others = async {
        let mut held = slow.accept().await;
        held.head().await;
        let department = async { answer(&mut quick.accept().await).await };
        let (answered, ()) = tokio::join!(rig.get(&to_quick), department);
        assert_eq!(answered.body, "ok");
        held.write(OK).await;
    };
    tokio::join!(rig.get(&to_slow), others);
}

/// A kept connection that ends when the next request has been written to it, and whatever comes then.
async fn stale(
    rig: &Rig,
    target: &str,
    backend: &RawBackend,
    method: &str,
    body: &'static str,
) -> (u16, usize) {
    let department = async {
        let mut connection = backend.accept().await;
        answer(&mut connection).await;
        connection.head().await;
        drop(connection);
        let again = async { answer(&mut backend.accept().await).await };
        tokio::time::timeout(Duration::from_millis(500), again).await.is_ok()
    };
    let client = async {
        assert_eq!(rig.get(target).await.body, "ok");
        rig.jwks().await;
        let request = rig.request(method, target).body(Body::from(body)).expect("a request");
        rig.send(request).await.status.as_u16()
    };
    let (status, again) = tokio::join!(client, department);
    (status, usize::from(again))
}

#[tokio::test]
async fn only_what_can_do_no_harm_twice_is_sent_twice() {
    for (method, body, expected) in [
        ("GET", "", (200, 1)),
        ("DELETE", "", (200, 1)),
        ("POST", "", (502, 0)),
        ("PUT", "with a body", (502, 0)),
    ] {
        let backend = RawBackend::start().await;
        let (rig, target) = gateway(settings(), &backend).await;
        assert_eq!(stale(&rig, &target, &backend, method, body).await, expected, "{method} {body:?}");
    }
    let backend = RawBackend::start().await;
    let (rig, target) = gateway(backends(|backends| backends.retries_per_hundred_calls = 0), &backend).await;
    assert_eq!(stale(&rig, &target, &backend, "GET", "").await, (502, 0), "without a budget");
}

#[tokio::test]
async fn a_new_connection_that_ends_unanswered_is_no_reason_to_try_again() {
    let backend = RawBackend::start().await;
    let (rig, target) = gateway(settings(), &backend).await;
    let department = async {
        backend.accept().await.head().await;
        tokio::time::timeout(Duration::from_millis(200), backend.accept()).await.is_ok()
    };
    let (answer, again) = tokio::join!(rig.get(&target), department);
    assert_eq!((answer.problem().as_str(), again), ("backend-broke-off", false));
}

#[tokio::test]
async fn a_client_that_leaves_while_it_waits_gives_its_turn_up() {
    let backend = RawBackend::start().await;
    let (rig, target) = gateway(backends(|backends| backends.max_calls = 1), &backend).await;
    let department = async {
        let mut connection = backend.accept().await;
        connection.head().await;
        let impatient = tokio::time::timeout(Duration::from_millis(50), rig.get(&target)).await;
        assert!(impatient.is_err(), "it waits for the place");
        connection.write(OK).await;
        // The next request on the connection is the next client's: nothing was sent for the one that left.
        rig.jwks().await;
        let request =
            rig.request("GET", &target).header("x-who", "next").body(Body::empty()).expect("a request");
        let next = async {
            assert!(connection.head().await.contains("x-who: next"));
            connection.write(OK).await;
        };
        let (answered, ()) = tokio::join!(rig.send(request), next);
        assert_eq!(answered.body, "ok");
    };
    let (first, ()) = within(async { tokio::join!(rig.get(&target), department) }).await;
    assert_eq!(first.body, "ok");
}
