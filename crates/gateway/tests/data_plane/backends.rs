//! Doubles of departments' services.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_ENCODING, LOCATION, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::rig::within;

/// A double of a department's service that answers with what it received. By the end of the path: `/mirror` streams
/// the body back, `/elsewhere` redirects, `/packed` claims an encoding, `/cookies` repeats fields, `/broken` is a 500.
pub struct EchoBackend {
    pub address: SocketAddr,
    calls: Arc<AtomicUsize>,
}

impl EchoBackend {
    pub async fn start() -> Self {
        Self::start_on("127.0.0.1").await
    }

    pub async fn start_on(host: &str) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let listener = TcpListener::bind((host, 0)).await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let service = Router::new().fallback(answer).with_state(Arc::clone(&calls));
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { address, calls }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}/base", self.address)
    }

    /// How many calls have reached it.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

async fn answer(State(calls): State<Arc<AtomicUsize>>, request: Request) -> Response {
    calls.fetch_add(1, Ordering::SeqCst);
    let path = request.uri().path();
    if path.ends_with("/mirror") {
        return Response::new(request.into_body());
    } else if path.ends_with("/elsewhere") {
        return (StatusCode::FOUND, [(LOCATION, "/base/echo")]).into_response();
    } else if path.ends_with("/packed") {
        return ([(CONTENT_ENCODING, "gzip")], "as it is").into_response();
    } else if path.ends_with("/cookies") {
        let mut response = "ok".into_response();
        for cookie in ["a=1", "b=2"] {
            response.headers_mut().append(SET_COOKIE, cookie.parse().expect("a value"));
        }
        response.headers_mut().insert("connection", "x-private".parse().expect("a value"));
        response.headers_mut().insert("x-private", "1".parse().expect("a value"));
        response.headers_mut().insert("via", "1.1 inner".parse().expect("a value"));
        return response;
    } else if path.ends_with("/broken") {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the department's own words").into_response();
    }
    let (head, body) = request.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    let received = json!({
        "method": head.method.as_str(),
        "target": head.uri.to_string(),
        "headers": fields(&head.headers),
        "bodyLength": body.len(),
        "bodySha256": hex(&Sha256::digest(&body)),
    });
    Body::from(received.to_string()).into_response()
}

fn fields(headers: &HeaderMap) -> Vec<[String; 2]> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers.iter().map(|(name, value)| [name.as_str().to_owned(), text(value.as_bytes())]).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The values of a field that the backend received.
pub fn received(echo: &Value, name: &str) -> Vec<String> {
    let fields: Vec<[String; 2]> = serde_json::from_value(echo["headers"].clone()).expect("an echo");
    fields.into_iter().filter(|[found, _]| found == name).map(|[_, value]| value).collect()
}

/// A double that says nothing by itself: the test writes the bytes.
pub struct RawBackend(TcpListener);

impl RawBackend {
    pub async fn start() -> Self {
        Self::on(TcpListener::bind(("127.0.0.1", 0)).await.expect("a port"))
    }

    pub fn on(listener: TcpListener) -> Self {
        Self(listener)
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("it is bound")
    }

    pub async fn accept(&self) -> RawCall {
        let (stream, _) = within(self.0.accept()).await.expect("a connection");
        RawCall(stream)
    }

    /// Takes one call, answers it with these bytes, and closes the connection.
    pub fn answer_once(self, bytes: &'static str) {
        tokio::spawn(async move {
            let mut call = self.accept().await;
            call.head().await;
            call.write(bytes).await;
        });
    }
}

/// One connection from the gateway.
pub struct RawCall(TcpStream);

impl RawCall {
    /// The head of the request.
    pub async fn head(&mut self) -> String {
        self.read_until("\r\n\r\n").await
    }

    pub async fn read_until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        while !read.ends_with(end.as_bytes()) {
            read.push(within(self.0.read_u8()).await.expect("more bytes"));
        }
        String::from_utf8_lossy(&read).into_owned()
    }

    pub async fn write(&mut self, bytes: &str) {
        self.0.write_all(bytes.as_bytes()).await.expect("the gateway reads");
    }

    /// Whether the gateway still takes these bytes.
    pub async fn try_write(&mut self, bytes: &str) -> bool {
        self.0.write_all(bytes.as_bytes()).await.is_ok()
    }

    /// Waits until the gateway closes the connection, reading whatever else comes.
    pub async fn closed(mut self) {
        let mut rest = Vec::new();
        // A reset is a way of closing, too.
        let _ = within(self.0.read_to_end(&mut rest)).await;
    }
}
