//! HTTP/1.1 byte by byte, for what a client library would tidy up.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The answer to a request that was sent as it is.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Sends one request on a connection of its own. `url` tells the server; `request` is everything after that, and has
/// to ask for the connection to be closed.
pub(crate) async fn exchange(url: &str, request: &str) -> RawAnswer {
    let mut connection = connect(url).await;
    connection.write_all(request.as_bytes()).await.expect("the server listens");
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.expect("the answer comes");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("an answer: {answer:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    RawAnswer { status, body: body.to_owned() }
}

/// A connection to the server of this URL.
pub(crate) async fn connect(url: &str) -> TcpStream {
    let authority = url.strip_prefix("http://").expect("plain HTTP").split('/').next().expect("an authority");
    TcpStream::connect(authority).await.expect("the server listens")
}
