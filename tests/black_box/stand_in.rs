//! Stand-ins for departments' services, on loopback: doubles, not the real thing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{Method, Uri};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const LOOPBACK: &str = "127.0.0.1:0";

/// A stand-in that tells who it is, what it was asked and with which assertion, and counts.
#[derive(Debug)]
pub(crate) struct StandIn {
    pub(crate) base_url: String,
    calls: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl StandIn {
    /// A stand-in of this name.
    pub(crate) async fn named(name: &str) -> Self {
        Self::on(LOOPBACK, name).await
    }

    /// A stand-in of this name at an address.
    pub(crate) async fn on(address: &str, name: &str) -> Self {
        let (listener, base_url) = listen(address).await;
        let calls = Arc::new(AtomicUsize::new(0));
        let (name, counted) = (name.to_owned(), Arc::clone(&calls));
        let answer = move |request: Request| async move {
            counted.fetch_add(1, Ordering::Relaxed);
            let target = request.uri().to_string();
            let assertion = request.headers().get("yimen-assertion").and_then(|value| value.to_str().ok());
            let method = request.method().as_str();
            axum::Json(json!({"standIn": name, "method": method, "target": target, "assertion": assertion}))
        };
        let router = axum::Router::new().fallback(answer);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { base_url, calls, serving }
    }

    /// How often it was called.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Method, target and body of a request.
pub(crate) type Recorded = (String, String, Vec<u8>);

/// A stand-in that keeps every request that reached it whole.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) base_url: String,
    received: Arc<Mutex<Vec<Recorded>>>,
    serving: JoinHandle<()>,
}

impl Recorder {
    pub(crate) async fn start() -> Self {
        let (listener, base_url) = listen(LOOPBACK).await;
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        let keep = move |method: Method, uri: Uri, body: Bytes| async move {
            let request = (method.to_string(), uri.to_string(), body.to_vec());
            kept.lock().expect("nobody panics with it").push(request);
        };
        let router = axum::Router::new().fallback(keep);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { base_url, received, serving }
    }

    /// Those since the last time, in the order in which they were whole.
    pub(crate) fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut *self.received.lock().expect("nobody panics with it"))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A stand-in whose every byte the test writes.
#[derive(Debug)]
pub(crate) struct RawStandIn {
    pub(crate) base_url: String,
    listener: TcpListener,
}

impl RawStandIn {
    pub(crate) async fn start() -> Self {
        let (listener, base_url) = listen(LOOPBACK).await;
        Self { base_url, listener }
    }

    /// The next call, once the head of its request is there.
    pub(crate) async fn accept(&self) -> TcpStream {
        self.accept_with_head().await.0
    }

    /// The same, and that head.
    pub(crate) async fn accept_with_head(&self) -> (TcpStream, String) {
        let (mut call, _) = self.listener.accept().await.expect("the gateway calls");
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            call.read_exact(&mut byte).await.expect("the head comes");
            head.extend(byte);
        }
        (call, String::from_utf8_lossy(&head).into_owned())
    }

    /// The next call, already given the head of a response without a length.
    pub(crate) async fn begin(&self, status: &str) -> TcpStream {
        let mut call = self.accept().await;
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n");
        call.write_all(head.as_bytes()).await.expect("the gateway listens");
        call
    }
}

/// The address of a department's service that is down: nobody listens there any more.
pub(crate) async fn dead() -> String {
    listen(LOOPBACK).await.1
}

async fn listen(address: &str) -> (TcpListener, String) {
    let listener = TcpListener::bind(address).await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    (listener, format!("http://{address}"))
}
