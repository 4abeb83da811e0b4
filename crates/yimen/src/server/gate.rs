//! What stands between a client's bytes and the HTTP library: only requests that can be read in one way pass.
//!
//! hyper is lenient where RFC 9112 lets a server be: it drops a `Content-Length` beside a `Transfer-Encoding`, takes bare
//! line feeds, and answers what it refuses without a body. So every head passes through [`Framing`] first, whole or not at
//! all, and a body byte by byte. A request that is refused is replaced by one that asks for its refusal (see
//! [`super::refused`]): so the answer comes after those to earlier requests, and in the form of all our problems.
//!
//! HTTP/2 has its own framing, and passes as it is. So does a tunnel, but nothing passes before it stands: a request that
//! asks for one is the last until it is answered. What a client sent too early is judged as requests where the answer
//! declines, and ends the connection where it doesn't.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use framing::{Framing, Limits, Rest};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::io::poll_read_buf;

use super::deadline::Deadline;
use super::handover::Handover;
use super::refused::{Reason, Refused};

/// What an HTTP/2 client sends first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How much is read at once where it has to be kept.
const PIECE: usize = 4096;
/// How long, after the last answer, a client is listened to that had more to say, so that the answer isn't lost to a reset
/// (RFC 9112, section 9.6).
const LINGER: Duration = Duration::from_secs(2);

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// To send a head, from the connection's start or the head's first byte.
    pub head: Duration,
    /// To send the next piece of a body.
    pub body: Duration,
}

/// A client's connection, of which only well-formed requests can be read.
#[derive(Debug)]
pub struct Gate<S> {
    stream: S,
    patience: Patience,
    stage: Stage,
    framing: Framing,
    /// What came and isn't passed on yet.
    held: BytesMut,
    /// So many bytes of it may be.
    cleared: usize,
    refused: Arc<Refused>,
    handover: Arc<Handover>,
    deadline: Deadline,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It isn't clear yet which protocol the client speaks.
    Opening,
    /// HTTP/1.
    Requests,
    /// After a request that asks for another protocol, until its answer is known.
    Waiting,
    /// Something else, which passes as it is.
    Open,
    /// After a request that isn't one: nothing more is read.
    Refused,
    /// Within a body that isn't one.
    Broken,
    /// After the last answer, until the client ends, too.
    Lingering,
}

impl<S> Gate<S> {
    /// A gate before `stream`; `refused` tells the service why its last request was replaced, and `handover` the gate what
    /// becomes of a request for another protocol.
    pub fn new(
        stream: S,
        limits: Limits,
        patience: Patience,
        refused: Arc<Refused>,
        handover: Arc<Handover>,
    ) -> Self {
        let mut deadline = Deadline::default();
        deadline.start(patience.head);
        Self {
            stream,
            patience,
            stage: Stage::Opening,
            framing: Framing::new(limits),
            held: BytesMut::new(),
            cleared: 0,
            refused,
            handover,
            deadline,
        }
    }

    /// Judges what is held beyond what is cleared.
    fn judge_held(&mut self) {
        if self.stage == Stage::Opening {
            let same = self.held.iter().zip(PREFACE).take_while(|(ours, theirs)| ours == theirs).count();
            self.stage = match same {
                _ if same == PREFACE.len() => Stage::Open,
                _ if same == self.held.len() => return,
                _ => Stage::Requests,
            };
        }
        if self.stage == Stage::Open {
            self.cleared = self.held.len();
            self.deadline.stop();
            return;
        }
        let judgement = self.framing.judge(self.held.get(self.cleared..).unwrap_or_default());
        self.cleared += judgement.passed;
        self.settle(judgement.rest);
    }

    /// Does what the judgement of the bytes behind the cleared ones asks for.
    fn settle(&mut self, rest: Rest) {
        match rest {
            Rest::Unfinished if self.held.len() == self.cleared => self.deadline.stop(),
            // The time for a head runs from its first byte, however the others come.
            Rest::Unfinished => self.deadline.start_unless_running(self.patience.head),
            Rest::Upgrade => {
                self.handover.ask();
                self.stage = Stage::Waiting;
                self.deadline.stop();
            }
            Rest::NoRequest(refusal) => self.refuse(Reason::Message(refusal)),
            Rest::NoBody(refusal) => {
                tracing::debug!(reason = refusal.detail(), "a request's body is refused");
                self.held.truncate(self.cleared);
                self.stage = Stage::Broken;
                self.deadline.stop();
            }
        }
    }

    /// Puts a request for the refusal in the place of what is behind the cleared bytes.
    fn refuse(&mut self, reason: Reason) {
        let replaced = self.held.get(self.cleared..).unwrap_or_default();
        let asks = self.refused.because(reason, replaced);
        self.held.truncate(self.cleared);
        self.held.extend_from_slice(asks);
        self.cleared = self.held.len();
        self.stage = Stage::Refused;
        self.deadline.stop();
    }

    /// Passes on what is cleared.
    fn pass(&mut self, buffer: &mut ReadBuf<'_>) {
        let size = self.cleared.min(buffer.remaining());
        buffer.put_slice(self.held.get(..size).unwrap_or_default());
        self.held.advance(size);
        self.cleared -= size;
        if self.held.is_empty() {
            // Thousands of idle connections need no room for what they may send.
            self.held = BytesMut::new();
        }
    }

    /// Whether the client may have more to say than anybody will read.
    fn leaves_something_unread(&self) -> bool {
        match self.stage {
            Stage::Refused | Stage::Broken => true,
            Stage::Requests => self.framing.is_within_body() || !self.held.is_empty(),
            Stage::Waiting => !self.held.is_empty(),
            Stage::Opening | Stage::Open | Stage::Lingering => false,
        }
    }
}

impl<S: AsyncRead + Unpin> Gate<S> {
    /// Reads more behind what is held, and judges it. Whether there was something.
    fn poll_hold_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        self.held.reserve(PIECE);
        let size = ready!(poll_read_buf(Pin::new(&mut self.stream), context, &mut self.held))?;
        if size > 0 {
            self.judge_held();
        }
        Poll::Ready(Ok(size > 0))
    }

    /// Reads straight into the reader's buffer while nothing is held, which is nearly always. Whether something was
    /// passed on, or the client has ended.
    fn poll_pass_through(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<bool>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let came = buffer.filled().get(before..).unwrap_or_default();
        if came.is_empty() || self.stage == Stage::Open {
            return Poll::Ready(Ok(true));
        }
        let judgement = self.framing.judge(came);
        self.held.extend_from_slice(came.get(judgement.passed..).unwrap_or_default());
        buffer.set_filled(before + judgement.passed);
        self.settle(judgement.rest);
        Poll::Ready(Ok(judgement.passed > 0))
    }

    /// Waits for the answer to a request for another protocol. Whether the client has ended meanwhile.
    fn poll_wait(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        match self.handover.poll_switches(context) {
            Poll::Ready(true) if self.held.is_empty() => self.stage = Stage::Open,
            Poll::Ready(true) => {
                tracing::debug!("a client sent before its tunnel stood");
                self.stage = Stage::Broken;
            }
            Poll::Ready(false) => {
                self.stage = Stage::Requests;
                if !self.held.is_empty() {
                    self.judge_held();
                }
            }
            // One look tells whether the client is still there; more than a piece is left where it is.
            Poll::Pending if self.held.is_empty() => {
                self.held.reserve(PIECE);
                let size = ready!(poll_read_buf(Pin::new(&mut self.stream), context, &mut self.held))?;
                return Poll::Ready(Ok(size == 0));
            }
            Poll::Pending => return Poll::Pending,
        }
        Poll::Ready(Ok(false))
    }

    /// What to do when a deadline has passed: nothing more is expected of this client.
    fn give_up(&mut self) -> io::Result<()> {
        if self.stage == Stage::Requests && !self.framing.is_within_body() {
            self.refuse(Reason::TooSlow);
            return Ok(());
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    fn poll_some(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.cleared > 0 {
                self.pass(buffer);
                return Poll::Ready(Ok(()));
            }
            let polled = match self.stage {
                // Whoever has asked for the refusal is woken by its answer.
                Stage::Refused => return Poll::Pending,
                Stage::Broken => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                Stage::Lingering => return Poll::Ready(Ok(())),
                Stage::Opening => self.poll_hold_more(context).map_ok(|some| !some),
                Stage::Waiting => self.poll_wait(context),
                Stage::Requests | Stage::Open if self.held.is_empty() => {
                    self.poll_pass_through(context, buffer)
                }
                Stage::Requests | Stage::Open => self.poll_hold_more(context).map_ok(|some| !some),
            };
            match polled {
                Poll::Ready(Ok(false)) => {}
                Poll::Ready(Ok(true)) => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    if self.framing.is_within_body() {
                        self.deadline.start_unless_running(self.patience.body);
                    }
                    ready!(self.deadline.poll(context));
                    self.give_up()?;
                }
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gate<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_some(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Gate<S> {
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
        if self.stage != Stage::Lingering {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            if !self.leaves_something_unread() {
                return Poll::Ready(Ok(()));
            }
            self.stage = Stage::Lingering;
            self.deadline.start(LINGER);
        }
        loop {
            self.held.clear();
            self.held.reserve(PIECE);
            let this = &mut *self;
            match poll_read_buf(Pin::new(&mut this.stream), context, &mut this.held) {
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Ok(())),
                // Bytes that never end are cut off, too: the deadline is looked at whether they come or not.
                Poll::Ready(Ok(_)) if this.deadline.poll(context).is_ready() => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(_)) => {}
                Poll::Pending => return this.deadline.poll(context).map(Ok),
            }
        }
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

    const REQUEST: &[u8] = b"PUT /a HTTP/1.1\r\nhost: yimen.test\r\ncontent-length: 5\r\n\r\nhello";
    const PATIENCE: Patience = Patience { head: Duration::from_secs(5), body: Duration::from_secs(5) };

    /// What a reader with so small a buffer gets of what was sent in pieces of that size, until there is no more.
    async fn read(sent: &[u8], piece: usize, buffer: usize) -> Vec<u8> {
        let (mut client, server) = duplex(1024);
        let mut gate = Gate::new(server, Limits::default(), PATIENCE, Arc::default(), Arc::default());
        let mut received = Vec::new();
        let write = async {
            for piece in sent.chunks(piece) {
                client.write_all(piece).await.expect("it is read");
                tokio::task::yield_now().await;
            }
            std::future::pending::<()>().await;
        };
        let read = async {
            let mut buffer = vec![0; buffer];
            while let Ok(Ok(size)) = tokio::time::timeout(PATIENCE.head / 2, gate.read(&mut buffer)).await {
                received.extend_from_slice(&buffer[..size]);
            }
        };
        tokio::select! { () = write => {}, () = read => {} }
        received
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_well_formed_passes_and_the_rest_is_asked_about() {
        let asks = Refused::default().because(Reason::TooSlow, b"");
        let bad = b"GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n";
        let http_2 = [PREFACE, b"\0\0\0\x04\0\0\0\0\0\n\r\n"].concat();
        for (piece, buffer) in [(1, 1), (1, 64), (7, 24), (64, 3), (1000, 1000), (1000, 24)] {
            let sent = [REQUEST, b"\r\n", REQUEST, bad, REQUEST].concat();
            let expected = [REQUEST, b"\r\n", REQUEST, asks].concat();
            assert_eq!(read(&sent, piece, buffer).await, expected, "{piece} {buffer}");
            assert_eq!(read(&http_2, piece, buffer).await, http_2, "{piece} {buffer}");
        }
    }
}
