//! What stands around every call: its record, one of a bounded number of places, and a floor for bugs.
//!
//! Plain calls of functions and one body around the body, because a stack of middlewares boxes both at each layer.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use crate::call::call;
use crate::path::CALL_PREFIX;
use crate::record::{CallRecord, Publish};
use crate::refusal::Refusal;
use crate::{Gateway, Tunnel};

impl Gateway {
    /// Whether a request is one that [`Gateway::answer`] is for: `ANY /call/{entry}/{*path}`.
    pub fn takes<B>(request: &http::Request<B>) -> bool {
        request.uri().path().strip_prefix(CALL_PREFIX).is_some_and(|target| !target.is_empty())
    }

    /// Answers a call. The client's address is the request's `ConnectInfo`, if it has one.
    ///
    /// The call has a place until its response has been delivered, and its record is published then, or when the client
    /// has gone.
    pub async fn answer(&self, request: Request) -> Response {
        // One line and one count for every call, also for those that are turned away.
        let record =
            Arc::new(CallRecord::begin(Arc::clone(self.ledger()), request.method(), request.headers()));
        let publish = Publish(Arc::clone(&record));
        // Past what can be carried, answering quickly is the best that can be done.
        let place = Arc::clone(self.places()).try_acquire_owned().ok();
        let mut response = if place.is_some() {
            self.answer_whatever_happens(&record, request).await
        } else {
            self.refuse(&Refusal::Overloaded, &record)
        };
        record.answers(response.status());
        if let Some(quota) = record.quota() {
            quota.write(response.headers_mut());
        }
        if let Some(tunnel) = response.extensions().get::<Tunnel>() {
            tunnel.keep((place, publish));
            return response;
        }
        response.map(|body| Body::new(Accompanied { body, _place: place, publish }))
    }

    /// Turns a panic into this call's 500: a bug that one call meets must not end the connection of others.
    async fn answer_whatever_happens(&self, record: &Arc<CallRecord>, request: Request) -> Response {
        // Nothing outlives the call that a panic could leave half-changed: the shared parts are atomics and snapshots.
        match AssertUnwindSafe(call(self, record, request)).catch_unwind().await {
            Ok(response) => response,
            Err(_) => {
                tracing::error!(trace_id = %record.trace(), "a call panicked");
                self.refuse(&Refusal::Internal, record)
            }
        }
    }
}

/// A body with what must last as long as it does.
struct Accompanied {
    body: Body,
    _place: Option<OwnedSemaphorePermit>,
    publish: Publish,
}

impl HttpBody for Accompanied {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let piece = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(piece, Poll::Ready(None)) {
            self.publish.0.is_delivered();
        }
        piece
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Accompanied {
    fn drop(&mut self) {
        // A server that knows the length stops asking after the last byte.
        if self.body.is_end_stream() {
            self.publish.0.is_delivered();
        }
    }
}
