//! HTTP/2 backends that say what they have not touched (RFC 9113, sections 6.8 and 8.7).

use axum::body::Body;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use yimen_gateway::BackendSettings;

use crate::rig::{Answer, Rig, offering, settings, within};

const PREFACE: usize = 24;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const ACK: u8 = 1;
const END_STREAM_AND_HEADERS: u8 = 5;
/// `:status: 200`, from the static table (RFC 7541, appendix A).
const STATUS_200: u8 = 0x88;

/// A stand-in for a backend that speaks HTTP/2 frame by frame.
struct FrameBackend(TcpListener);

struct Connection(TcpStream);

impl FrameBackend {
    async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("a port"))
    }

    async fn accept(&self) -> Connection {
        let (stream, _) = within(self.0.accept()).await.expect("the gateway connects");
        let mut connection = Connection(stream);
        let mut preface = [0; PREFACE];
        connection.0.read_exact(&mut preface).await.expect("the preface");
        connection.write(SETTINGS, 0, 0, &[]).await;
        connection.write(SETTINGS, ACK, 0, &[]).await;
        connection
    }
}

impl Connection {
    async fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        // The gateway may have gone.
        let _ = self.0.write_all(&frame).await;
    }

    /// The stream of the next request.
    async fn request(&mut self) -> u32 {
        loop {
            let mut head = [0; 9];
            within(self.0.read_exact(&mut head)).await.expect("a frame");
            let [a, b, c, kind, _, stream @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            self.0.read_exact(&mut payload).await.expect("its payload");
            if kind == HEADERS {
                return u32::from_be_bytes(stream);
            }
        }
    }

    async fn answer(&mut self, stream: u32) {
        self.write(HEADERS, END_STREAM_AND_HEADERS, stream, &[STATUS_200]).await;
    }

    async fn reset(&mut self, stream: u32, reason: u32) {
        self.write(RST_STREAM, 0, stream, &reason.to_be_bytes()).await;
    }

    async fn go_away(&mut self, last: u32, reason: u32) {
        let payload = [last.to_be_bytes(), reason.to_be_bytes()].concat();
        self.write(GOAWAY, 0, 0, &payload).await;
    }
}

async fn rig(backend: &FrameBackend) -> (Rig, String) {
    let server = backend.0.local_addr().expect("bound").to_string();
    let mut settings = settings();
    settings.backends = BackendSettings {
        http2_prior_knowledge: vec![server.clone()].into_iter().collect(),
        ..settings.backends
    };
    let rig = Rig::with(settings).await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &format!("http://{server}"))]);
    (rig, format!("/call/{entry}/x"))
}

async fn send(rig: &Rig, method: &str, target: &str, body: &'static str) -> Answer {
    rig.send(rig.request(method, target).body(Body::from(body)).expect("a request")).await
}

#[tokio::test]
async fn a_refused_stream_is_sent_again_once_whatever_the_method() {
    let backend = FrameBackend::start().await;
    let (rig, target) = rig(&backend).await;
    let department = async {
        let mut connection = backend.accept().await;
        let first = connection.request().await;
        connection.reset(first, REFUSED_STREAM).await;
        let second = connection.request().await;
        connection.answer(second).await;
        connection
    };
    let (answer, mut connection) = tokio::join!(send(&rig, "POST", &target, ""), department);
    assert_eq!(answer.status, 200);

    let department = async {
        for _ in 0..2 {
            let stream = connection.request().await;
            connection.reset(stream, REFUSED_STREAM).await;
        }
    };
    let (answer, ()) = tokio::join!(send(&rig, "GET", &target, ""), department);
    assert_eq!(answer.problem(), "backend-broke-off", "a server that refuses everything is let be");

    // What may have happened isn't repeated, nor what can't be said twice.
    for (method, body, reason) in [("POST", "", INTERNAL_ERROR), ("POST", "once", REFUSED_STREAM)] {
        let department = async {
            let stream = connection.request().await;
            connection.reset(stream, reason).await;
        };
        let (answer, ()) = tokio::join!(send(&rig, method, &target, body), department);
        assert_eq!(answer.problem(), "backend-broke-off", "{body}");
    }
}

#[tokio::test]
async fn a_server_that_goes_away_gets_no_new_call_and_loses_none() {
    let backend = FrameBackend::start().await;
    let (rig, target) = rig(&backend).await;
    // From then on it is known that one connection will do.
    let department = async {
        let mut connection = backend.accept().await;
        let stream = connection.request().await;
        connection.answer(stream).await;
        connection
    };
    let (answer, mut old) = tokio::join!(send(&rig, "GET", &target, ""), department);
    assert_eq!(answer.status, 200);
    let department = async {
        let taken = old.request().await;
        let untouched = old.request().await;
        old.go_away(taken, NO_ERROR).await;
        let mut new = backend.accept().await;
        let again = new.request().await;
        new.answer(again).await;
        // What was taken is answered on the way out.
        old.answer(taken).await;
        (untouched > taken, new)
    };
    let calls = async { tokio::join!(send(&rig, "POST", &target, ""), send(&rig, "POST", &target, "")) };
    let ((first, second), (ordered, ..)) = tokio::join!(calls, department);
    assert_eq!((first.status.as_u16(), second.status.as_u16(), ordered), (200, 200, true));
}
