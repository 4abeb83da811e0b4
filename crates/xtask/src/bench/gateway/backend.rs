//! The departments' service of the bench: answers every request with as many bytes as its path's end asks for, at as
//! little cost as a socket allows. `/echo` tells what came of the caller's identity.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The sizes of answers, by the path's end.
pub(super) const SIZES: [(&str, usize); 3] = [("/1k", 1 << 10), ("/100k", 100 << 10), ("/10m", 10 << 20)];
/// The most that the head of a request takes.
const MAX_HEAD: usize = 64 * 1024;

type Answers = Arc<[(&'static str, Vec<u8>)]>;

/// Serves on `address`, for ever.
pub(crate) fn run(address: SocketAddr) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let answers: Answers = SIZES.iter().map(|(end, size)| (*end, answer(&vec![b'x'; *size]))).collect();
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await.map_err(|error| error.to_string())?;
        loop {
            let (stream, _) = listener.accept().await.map_err(|error| error.to_string())?;
            stream.set_nodelay(true).map_err(|error| error.to_string())?;
            tokio::spawn(serve(stream, Arc::clone(&answers)));
        }
    })
}

fn answer(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ndate: Mon, 23 Nov 2026 07:00:00 GMT\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Requests have no body, and nobody sends the next before the answer.
async fn serve(mut stream: TcpStream, answers: Answers) -> std::io::Result<()> {
    let mut held = Vec::with_capacity(4096);
    loop {
        if stream.read_buf(&mut held).await? == 0 || held.len() > MAX_HEAD {
            return Ok(());
        }
        if !held.ends_with(b"\r\n\r\n") {
            continue;
        }
        let line = held.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let path = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        match answers.iter().find(|(end, _)| path.ends_with(end.as_bytes())) {
            Some((_, answer)) => stream.write_all(answer).await?,
            None => stream.write_all(&answer(&echo(&held))).await?,
        }
        held.clear();
    }
}

/// The fields that say who calls, as they came.
fn echo(head: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let told = ["authorization:", "x-identity-sub:", "yimen-assertion:"];
    let lines: Vec<_> = text.lines().filter(|line| told.iter().any(|name| line.starts_with(name))).collect();
    lines.join("\n").into_bytes()
}
