//! Cuts off clients that take nothing of what is written to them.
//!
//! Otherwise one that asks for something large and never reads holds its call, and the call's place and backend, for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::deadline::Deadline;

/// A connection on which writing fails with [`io::ErrorKind::TimedOut`] when nothing could be written for too long.
#[derive(Debug)]
pub struct SlowReader<S> {
    stream: S,
    patience: Duration,
    deadline: Deadline,
}

impl<S> SlowReader<S> {
    /// Gives the client of `stream` that long to take the next bytes.
    pub fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, deadline: Deadline::default() }
    }

    fn watch<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.deadline.stop();
            return written;
        }
        self.deadline.start_unless_running(self.patience);
        self.deadline.poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for SlowReader<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for SlowReader<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(context);
        self.watch(context, ended)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_who_reads_slowly_is_waited_for_and_one_who_stops_is_not() {
        let patience = Duration::from_secs(5);
        let (mut client, server) = duplex(4);
        let mut server = SlowReader::new(server, patience);
        let reads = async {
            let mut piece = [0; 4];
            for _ in 0..3 {
                tokio::time::sleep(patience - Duration::from_secs(1)).await;
                client.read_exact(&mut piece).await.expect("it comes");
            }
            std::future::pending::<()>().await;
        };
        let begun = tokio::time::Instant::now();
        let written = tokio::select! {
            written = server.write_all(&[0; 64]) => written,
            () = reads => Ok(()),
        };
        assert_eq!(written.expect_err("it stopped").kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), 3 * (patience - Duration::from_secs(1)) + patience);
    }
}
