//! Bodies pass piece by piece, in both directions, and a client that leaves takes its call with it.

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::StatusCode;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use yimen_gateway::Settings;

use crate::backends::{EchoBackend, RawBackend, hex};
use crate::rig::{Rig, offering, settings, within};

/// A body whose pieces are sent through a channel, of a length that nobody knows.
fn channel_body() -> (mpsc::UnboundedSender<Bytes>, Body) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let pieces = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece: Bytes| (Ok::<_, std::io::Error>(piece), receiver))
    });
    (sender, Body::from_stream(pieces))
}

async fn next_piece(body: &mut Incoming) -> Option<Bytes> {
    let frame = within(body.frame()).await?.expect("the body goes on");
    Some(frame.into_data().expect("data"))
}

#[tokio::test]
async fn the_first_piece_arrives_before_the_last_is_sent() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let (sender, body) = channel_body();
    sender.send(Bytes::from_static(b"first")).expect("the body is there");
    let request = rig.request("POST", &format!("/call/{entry}/mirror")).body(body).expect("a request");
    let mut mirrored = rig.open(request).await.into_body();
    assert_eq!(next_piece(&mut mirrored).await.as_deref(), Some(&b"first"[..]));
    sender.send(Bytes::from_static(b"last")).expect("the body is there");
    assert_eq!(next_piece(&mut mirrored).await.as_deref(), Some(&b"last"[..]));
    drop(sender);
    assert_eq!(next_piece(&mut mirrored).await, None);
}

#[tokio::test]
async fn server_sent_events_pass_one_by_one() {
    let backend = RawBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let target = format!("/call/{entry}/events");
    let request = rig.request("GET", &target).body(Body::empty()).expect("a request");
    let department = async {
        let mut call = backend.accept().await;
        call.head().await;
        call.write(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        )
        .await;
        call.write("9\r\ndata: 1\n\n\r\n").await;
        call
    };
    let (response, mut call) = tokio::join!(rig.open(request), department);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut events = response.into_body();
    assert_eq!(next_piece(&mut events).await.as_deref(), Some(&b"data: 1\n\n"[..]));
    call.write("9\r\ndata: 2\n\n\r\n").await;
    assert_eq!(next_piece(&mut events).await.as_deref(), Some(&b"data: 2\n\n"[..]));
    call.write("0\r\n\r\n").await;
    assert_eq!(next_piece(&mut events).await, None);
}

#[tokio::test]
async fn large_bodies_arrive_whole_in_both_directions() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let piece = Bytes::from((0..=u8::MAX).cycle().take(1 << 20).collect::<Vec<_>>());
    let mut expected = Sha256::new();
    (0..20).for_each(|_| expected.update(&piece));
    let expected = hex(&expected.finalize());
    let body = || {
        let piece = piece.clone();
        Body::from_stream(stream::iter(0..20).map(move |_| Ok::<_, std::io::Error>(piece.clone())))
    };
    let up = rig.request("PUT", &format!("/call/{entry}/echo")).body(body()).expect("a request");
    assert_eq!(rig.send(up).await.json()["bodySha256"], expected);
    let both = rig.request("POST", &format!("/call/{entry}/mirror")).body(body()).expect("a request");
    assert_eq!(hex(&Sha256::digest(&rig.send(both).await.body)), expected);
}

#[tokio::test]
async fn a_body_of_unknown_length_isnt_lost_with_any_method() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    for method in ["GET", "DELETE", "POST"] {
        let body = "5\r\nhello\r\n0\r\n";
        let answer = rig
            .raw(
                &format!("{method} /call/{entry}/echo HTTP/1.1"),
                &["Connection: close", "Transfer-Encoding: chunked", "", body],
            )
            .await;
        assert!(answer.contains(r#""bodyLength":5"#), "{method}: {answer}");
    }
    let answer = rig.raw(&format!("GET /call/{entry}/echo HTTP/1.1"), &[]).await;
    assert!(answer.contains(r#""bodyLength":0"#) && !answer.contains("transfer-encoding"), "{answer}");
}

#[tokio::test]
async fn a_head_request_keeps_the_length_that_it_asked_for() {
    let backend = RawBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    backend.answer_once("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
    let answer = rig.raw(&format!("HEAD /call/{entry}/x HTTP/1.1"), &[]).await;
    assert!(answer.contains("content-length: 1234\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_when_announced_and_cut_off_when_not() {
    let rig = Rig::with(Settings { max_request_body_bytes: 1000, ..settings() }).await;
    let backend = RawBackend::start().await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &backend.base_url())]);
    let target = format!("/call/{entry}/x");
    let announced = rig.request("POST", &target).body(Body::from(vec![0; 1001])).expect("a request");
    let answer = rig.send(announced).await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "content-too-large")
    );

    let (sender, body) = channel_body();
    for _ in 0..2 {
        sender.send(Bytes::from(vec![b'x'; 600])).expect("the body is there");
    }
    let department = async {
        let mut call = backend.accept().await;
        call.head().await;
        call.closed().await;
    };
    let request = rig.request("POST", &target).body(body).expect("a request");
    let (answer, ()) = tokio::join!(rig.send(request), department);
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "content-too-large")
    );
}

#[tokio::test]
async fn a_client_that_leaves_before_the_answer_cancels_the_backend_s_call() {
    let backend = RawBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let request = rig.request("GET", &format!("/call/{entry}/x")).body(Body::empty()).expect("a request");
    let call = {
        let mut waiting = std::pin::pin!(rig.open(request));
        let department = async {
            let mut call = backend.accept().await;
            call.head().await;
            call
        };
        tokio::select! {
            _ = &mut waiting => panic!("nobody has answered"),
            call = department => call,
        }
    };
    call.closed().await;
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_cancels_the_backend_s_call() {
    let backend = RawBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let target = format!("/call/{entry}/x");
    let request = rig.request("GET", &target).body(Body::empty()).expect("a request");
    let department = async {
        let mut call = backend.accept().await;
        call.head().await;
        call.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart").await;
        call
    };
    let (response, call) = tokio::join!(rig.open(request), department);
    drop(response);
    call.closed().await;
}
