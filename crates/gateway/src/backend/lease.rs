//! One call's hold on a server: its place and its connection.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;

use super::connection::Connection;
use super::places::Place;
use super::pool::Taken;
use super::{Backend, ConnectFailure};
use crate::upload::Upload;

/// A connection for one call. Dropped before the end of the response, it ends the call at the server: an HTTP/1.1
/// connection is closed, an HTTP/2 stream is reset.
#[derive(Debug)]
pub(crate) struct Lease {
    backend: Arc<Backend>,
    connection: Connection,
    is_kept: bool,
    _place: Place,
}

impl Lease {
    /// A connection for a call that has a place: one that was kept, or a new one that stands within `limit`.
    pub(crate) async fn take(
        backend: &Arc<Backend>,
        place: Place,
        limit: Duration,
    ) -> Result<Self, ConnectFailure> {
        let Taken { connection, is_kept } = backend.pool().take(&backend.origin, limit).await?;
        Ok(Self { backend: Arc::clone(backend), connection, is_kept, _place: place })
    }

    /// A new HTTP/1.1 connection, whatever else the server speaks, for a call that has a place.
    pub(crate) async fn take_http1(
        backend: &Arc<Backend>,
        place: Place,
        limit: Duration,
    ) -> Result<Self, ConnectFailure> {
        let connection = Box::pin(backend.pool().open_http1(&backend.origin, limit)).await?;
        Ok(Self { backend: Arc::clone(backend), connection, is_kept: false, _place: place })
    }

    /// Another connection in place of this one, which has failed: a kept one if `kept_will_do`.
    pub(crate) async fn replace(
        &mut self,
        kept_will_do: bool,
        limit: Duration,
    ) -> Result<(), ConnectFailure> {
        let (pool, origin) = (self.backend.pool(), &self.backend.origin);
        let taken = if kept_will_do {
            Box::pin(pool.take(origin, limit)).await
        } else {
            Box::pin(pool.open(origin, limit)).await
        };
        let Taken { connection, is_kept } = taken?;
        self.connection = connection;
        self.is_kept = is_kept;
        Ok(())
    }

    /// Whether the connection had carried calls before.
    pub(crate) const fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Whether the connection carries many calls, whose servers say what they have not touched.
    pub(crate) const fn is_http2(&self) -> bool {
        matches!(self.connection, Connection::Http2(_))
    }

    /// Sends the request; the server gets its path and query byte for byte. The error holds the request again if
    /// nothing of it was sent.
    pub(crate) async fn send(
        &mut self,
        request: Request<Upload>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Upload>>> {
        self.connection.send(&self.backend.origin, request).await
    }

    /// The response was read to its end: the connection is kept for the next call, if the request has gone whole.
    pub(crate) fn finish(self, request_has_gone: bool) {
        if let Connection::Http1(http1) = self.connection
            && request_has_gone
        {
            self.backend.pool().keep(http1);
        }
    }

    /// The server left the call unanswered: no other call goes the same way.
    pub(crate) fn distrust(&self) {
        if let Connection::Http2(http2) = &self.connection {
            self.backend.pool().distrust(http2);
        }
    }
}
