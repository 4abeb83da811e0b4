//! Malformed and ambiguous messages, sent to a gateway byte by byte: what it answers, and what its backend received.

use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::binary::root;
use crate::city::busy;
use crate::raw::{answers, connect, converse};
use crate::staff::callable;
use crate::stand_in::Recorder;

#[path = "../../crates/framing/tests/corpus/case.rs"]
mod case;

use case::{Answer, Received, filled_in};

/// Where the messages are.
const CORPUS: &str = "crates/framing/corpus";

#[tokio::test]
async fn backends_receive_what_was_authorised_or_nothing() {
    let demo = busy();
    let recorder = Recorder::start().await;
    let entry = demo.adopt(&callable("走私报文识别登记", "330106", &recorder.base_url)).await;
    let auth = format!("Authorization: Bearer {}\r\n", demo.token("citizen"));
    for case in case::all(&root().join(Path::new(CORPUS))) {
        let sent = filled_in(&filled_in(&case.sent, "call", &format!("/call/{entry}")), "auth", &auth);
        let answers = converse(&demo.url(""), &sent).await;
        let told: Vec<_> =
            answers.iter().map(|answer| Answer { status: answer.status, code: answer.problem() }).collect();
        assert_eq!(told, case.answers, "{}: {answers:?}", case.title);
        if let Some(last) = answers.last().filter(|last| last.status >= 400) {
            assert_eq!(last.field("connection"), Some("close"), "{}", case.title);
        }
        // The connection has ended, so that no call of it is in flight any more.
        let received: Vec<_> =
            recorder.take().into_iter().map(|(method, path, body)| Received { method, path, body }).collect();
        assert_eq!(received, case.received, "{}", case.title);
    }
}

#[tokio::test]
async fn an_answer_is_not_lost_to_what_the_client_still_sends() {
    const FURTHER: usize = 4 * 1024 * 1024;
    let sent = [&b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"[..], &vec![b'x'; FURTHER]].concat();
    let mut connection = connect(&busy().url("")).await;
    // Nobody hangs up on the client while it is sending: a reset could reach it before the answer does.
    connection.write_all(&sent).await.expect("it is listened to");
    connection.shutdown().await.expect("it is still there");
    let mut received = Vec::new();
    connection.read_to_end(&mut received).await.expect("no reset");
    assert_eq!(answers(&received)[0].problem().as_deref(), Some("malformed-host"));
}
