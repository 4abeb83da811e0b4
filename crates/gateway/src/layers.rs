//! The layers around a call.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use crate::record::{CallRecord, Publish};
use crate::refusal::Refusal;
use crate::{Gateway, Tunnel};

/// Gives the call its record, which is published when the last byte of the response has gone, or the client has.
pub(crate) async fn record(State(gateway): State<Gateway>, mut request: Request, next: Next) -> Response {
    let ledger = Arc::clone(gateway.ledger());
    let record = Arc::new(CallRecord::begin(ledger, request.method(), request.headers()));
    let publish = Publish(Arc::clone(&record));
    request.extensions_mut().insert(Arc::clone(&record));
    let mut response = next.run(request).await;
    record.answers(response.status());
    if let Some(quota) = record.quota() {
        quota.write(response.headers_mut());
    }
    if let Some(tunnel) = response.extensions().get::<Tunnel>() {
        tunnel.keep(publish);
        return response;
    }
    response.map(|body| Body::new(Accompanied { body, _place: None, publish: Some(publish) }))
}

/// Turns a panic into this call's 500; the other calls don't notice.
pub(crate) async fn contain_panics(
    State(gateway): State<Gateway>,
    Extension(record): Extension<Arc<CallRecord>>,
    request: Request,
    next: Next,
) -> Response {
    // Nothing outlives the call that a panic could leave half-changed: the shared parts are atomics and snapshots.
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!(trace_id = %record.trace(), "a call panicked");
            gateway.refuse(&Refusal::Internal, &record)
        }
    }
}

/// Gives the call one of a bounded number of places until its response has been delivered, or turns it away at once.
pub(crate) async fn admit(
    State(gateway): State<Gateway>,
    Extension(record): Extension<Arc<CallRecord>>,
    request: Request,
    next: Next,
) -> Response {
    match Arc::clone(gateway.places()).try_acquire_owned() {
        Ok(place) => {
            let response = next.run(request).await;
            if let Some(tunnel) = response.extensions().get::<Tunnel>() {
                tunnel.keep(place);
                return response;
            }
            response.map(|body| Body::new(Accompanied { body, _place: Some(place), publish: None }))
        }
        Err(_) => gateway.refuse(&Refusal::Overloaded, &record),
    }
}

/// A body with what must last as long as it does.
struct Accompanied {
    body: Body,
    _place: Option<OwnedSemaphorePermit>,
    publish: Option<Publish>,
}

impl HttpBody for Accompanied {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let piece = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(piece, Poll::Ready(None))
            && let Some(Publish(record)) = &self.publish
        {
            record.is_delivered();
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
        if let Some(Publish(record)) = &self.publish
            && self.body.is_end_stream()
        {
            record.is_delivered();
        }
    }
}
