//! A deadline for the first bytes of a connection.
//!
//! hyper's header timeout starts when HTTP/1 has been recognised; until then, while it waits to see whether the
//! client speaks HTTP/2, nothing would ever end a silent connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// What an HTTP/2 client sends first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection that fails with [`io::ErrorKind::TimedOut`] if the protocol can't be told in time.
#[derive(Debug)]
pub struct FirstBytes<S> {
    stream: S,
    /// Bytes that agree with the preface so far; the deadline is gone once the protocol is known.
    matched: usize,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> FirstBytes<S> {
    /// Gives `stream` that long to show its protocol.
    pub fn new(stream: S, within: Duration) -> Self {
        Self { stream, matched: 0, deadline: Some(Box::pin(sleep(within))) }
    }

    fn observe(&mut self, bytes: &[u8]) {
        let expected = PREFACE.get(self.matched..).unwrap_or_default();
        let same = bytes.iter().zip(expected).take_while(|(a, b)| a == b).count();
        self.matched += same;
        if same < bytes.len() || self.matched == PREFACE.len() {
            self.deadline = None;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstBytes<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if outcome.is_ready() {
            if self.deadline.is_some() {
                self.observe(buffer.filled().get(before..).unwrap_or_default());
            }
            return outcome;
        }
        if let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstBytes<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    async fn outcome(sent: &[u8]) -> io::Result<usize> {
        let (mut client, server) = duplex(64);
        client.write_all(sent).await.expect("there is room");
        let mut server = FirstBytes::new(server, Duration::from_secs(5));
        let mut buffer = [0; 64];
        let mut read = 0;
        while read < sent.len() {
            read += server.read(&mut buffer).await?;
        }
        // Nothing more comes: either the deadline ends it, or a longer one of this test does.
        tokio::time::timeout(Duration::from_secs(60), server.read(&mut buffer)).await.unwrap_or(Ok(read))
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_ends_and_one_that_spoke_does_not() {
        for silent in [&b""[..], b"P", b"PRI * HT"] {
            assert_eq!(outcome(silent).await.expect_err("silent").kind(), io::ErrorKind::TimedOut);
        }
        for spoken in [&b"GET"[..], b"PR\r\n", PREFACE] {
            assert_eq!(outcome(spoken).await.expect("it spoke"), spoken.len());
        }
    }
}
