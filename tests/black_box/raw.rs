//! HTTP/1.1 byte by byte, for what a client library would tidy up.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::binary::PATIENCE;

/// An answer to a request that was sent as it is.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    /// Names in lower case, in order.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
}

impl RawAnswer {
    /// The value of a field, if it is there.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The code of the problem, if it is one in the documented form.
    pub(crate) fn problem(&self) -> Option<String> {
        let problem: Value = serde_json::from_str(&self.body).ok()?;
        let complete = self.field("content-type") == Some("application/problem+json")
            && problem["status"] == self.status
            && problem["traceId"].as_str().is_some_and(|trace| trace.len() == 32)
            && ["title", "detail", "fault"].iter().all(|member| problem[member].is_string());
        problem["type"].as_str()?.strip_prefix("urn:yimen:problem:").filter(|_| complete).map(str::to_owned)
    }
}

/// Sends one request on a connection of its own. `url` tells the server; `request` is everything after that, and has
/// to ask for the connection to be closed.
pub(crate) async fn exchange(url: &str, request: &str) -> RawAnswer {
    let mut answers = converse(url, request.as_bytes()).await;
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers.remove(0)
}

/// Sends these bytes on a connection of their own; every answer that came before the server ended it.
pub(crate) async fn converse(url: &str, sent: &[u8]) -> Vec<RawAnswer> {
    answers(&converse_over(&mut connect(url).await, sent).await)
}

/// What comes on a connection on which these bytes were sent, until the server ends it.
pub(crate) async fn converse_over(
    connection: &mut (impl AsyncRead + AsyncWrite + Unpin),
    sent: &[u8],
) -> Vec<u8> {
    // The server may hang up before all of it is written.
    let _ = connection.write_all(sent).await;
    until_end(connection).await.0
}

/// What comes until the server ends the connection, and how long that took.
pub(crate) async fn until_end(connection: &mut (impl AsyncRead + Unpin)) -> (Vec<u8>, Duration) {
    let begun = std::time::Instant::now();
    let mut received = Vec::new();
    let ended = timeout(PATIENCE, connection.read_to_end(&mut received)).await;
    // A reset is an end, too.
    let _ =
        ended.unwrap_or_else(|_| panic!("the connection stays open: {}", String::from_utf8_lossy(&received)));
    (received, begun.elapsed())
}

/// Divides what a server said into its answers; interim ones are left out.
pub(crate) fn answers(received: &[u8]) -> Vec<RawAnswer> {
    let mut rest = String::from_utf8_lossy(received).into_owned();
    let mut answers = Vec::new();
    while !rest.is_empty() {
        let (head, body) = rest.split_once("\r\n\r\n").unwrap_or_else(|| panic!("a head: {rest:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|text| text.parse().ok());
        let status = status.unwrap_or_else(|| panic!("a status: {head:?}"));
        let fields = lines.filter_map(|line| line.split_once(": "));
        let fields = fields.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let mut answer = RawAnswer { status, fields, body: String::new() };
        let is_interim = (100..200).contains(&status);
        let unsaid = if is_interim { 0 } else { body.len() };
        let length = answer.field("content-length").and_then(|text| text.parse().ok()).unwrap_or(unsaid);
        // An answer to HEAD says how long a body would have been.
        let (body, after) = body.split_at_checked(length).unwrap_or(("", body));
        answer.body = body.to_owned();
        rest = after.to_owned();
        if !is_interim {
            answers.push(answer);
        }
    }
    answers
}

/// A connection to the server of this URL.
pub(crate) async fn connect(url: &str) -> TcpStream {
    let authority = url.strip_prefix("http://").expect("plain HTTP").split('/').next().expect("an authority");
    TcpStream::connect(authority).await.expect("the server listens")
}
