//! Restarts and overload, as callers meet them.
//!
//! What is promised of a restart on one port: a call whose connection was accepted is answered; in between, connecting is
//! refused, and a caller who comes again is served. So nothing is lost but what the drain limit cuts.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::binary::{Demo, PATIENCE};
use crate::client::until;
use crate::raw::{answers, until_end};
use crate::staff::callable;

const CALLERS: usize = 16;
/// How long the backend thinks.
const THINKS: Duration = Duration::from_millis(20);

/// A stand-in for a department's service that thinks about each answer.
async fn thinking() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base_url = format!("http://{}", listener.local_addr().expect("it has an address"));
    let router = axum::Router::new().fallback(async || {
        sleep(THINKS).await;
        "thought"
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    base_url
}

/// One call on a connection of its own: its status; none if nobody listens.
async fn call(address: &str, request: &str) -> Option<u16> {
    let mut connection = match TcpStream::connect(address).await {
        Ok(connection) => connection,
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => return None,
        Err(error) => panic!("no connection: {error}"),
    };
    let received = match connection.write_all(request.as_bytes()).await {
        Ok(()) => until_end(&mut connection).await.0,
        Err(error) => panic!("the connection was let go before the request: {error}"),
    };
    let answers = answers(&received);
    let [answer] = answers.as_slice() else { panic!("an accepted call was lost: {answers:?}") };
    Some(answer.status)
}

fn request(demo: &Demo, entry: &str) -> String {
    let token = demo.token("citizen");
    format!(
        "GET /call/{entry}/x HTTP/1.1\r\nhost: yimen.test\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    )
}

#[tokio::test]
async fn a_restart_under_load_loses_no_call() {
    let demo = Demo::start(&["--sample", "none"]);
    let entry = demo.adopt(&callable("重启时的登记", "330106", &thinking().await)).await;
    let url = demo.url("");
    let address = url.strip_prefix("http://").expect("plain HTTP").trim_end_matches('/').to_owned();
    let request = Arc::new(request(&demo, &entry));
    until("the way there is known", async || (call(&address, &request).await == Some(200)).then_some(()))
        .await;
    let (over, served, refused) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (address, request) = (address.clone(), Arc::clone(&request));
            let (over, served, refused) = (Arc::clone(&over), Arc::clone(&served), Arc::clone(&refused));
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    match call(&address, &request).await {
                        Some(status) => {
                            assert_eq!(status, 200);
                            served.fetch_add(1, Ordering::Relaxed);
                        }
                        None => {
                            refused.fetch_add(1, Ordering::Relaxed);
                            sleep(Duration::from_millis(5)).await;
                        }
                    }
                }
            })
        })
        .collect();
    let more = async |than: usize| {
        until("calls are served", async || (served.load(Ordering::Relaxed) > than).then_some(())).await;
    };
    more(200).await;
    let (mut old, public) = (demo, address.clone());
    // The demo keeps its keys: the same token is good.
    let restart = tokio::task::spawn_blocking(move || {
        let told = Command::new("kill").args(["-TERM", &old.pid().to_string()]).status();
        assert!(told.expect("there is kill").success());
        assert_eq!(old.wait().code(), Some(0));
        Demo::start_at(&public, old.kill(), &["--sample", "none"])
    });
    let new = restart.await.expect("it starts");
    more(served.load(Ordering::Relaxed) + 200).await;
    over.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("no call was lost");
    }
    assert!(refused.load(Ordering::Relaxed) > 0, "in between nobody listened");
    drop(new);
}

/// How long there is too much to do: `YIMEN_OVERLOAD_SECONDS`, two seconds without it.
fn overload() -> Duration {
    let seconds = std::env::var("YIMEN_OVERLOAD_SECONDS").ok();
    Duration::from_secs(seconds.map_or(2, |text| text.parse().expect("a number of seconds")))
}

#[tokio::test]
async fn twice_as_many_calls_as_can_be_carried_are_turned_away_and_it_recovers_at_once() {
    let demo = Demo::serve_in(
        TempDir::new().expect("a folder"),
        "[gateway]\nmax_concurrent_calls = 8\noverloaded_retry_after = \"1s\"\n",
    );
    demo.approve_channel().await;
    let entry = demo.adopt(&callable("超载时的登记", "330106", &thinking().await)).await;
    let url = demo.url("");
    let address = url.strip_prefix("http://").expect("plain HTTP").trim_end_matches('/').to_owned();
    let request = request(&demo, &entry);
    until("the way there is known", async || (call(&address, &request).await == Some(200)).then_some(()))
        .await;
    let (served, turned_away) = rush(&address, &request, overload()).await;
    assert!(served > 0 && turned_away > 0, "{served} {turned_away}");
    let begun = Instant::now();
    until("a call is served", async || (call(&address, &request).await == Some(200)).then_some(())).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// Twice as many callers as there are places, without a pause; how many calls were served and turned away.
async fn rush(address: &str, request: &str, lasts: Duration) -> (usize, usize) {
    let end = Instant::now() + lasts;
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (address, request) = (address.to_owned(), request.to_owned());
            tokio::spawn(async move {
                let (mut served, mut turned_away) = (0, 0);
                while Instant::now() < end {
                    match call(&address, &request).await.expect("it listens") {
                        200 => served += 1,
                        503 => turned_away += 1,
                        status => panic!("{status}"),
                    }
                }
                (served, turned_away)
            })
        })
        .collect();
    let mut sum = (0, 0);
    for caller in callers {
        let (served, turned_away) =
            tokio::time::timeout(lasts + PATIENCE, caller).await.expect("in time").expect("no panic");
        sum = (sum.0 + served, sum.1 + turned_away);
    }
    sum
}
