//! Cuts off the streams of an HTTP/2 connection whose client takes nothing of them.
//!
//! There, a client that grants no window stalls one answer while its connection is lively, so that
//! [`SlowReader`](super::slow_reader::SlowReader) sees nothing, and nobody asks the answer's body for more.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// A body that lets go of what it holds, such as a backend's answer, once nobody has asked for more for too long.
#[derive(Debug)]
pub struct SlowStream {
    shared: Arc<Shared>,
    watch: AbortHandle,
}

#[derive(Debug)]
struct Shared(Mutex<State>);

#[derive(Debug)]
struct State {
    /// None once it was let go.
    body: Option<Body>,
    /// When a piece was handed out and nothing has been asked for since; none while the body itself is waited for.
    handed_out: Option<Instant>,
}

impl SlowStream {
    /// Gives the client that long to ask for the next piece. Inside a Tokio runtime.
    pub fn watch(body: Body, patience: Duration) -> Self {
        // The first piece counts like any other: the window may be shut from the start.
        let state = State { body: Some(body), handed_out: Some(Instant::now()) };
        let shared = Arc::new(Shared(Mutex::new(state)));
        let watched = Arc::clone(&shared);
        let watch = tokio::spawn(async move {
            while let Some(deadline) = watched.let_go_or_wait(patience) {
                sleep_until(deadline).await;
            }
        });
        Self { shared, watch: watch.abort_handle() }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic of the body ends its stream anyway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of the body if it is time; when to look again, otherwise.
    fn let_go_or_wait(&self, patience: Duration) -> Option<Instant> {
        let mut state = self.state();
        let now = Instant::now();
        let deadline = state.handed_out.unwrap_or(now) + patience;
        if deadline > now {
            return Some(deadline);
        }
        let body = state.body.take();
        drop(state);
        tracing::debug!("an answer is let go: its client takes nothing of it");
        drop(body);
        None
    }
}

impl HttpBody for SlowStream {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut state = self.shared.state();
        let Some(body) = &mut state.body else {
            return Poll::Ready(Some(Err(axum::Error::new(std::io::Error::from(
                std::io::ErrorKind::TimedOut,
            )))));
        };
        let piece = Pin::new(body).poll_frame(context);
        state.handed_out = piece.is_ready().then(Instant::now);
        piece
    }

    fn is_end_stream(&self) -> bool {
        self.shared.state().body.as_ref().is_some_and(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.shared.state().body.as_ref().map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

impl Drop for SlowStream {
    fn drop(&mut self) {
        self.watch.abort();
        // Now, not when the watch is found to be over.
        drop(self.shared.state().body.take());
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn a_body_is_kept_while_it_is_asked_for_and_let_go_when_it_is_not() {
        let second = Duration::from_secs(1);
        let pieces = stream::iter(0..9).then(move |_| async move {
            // Longer than the client's patience: that is the backend's own matter.
            tokio::time::sleep(PATIENCE * 2).await;
            Ok::<_, std::io::Error>(Bytes::from_static(b"piece"))
        });
        let mut body = Box::pin(SlowStream::watch(Body::from_stream(pieces), PATIENCE));
        for _ in 0..3 {
            let piece = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await;
            assert!(piece.is_some_and(|piece| piece.is_ok()));
            tokio::time::sleep(PATIENCE - second).await;
        }
        tokio::time::sleep(second * 2).await;
        assert!(body.shared.state().body.is_none(), "let go");
        let piece = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await;
        assert!(piece.is_some_and(|piece| piece.is_err()), "never taken for whole");
    }
}
