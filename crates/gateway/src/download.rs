//! The body of a response on its way to the client.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep_until};

use crate::backend::Lease;
use crate::forward::Limits;
use crate::health::Attempt;
use crate::idle_timer::IdleTimer;
use crate::record::CallRecord;
use crate::refusal::{Phase, Refusal};
use crate::upload::UploadProgress;

/// Why the rest of a response's body doesn't come. The client sees its connection end, so that it can't take the part
/// for the whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DownloadError {
    #[error("the backend sent nothing for too long")]
    Idle,
    #[error("the call took too long as a whole")]
    Overdue,
    #[error("the backend's response broke off")]
    BrokeOff(#[source] hyper::Error),
}

/// Passes a body on piece by piece, as fast as the client takes it. Dropping it ends the call at the backend.
#[derive(Debug)]
pub(crate) struct Download {
    body: Incoming,
    idle: IdleTimer,
    /// When the whole call has to be over.
    end: Option<Pin<Box<Sleep>>>,
    upload: Arc<UploadProgress>,
    record: Arc<CallRecord>,
    /// Until the end of the body.
    lease: Option<Lease>,
    attempt: Attempt,
}

impl Download {
    pub(crate) fn new(
        body: Incoming,
        limits: &Limits,
        upload: Arc<UploadProgress>,
        record: Arc<CallRecord>,
        lease: Lease,
        attempt: Attempt,
    ) -> Self {
        let end = limits.end.map(|end| Box::pin(sleep_until(end)));
        Self { body, idle: IdleTimer::new(limits.idle), end, upload, record, lease: Some(lease), attempt }
    }

    /// The body has come whole: its connection is free.
    fn release(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.finish(self.upload.has_gone());
        }
    }

    /// Notes whose fault it is: an upload that was cut short takes the response with it.
    fn fail(&mut self, error: DownloadError) -> DownloadError {
        let refusal = match (self.upload.fault(), &error) {
            (Some(fault), _) => Refusal::Upload(fault),
            (None, DownloadError::Idle) => Refusal::BackendTimeout(Phase::Body),
            (None, DownloadError::Overdue) => Refusal::BackendTimeout(Phase::Total),
            (None, DownloadError::BrokeOff(_)) => Refusal::BackendBrokeOff,
        };
        self.attempt.refused(&refusal, &self.upload);
        self.record.ends(refusal.outcome());
        error
    }
}

impl HttpBody for Download {
    type Data = Bytes;
    type Error = DownloadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, DownloadError>>> {
        if let Some(end) = &mut self.end
            && end.as_mut().poll(cx).is_ready()
        {
            self.end = None;
            return Poll::Ready(Some(Err(self.fail(DownloadError::Overdue))));
        }
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(piece) => {
                self.idle.stop();
                if piece.is_none() {
                    self.release();
                }
                Poll::Ready(
                    piece.map(|piece| piece.map_err(|error| self.fail(DownloadError::BrokeOff(error)))),
                )
            }
            Poll::Pending => self.idle.poll_expired(cx).map(|()| Some(Err(self.fail(DownloadError::Idle)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        // A server that knows the length stops asking after the last byte.
        if self.body.is_end_stream() {
            self.release();
        }
    }
}
