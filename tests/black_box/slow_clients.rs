//! Clients that say nothing, too little, or listen to nothing, and those that come in numbers.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::binary::{Demo, PATIENCE};
use crate::client::until;
use crate::frames::{GOAWAY, HEADERS, PREFACE, RST_STREAM, SETTINGS, WHOLE, frame, get, next};
use crate::raw::{answers, connect, until_end};
use crate::staff::callable;
use crate::stand_in::RawStandIn;

/// What the gateway of these tests is set to.
const TIMEOUTS: &str = "header_timeout = \"1s\"\nidle_timeout = \"100ms\"\nstall_timeout = \"1s\"\n\
                        max_connections_per_client = 8\n";
const AT_LEAST: Duration = Duration::from_millis(90);

async fn said(demo: &Demo, sent: &[u8]) -> (Vec<u8>, Duration) {
    let mut connection = connect(&demo.url("")).await;
    connection.write_all(sent).await.expect("the server listens");
    until_end(&mut connection).await
}

/// Writes an answer that never ends, until its call is ended.
async fn until_cut_off(backend: &mut TcpStream) {
    let piece = vec![b'x'; 1024 * 1024];
    let answer = async { while backend.write_all(&piece).await.is_ok() {} };
    timeout(PATIENCE, answer).await.expect("somebody cuts it off");
}

#[tokio::test]
async fn whoever_does_not_finish_is_cut_off() {
    let demo = Demo::serve(TIMEOUTS);
    let silent = said(&demo, b"").await;
    assert!(silent.0.is_empty() && silent.1 > AT_LEAST, "{silent:?}");
    let half_a_preface = said(&demo, b"PRI * HTTP/2.0\r\n").await;
    assert!(half_a_preface.0.is_empty(), "{half_a_preface:?}");

    // Half a head, also after a request that was answered.
    let whole = b"GET /catalogue/v1/entries?limit=1 HTTP/1.1\r\nhost: yimen.test\r\n\r\n";
    for is_first in [true, false] {
        let mut connection = connect(&demo.url("")).await;
        let mut received = Vec::new();
        if !is_first {
            connection.write_all(whole).await.expect("the server listens");
            connection.read_buf(&mut received).await.expect("an answer");
        }
        connection.write_all(b"GET / HTTP/1.1\r\nhost: yim").await.expect("the server listens");
        let (rest, took) = until_end(&mut connection).await;
        let answers = answers(&[received, rest].concat());
        let last = answers.last().expect("an answer");
        assert_eq!((last.status, last.problem().as_deref()), (408, Some("request-timeout")), "{answers:?}");
        assert_eq!(last.field("connection"), Some("close"));
        assert!(took > AT_LEAST, "{took:?}");
    }

    let (received, took) = said(&demo, whole).await;
    let kept = answers(&received);
    assert_eq!((kept.len(), kept[0].status), (1, 200), "kept for another request, and closed without a word");
    assert!(took > AT_LEAST, "{took:?}");
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_has_no_more_time_than_another() {
    let demo = Demo::serve(TIMEOUTS);
    let mut connection = connect(&demo.url("")).await;
    let head = format!("GET / HTTP/1.1\r\nhost: yimen.test\r\nx: {}\r\n\r\n", "x".repeat(1000));
    let (mut reads, mut writes) = connection.split();
    let drip = async {
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        for byte in head.bytes() {
            pace.tick().await;
            if writes.write_all(&[byte]).await.is_err() {
                return;
            }
        }
        panic!("all of it was taken");
    };
    let listen = async {
        let mut received = Vec::new();
        let _ = reads.read_to_end(&mut received).await;
        received
    };
    let received = tokio::select! {
        received = listen => received,
        () = drip => panic!("nothing was said"),
    };
    assert_eq!(answers(&received)[0].status, 408);
}

#[tokio::test]
async fn a_body_that_stops_and_an_answer_that_nobody_reads_are_cut_off() {
    let demo = Demo::serve(TIMEOUTS);
    let stand_in = RawStandIn::start().await;
    demo.approve_channel().await;
    let entry = demo.adopt(&callable("慢客户端登记", "330106", &stand_in.base_url)).await;
    let token = demo.token("citizen").to_owned();
    let call = |method: &str, more: &str| {
        format!(
            "{method} /call/{entry}/x HTTP/1.1\r\nhost: yimen.test\r\nauthorization: Bearer {token}\r\n{more}\r\n"
        )
    };

    let half = call("POST", "content-length: 10\r\n") + "half";
    let (answer, mut backend) = tokio::join!(said(&demo, half.as_bytes()), stand_in.accept());
    let answers = answers(&answer.0);
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!((answers[0].status, answers[0].problem().as_deref()), (408, Some("request-timeout")));
    assert_eq!(answers[0].field("connection"), Some("close"));
    let mut rest = Vec::new();
    let _ = backend.read_to_end(&mut rest).await;
    assert_eq!(rest, b"half", "the backend's call ends with the client's");

    // The client's window and the buffers of both systems are full long before this is through.
    let mut deaf = connect(&demo.url("")).await;
    deaf.write_all(call("GET", "").as_bytes()).await.expect("the server listens");
    let mut backend = stand_in.begin("200 OK").await;
    until_cut_off(&mut backend).await;
    drop(deaf);
}

#[tokio::test]
async fn an_http2_stream_without_a_window_ends_and_its_connection_does_not() {
    let demo = Demo::serve(TIMEOUTS);
    let stand_in = RawStandIn::start().await;
    demo.approve_channel().await;
    let entry = demo.adopt(&callable("无窗口客户端登记", "330106", &stand_in.base_url)).await;
    let mut connection = connect(&demo.url("")).await;
    let authorization = format!("Bearer {}", demo.token("citizen"));
    let call = get(&format!("/call/{entry}/x"), &[("authorization", &authorization)]);
    // SETTINGS_INITIAL_WINDOW_SIZE is 0, for good.
    let settings = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let sent = [PREFACE, &settings, &frame(HEADERS, WHOLE, 1, &call)].concat();
    connection.write_all(&sent).await.expect("the server listens");
    let mut backend = stand_in.begin("200 OK").await;
    until_cut_off(&mut backend).await;
    let other = frame(HEADERS, WHOLE, 3, &get("/nowhere", &[]));
    next(&mut connection, HEADERS).await;
    connection.write_all(&other).await.expect("the server listens");
    next(&mut connection, HEADERS).await;
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_connection() {
    const ENHANCE_YOUR_CALM: u8 = 0xb;
    let demo = Demo::serve(TIMEOUTS);
    let mut sent = [PREFACE, &frame(SETTINGS, 0, 0, b"")].concat();
    for stream in (1..2000).step_by(2) {
        sent.extend(frame(HEADERS, WHOLE, stream, &get("/nowhere", &[])));
        sent.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    let mut connection = connect(&demo.url("")).await;
    let _ = connection.write_all(&sent).await;
    let farewell = next(&mut connection, GOAWAY).await;
    assert_eq!(farewell[7], ENHANCE_YOUR_CALM, "{farewell:?}");
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_its_body_ends_the_departments_call() {
    let demo = Demo::serve(TIMEOUTS);
    let stand_in = RawStandIn::start().await;
    demo.approve_channel().await;
    let entry = demo.adopt(&callable("半途而废登记", "330106", &stand_in.base_url)).await;
    let token = demo.token("citizen");
    for (framing, rest) in [("content-length: 10", "half"), ("transfer-encoding: chunked", "5\r\nha")] {
        let mut client = connect(&demo.url("")).await;
        let head = format!(
            "PUT /call/{entry}/x HTTP/1.1\r\nhost: yimen.test\r\nauthorization: Bearer {token}\r\n{framing}\r\n\r\n{rest}"
        );
        client.write_all(head.as_bytes()).await.expect("the server listens");
        let mut backend = stand_in.accept().await;
        drop(client);
        let mut received = Vec::new();
        // In order or by a reset; but never as if the body were whole.
        let _ = backend.read_to_end(&mut received).await;
        assert!(!received.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&received));
    }
}

#[tokio::test]
async fn one_client_gets_its_share_of_connections_and_no_more() {
    let demo = Demo::serve("idle_timeout = \"60s\"\nmax_connections_per_client = 8\n");
    let mut kept = Vec::new();
    for _ in 0..8 {
        kept.push(served(&demo).await.expect("within the share"));
    }
    assert!(served(&demo).await.is_none(), "past it");
    kept.pop();
    until("a place is free again", async || served(&demo).await).await;
}

/// A connection on which a request was answered; none if it was closed at once.
async fn served(demo: &Demo) -> Option<TcpStream> {
    let mut connection = connect(&demo.url("")).await;
    let request = b"HEAD /catalogue/v1/entries HTTP/1.1\r\nhost: yimen.test\r\n\r\n";
    connection.write_all(request).await.ok()?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.ok()?);
    }
    Some(connection)
}
