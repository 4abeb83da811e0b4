//! The body of a request on its way to the backend.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, sleep, sleep_until};

use crate::idle_timer::IdleTimer;

/// Why the rest of a request's body isn't forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UploadFault {
    /// It is larger than the limit.
    #[error("the body is larger than the gateway allows")]
    TooLarge,
    /// The client sent nothing for the idle time.
    #[error("nothing of the body came for too long")]
    ClientIdle,
    /// The client's connection ended.
    #[error("the body ended before it was complete")]
    ClientGone,
    /// What the client sent doesn't go on with the body.
    #[error("the body is not a sequence of well-formed chunks")]
    Malformed,
}

impl UploadFault {
    /// What went wrong on the client's connection, as the error under the errors tells.
    fn of(error: &axum::Error) -> Self {
        let causes =
            std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source());
        match causes.filter_map(|cause| cause.downcast_ref::<io::Error>()).next().map(io::Error::kind) {
            Some(io::ErrorKind::TimedOut) => Self::ClientIdle,
            Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => Self::Malformed,
            Some(_) | None => Self::ClientGone,
        }
    }
}

/// What the rest of a call must know about its upload.
#[derive(Debug)]
pub(crate) struct UploadProgress {
    begun: Instant,
    /// Milliseconds from `begun` to the last time that the backend was given something, or one of the two below.
    last: AtomicU64,
    fault: OnceLock<UploadFault>,
    gone: AtomicBool,
}

/// The client is waited for, so the backend can't be blamed.
const WAITING: u64 = u64::MAX;
/// There is no backend yet that could be blamed.
const UNCONNECTED: u64 = u64::MAX - 1;

impl UploadProgress {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            begun: Instant::now(),
            last: AtomicU64::new(UNCONNECTED),
            fault: OnceLock::new(),
            gone: AtomicBool::new(false),
        })
    }

    /// Why the upload was cut short, if it was.
    pub(crate) fn fault(&self) -> Option<UploadFault> {
        self.fault.get().copied()
    }

    /// Whether the client has to send more before anything can happen.
    pub(crate) fn waits_for_client(&self) -> bool {
        self.last.load(Ordering::Relaxed) == WAITING
    }

    /// Whether the backend was given the whole body.
    pub(crate) fn has_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// The connection stands. What the body has done since then counts for more.
    pub(crate) fn connected(&self) {
        let _ = self.last.compare_exchange(UNCONNECTED, self.now(), Ordering::Relaxed, Ordering::Relaxed);
    }

    fn give_backend(&self) {
        self.last.store(self.now(), Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(UNCONNECTED - 1)
    }

    fn wait_for_client(&self) {
        self.last.store(WAITING, Ordering::Relaxed);
    }

    fn cut_short(&self, fault: UploadFault) -> UploadFault {
        *self.fault.get_or_init(|| fault)
    }

    /// Ends once the backend has left what it was given unanswered for `patience`.
    pub(crate) async fn backend_overdue(&self, patience: Duration) {
        loop {
            match self.last.load(Ordering::Relaxed) {
                WAITING | UNCONNECTED => sleep(patience).await,
                last => match (self.begun + Duration::from_millis(last)).checked_add(patience) {
                    Some(deadline) if deadline <= Instant::now() => return,
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                },
            }
        }
    }
}

/// Passes a body on piece by piece, as fast as the backend takes it, within the limits of size and idle time.
#[derive(Debug)]
pub(crate) struct Upload {
    body: Body,
    left: u64,
    idle: IdleTimer,
    progress: Arc<UploadProgress>,
}

impl Upload {
    pub(crate) fn new(body: Body, max_bytes: u64, idle: Duration) -> Self {
        let upload =
            Self { body, left: max_bytes, idle: IdleTimer::new(idle), progress: UploadProgress::new() };
        upload.note_end();
        upload
    }

    /// The same once more, for a body that is empty.
    pub(crate) fn empty_again(&self) -> Self {
        Self {
            body: Body::empty(),
            left: self.left,
            idle: IdleTimer::new(self.idle.limit()),
            progress: Arc::clone(&self.progress),
        }
    }

    fn note_end(&self) {
        if self.body.is_end_stream() {
            self.progress.gone.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn progress(&self) -> Arc<UploadProgress> {
        Arc::clone(&self.progress)
    }

    /// Whether the body announces more than may come.
    pub(crate) fn is_announced_too_large(&self) -> bool {
        self.body.size_hint().lower() > self.left
    }

    fn count(&mut self, frame: &Frame<Bytes>) -> Result<(), UploadFault> {
        let length = frame.data_ref().map_or(0, Bytes::len);
        let left = u64::try_from(length).ok().and_then(|length| self.left.checked_sub(length));
        self.left = left.ok_or(UploadFault::TooLarge)?;
        Ok(())
    }

    fn poll_client(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UploadFault>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            // Trailer fields end here: nobody has looked at them, and HTTP/2 would carry them as they are.
            Poll::Ready(Some(Ok(frame))) if frame.is_trailers() => Poll::Ready(None),
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(self.count(&frame).map(|()| frame))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(UploadFault::of(&error)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                self.progress.wait_for_client();
                ready!(self.idle.poll_expired(cx));
                Poll::Ready(Some(Err(UploadFault::ClientIdle)))
            }
        }
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = UploadFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadFault>>> {
        let piece = ready!(self.poll_client(cx));
        self.idle.stop();
        self.progress.give_backend();
        match &piece {
            Some(Ok(_)) => self.note_end(),
            Some(Err(_)) => {}
            None => self.progress.gone.store(true, Ordering::Relaxed),
        }
        Poll::Ready(piece.map(|piece| piece.map_err(|fault| self.progress.cut_short(fault))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use futures_util::stream;
    use http::{HeaderMap, HeaderValue};
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pieces(sizes: &[usize]) -> Body {
        let pieces: Vec<_> =
            sizes.iter().map(|size| Ok::<_, std::io::Error>(Bytes::from(vec![0; *size]))).collect();
        Body::from_stream(stream::iter(pieces))
    }

    #[tokio::test]
    async fn the_limit_is_exact() {
        assert!(Upload::new(pieces(&[6, 4]), 10, SECOND).collect().await.is_ok());
        let over = Upload::new(pieces(&[6, 5]), 10, SECOND);
        let progress = over.progress();
        assert_eq!(over.collect().await.expect_err("too large"), UploadFault::TooLarge);
        assert_eq!(progress.fault(), Some(UploadFault::TooLarge));
        assert!(Upload::new(Body::from("12345678901"), 10, SECOND).is_announced_too_large());
        assert!(!Upload::new(Body::from("1234567890"), 10, SECOND).is_announced_too_large());
    }

    #[tokio::test]
    async fn trailer_fields_end_here() {
        let claim = (crate::ASSERTION, HeaderValue::from_static("forged"));
        let frames = [Frame::data(Bytes::from_static(b"a")), Frame::trailers(HeaderMap::from_iter([claim]))];
        let body = StreamBody::new(stream::iter(frames.map(Ok::<_, std::io::Error>)));
        let arrived = Upload::new(Body::new(body), 10, SECOND).collect().await.expect("whole");
        assert!(arrived.trailers().is_none());
        assert_eq!(arrived.to_bytes(), "a");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_says_why() {
        for (kind, fault) in [
            (io::ErrorKind::TimedOut, UploadFault::ClientIdle),
            (io::ErrorKind::InvalidData, UploadFault::Malformed),
            (io::ErrorKind::UnexpectedEof, UploadFault::ClientGone),
        ] {
            let body = Body::from_stream(stream::iter([Err::<Bytes, _>(io::Error::from(kind))]));
            assert_eq!(Upload::new(body, 10, SECOND).collect().await.expect_err("broken"), fault);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_stops_sending_is_cut_off() {
        let body = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"a"))]).chain(stream::pending());
        let upload = Upload::new(Body::from_stream(body), 10, SECOND);
        let begun = Instant::now();
        assert_eq!(upload.collect().await.expect_err("idle"), UploadFault::ClientIdle);
        assert_eq!(begun.elapsed().as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_backend_is_overdue_only_for_what_it_was_given() {
        let progress = UploadProgress::new();
        let waiting = {
            let progress = Arc::clone(&progress);
            tokio::spawn(async move {
                progress.backend_overdue(SECOND).await;
                progress.begun.elapsed().as_millis()
            })
        };
        progress.wait_for_client();
        sleep(SECOND * 5).await;
        assert!(!waiting.is_finished(), "the client is slow, not the backend");
        progress.give_backend();
        progress.connected();
        let overdue = waiting.await.expect("no panic");
        assert!((6000..6100).contains(&overdue), "{overdue}");
    }
}
