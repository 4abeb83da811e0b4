//! Backends that fail again and again: their callers are told at once, and others take over where there are any.

use std::sync::Arc;
use std::time::Duration;

use domain::EntryId;
use yimen_gateway::{BackendState, HealthSettings, Offering, Settings, Upstream, UpstreamTimeouts};

use crate::backends::{EchoBackend, RawBackend};
use crate::rig::{Rig, item, offering, settings, within};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
const LONG: Duration = Duration::from_secs(600);

fn with(change: impl FnOnce(&mut HealthSettings)) -> Settings {
    let mut settings = settings();
    settings.health.open_for = Duration::from_millis(50);
    change(&mut settings.health);
    settings
}

async fn problem(rig: &Rig, entry: EntryId) -> String {
    rig.get(&format!("/call/{entry}/x")).await.problem()
}

/// Waits until the backend of the entry's item is in this state.
async fn until(rig: &Rig, entry: EntryId, name: &str, state: BackendState) {
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    within(async {
        while rig.gateway.health(entry, item(name)).map(|health| health.state) != Some(state) {
            pace.tick().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_backend_that_is_down_is_soon_not_asked_and_asked_again_when_it_is_up() {
    let backend = RawBackend::start().await;
    let address = backend.address();
    drop(backend);
    let rig = Rig::with(with(|health| health.failures_in_a_row = 3)).await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &format!("http://{address}"))]);
    for _ in 0..3 {
        assert_eq!(problem(&rig, entry).await, "backend-unreachable");
    }
    let refused = rig.get(&format!("/call/{entry}/x")).await;
    assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (503, "backend-circuit-open"));
    assert_eq!((refused.headers["retry-after"].as_bytes(), refused.fault().as_str()), (&b"1"[..], "backend"));
    let seen = rig.gateway.health(entry, item("item")).expect("it is known");
    assert_eq!((seen.state, seen.failures_in_a_row), (BackendState::Open, 3));
    assert_eq!(seen.last_failure.map(|last| last.reason), Some("backend-unreachable"));
    assert!(seen.since.is_some());

    // The port may be taken by another test meanwhile; then there is nothing to see here.
    let Ok(listener) = tokio::net::TcpListener::bind(address).await else { return };
    let backend = RawBackend::on(listener);
    let department = async {
        let mut call = backend.accept().await;
        call.head().await;
        call.write(OK).await;
    };
    let client = async {
        let mut pace = tokio::time::interval(Duration::from_millis(10));
        loop {
            pace.tick().await;
            let answer = rig.get(&format!("/call/{entry}/x")).await;
            if answer.status.is_success() {
                break;
            }
            assert_eq!(answer.problem(), "backend-circuit-open");
        }
    };
    within(async { tokio::join!(client, department) }).await;
    assert_eq!(rig.gateway.health(entry, item("item")).expect("known").state, BackendState::Healthy);
}

#[tokio::test]
async fn one_call_at_a_time_finds_out() {
    let backend = RawBackend::start().await;
    let rig = Rig::with(with(|health| health.failures_in_a_row = 1)).await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &backend.base_url())]);
    let fails = async { drop(backend.accept().await) };
    let (first, ()) = tokio::join!(problem(&rig, entry), fails);
    assert_eq!(first, "backend-broke-off");
    tokio::time::sleep(Duration::from_millis(60)).await;
    let target = format!("/call/{entry}/x");
    let department = async {
        let mut trial = backend.accept().await;
        trial.head().await;
        assert_eq!(problem(&rig, entry).await, "backend-circuit-open", "the trial is under way");
        trial.write(OK).await;
    };
    let (answer, ()) = tokio::join!(rig.get(&target), department);
    assert_eq!(answer.body, "ok");
}

#[tokio::test]
async fn whatever_a_backend_answers_is_an_answer() {
    let backend = EchoBackend::start().await;
    let rig = Rig::with(with(|health| health.failures_in_a_row = 1)).await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &backend.base_url())]);
    for _ in 0..3 {
        assert_eq!(rig.get(&format!("/call/{entry}/broken")).await.status.as_u16(), 500);
    }
    assert_eq!(backend.calls(), 3);
}

#[tokio::test]
async fn answers_that_break_off_count_by_their_share() {
    let backend = RawBackend::start().await;
    let rig = Rig::with(with(|health| {
        health.min_calls = 4;
        health.open_for = LONG;
        health.max_open_for = LONG;
    }))
    .await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &backend.base_url())]);
    let department = async {
        loop {
            let mut call = backend.accept().await;
            call.head().await;
            call.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart").await;
        }
    };
    let client = async {
        for _ in 0..4 {
            // The client's own error, for a body that isn't whole.
            let request = rig.request("GET", &format!("/call/{entry}/x")).body(axum::body::Body::empty());
            let body = rig.open(request.expect("a request")).await.into_body();
            assert!(within(http_body_util::BodyExt::collect(body)).await.is_err());
        }
        assert_eq!(problem(&rig, entry).await, "backend-circuit-open");
    };
    tokio::select! {
        () = client => {}
        () = department => {}
    }
}

#[tokio::test]
async fn hanging_up_on_an_upload_that_has_not_gone_is_no_failure() {
    let backend = RawBackend::start().await;
    let rig = Rig::with(with(|health| {
        health.failures_in_a_row = 1;
        health.open_for = LONG;
        health.max_open_for = LONG;
    }))
    .await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &backend.base_url())]);
    let hangs_up = async || {
        backend.accept().await.head().await;
    };
    let state = || rig.gateway.health(entry, item("item")).expect("known").state;
    for _ in 0..3 {
        let part = Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"part"));
        let body = futures_util::StreamExt::chain(
            futures_util::stream::iter([part]),
            futures_util::stream::pending(),
        );
        let request = rig.request("POST", &format!("/call/{entry}/x"));
        let request = request.body(axum::body::Body::from_stream(body)).expect("a request");
        let (answer, ()) = tokio::join!(rig.send(request), hangs_up());
        assert_eq!((answer.problem().as_str(), state()), ("backend-broke-off", BackendState::Healthy));
    }
    let (whole, ()) = tokio::join!(problem(&rig, entry), hangs_up());
    assert_eq!((whole.as_str(), state()), ("backend-broke-off", BackendState::Open));
}

/// A backend that answers calls until it is told to die, with all of its connections.
async fn serve_until_killed(listener: tokio::net::TcpListener, killed: tokio::sync::oneshot::Receiver<()>) {
    let serving = async {
        let mut calls = tokio::task::JoinSet::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            calls.spawn(async move {
                use tokio::io::{AsyncReadExt, AsyncWriteExt};
                let mut read = [0; 4096];
                while stream.read(&mut read).await.is_ok_and(|length| length > 0) {
                    if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.is_err() {
                        return;
                    }
                }
            });
        }
    };
    tokio::select! {
        () = serving => {}
        _ = killed => {}
    }
}

#[tokio::test]
async fn a_backend_that_is_killed_under_load_costs_only_its_own_calls_and_is_found_again() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    let rig = Rig::with(with(|health| health.failures_in_a_row = 3)).await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &format!("http://{address}"))]);
    let target = format!("/call/{entry}/x");
    let echo = EchoBackend::start().await;
    let other = rig.serve("other", vec![offering("other", &["330100"], &echo.base_url())]);
    let other = format!("/call/{other}/x");
    let load = async |calls: usize| {
        let round = async |_| {
            let (own, others) = tokio::join!(rig.get(&target), rig.get(&other));
            assert_eq!(others.status.as_u16(), 200, "nobody else's calls suffer");
            own
        };
        let mut outcomes = Vec::new();
        for _ in 0..calls {
            outcomes.extend(futures_util::future::join_all((0..8).map(round)).await);
        }
        outcomes
    };
    let (kill, killed) = tokio::sync::oneshot::channel();
    let serving = tokio::spawn(serve_until_killed(listener, killed));
    assert!(load(3).await.iter().all(|answer| answer.body == "ok"));
    kill.send(()).expect("it serves");
    serving.await.expect("it dies without a panic");
    for answer in load(3).await {
        let problem = answer.problem();
        assert!(["backend-unreachable", "backend-circuit-open"].contains(&problem.as_str()), "{problem}");
    }
    // The port may be taken by another test meanwhile; then there is nothing more to see here.
    let Ok(listener) = tokio::net::TcpListener::bind(address).await else { return };
    let (_alive, killed) = tokio::sync::oneshot::channel();
    tokio::spawn(serve_until_killed(listener, killed));
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    within(async {
        while !rig.get(&target).await.status.is_success() {
            pace.tick().await;
        }
    })
    .await;
    assert!(load(3).await.iter().all(|answer| answer.body == "ok"));
}

/// Two offerings for one region, of which the first goes before the second while it is well.
fn two_equals(one: &str, other: &str) -> Vec<Offering> {
    let primary = Offering { primary: true, ..offering("one", &["330100"], one) };
    vec![primary, offering("other", &["330100"], other)]
}

#[tokio::test]
async fn an_equal_takes_over_while_the_primary_is_down() {
    let (dead, echo) = (RawBackend::start().await.base_url(), EchoBackend::start().await);
    let rig = Rig::with(with(|health| {
        health.failures_in_a_row = 2;
        health.open_for = LONG;
        health.max_open_for = LONG;
    }))
    .await;
    let entry = rig.serve("item", two_equals(&dead, &echo.base_url()));
    let target = format!("/call/{entry}/x");
    let ask = async || {
        rig.send(
            rig.request("GET", &target)
                .header("service-region", "330100")
                .body(axum::body::Body::empty())
                .expect("a request"),
        )
        .await
    };
    for _ in 0..2 {
        assert_eq!(ask().await.problem(), "backend-unreachable");
    }
    for _ in 0..5 {
        assert_eq!(ask().await.status.as_u16(), 200);
    }
    assert_eq!(echo.calls(), 5);
}

#[tokio::test]
async fn where_all_fail_the_floor_goes_on_trying() {
    let (one, other) = (RawBackend::start().await.base_url(), RawBackend::start().await.base_url());
    for (floor_percent, expected) in [(50, "backend-unreachable"), (0, "backend-circuit-open")] {
        let rig = Rig::with(with(|health| {
            health.failures_in_a_row = 1;
            health.open_for = LONG;
            health.max_open_for = LONG;
            health.floor_percent = floor_percent;
        }))
        .await;
        let entry = rig.serve("item", two_equals(&one, &other));
        let target = format!("/call/{entry}/x");
        let mut last = String::new();
        for _ in 0..4 {
            let request = rig.request("GET", &target).header("service-region", "330100");
            last = rig.send(request.body(axum::body::Body::empty()).expect("a request")).await.problem();
        }
        assert_eq!(last, expected, "{floor_percent}");
    }
}

fn probed(name: &str, base_url: &str) -> Offering {
    let upstream = Upstream::new(base_url, UpstreamTimeouts::default()).expect("a base URL");
    let upstream = upstream.with_health_path("/health?deep=1").expect("a path");
    Offering { upstream: Some(Arc::new(upstream)), ..offering(name, &["330100"], base_url) }
}

#[tokio::test]
async fn a_backend_whose_probes_fail_is_passed_over_until_they_succeed() {
    let (backend, echo) = (RawBackend::start().await, EchoBackend::start().await);
    let rig = Rig::with(with(|health| {
        health.probe_interval = Duration::from_millis(20);
        health.probe_failures = 2;
    }))
    .await;
    let primary = Offering { primary: true, ..probed("one", &format!("{}/base", backend.base_url())) };
    // An offering is found by its item; the rig names it after the department.
    let entry = rig.serve("item", vec![primary, offering("other", &["330100"], &echo.base_url())]);
    let probing = tokio::spawn(rig.gateway.clone().keep_probing());
    let (well, seen) = tokio::sync::watch::channel(false);
    let department = async {
        loop {
            let mut probe = backend.accept().await;
            let head = probe.head().await;
            assert!(head.starts_with("GET /base/health?deep=1 HTTP/1.1\r\n"), "{head}");
            assert!(!head.to_ascii_lowercase().contains("authorization"), "{head}");
            let status = if *seen.borrow() { "204 No Content" } else { "500 Oh" };
            probe.write(&format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")).await;
        }
    };
    let operator = async {
        until(&rig, entry, "one", BackendState::Doubted).await;
        let request = rig.request("GET", &format!("/call/{entry}/x")).header("service-region", "330100");
        let answer = rig.send(request.body(axum::body::Body::empty()).expect("a request")).await;
        assert_eq!((answer.status.as_u16(), echo.calls()), (200, 1));
        well.send_replace(true);
        until(&rig, entry, "one", BackendState::Healthy).await;
    };
    tokio::select! {
        () = operator => {}
        () = department => {}
    }
    probing.abort();
}

#[tokio::test]
async fn a_whole_call_has_its_time() {
    let backend = RawBackend::start().await;
    let mut settings = settings();
    settings.timeouts.total = Some(Duration::from_millis(150));
    let rig = Rig::with(settings).await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &backend.base_url())]);
    let target = format!("/call/{entry}/x");
    let silent = async {
        let mut call = backend.accept().await;
        call.head().await;
        call.closed().await;
    };
    let (answer, ()) = tokio::join!(rig.get(&target), silent);
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (504, "backend-timeout"));
    // A piece now and then keeps the idle time from running out, but not the whole.
    let trickle = async {
        let mut call = backend.accept().await;
        call.head().await;
        call.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        let mut pace = tokio::time::interval(Duration::from_millis(10));
        while call.try_write("1\r\nx\r\n").await {
            pace.tick().await;
        }
    };
    let reader = async {
        let request = rig.request("GET", &target).body(axum::body::Body::empty()).expect("a request");
        let body = rig.open(request).await.into_body();
        within(http_body_util::BodyExt::collect(body)).await.is_err()
    };
    let (cut_off, ()) = tokio::join!(reader, trickle);
    assert!(cut_off);
}
