//! One call's hold on a server: its place and its connection.

use std::sync::Arc;
use std::time::Duration;

use http::header::{HOST, TRANSFER_ENCODING};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;

use super::connection::Connection;
use super::places::Place;
use super::pool::Taken;
use super::{Backend, ConnectFailure};
use crate::forwarding::announce_unknown_length;
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
        let Taken { connection, is_kept } = backend.pool.take(&backend.origin, limit).await?;
        Ok(Self { backend: Arc::clone(backend), connection, is_kept, _place: place })
    }

    /// Another connection in place of this one, which has failed: a kept one if `kept_will_do`.
    pub(crate) async fn replace(
        &mut self,
        kept_will_do: bool,
        limit: Duration,
    ) -> Result<(), ConnectFailure> {
        let Backend { pool, origin, .. } = self.backend.as_ref();
        let taken =
            if kept_will_do { pool.take(origin, limit).await } else { pool.open(origin, limit).await };
        let Taken { connection, is_kept } = taken?;
        self.connection = connection;
        self.is_kept = is_kept;
        Ok(())
    }

    /// Whether the connection had carried calls before.
    pub(crate) const fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Sends the request; the server gets its path and query byte for byte. The error holds the request again if
    /// nothing of it was sent.
    pub(crate) async fn send(
        &mut self,
        request: Request<Upload>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Upload>>> {
        let origin = &self.backend.origin;
        let (mut head, body) = request.into_parts();
        // The request may come back from a connection of the other version.
        let path_and_query = head.uri.path_and_query().cloned();
        match &mut self.connection {
            Connection::Http1(http1) => {
                if let Some(path_and_query) = path_and_query {
                    head.uri = Uri::from(path_and_query);
                }
                if let Some(host) = origin.host_field() {
                    head.headers.insert(HOST, host);
                }
                announce_unknown_length(&mut head.headers, &body);
                http1.sender.try_send_request(Request::from_parts(head, body)).await
            }
            Connection::Http2(http2) => {
                if let Ok(uri) = origin.uri(path_and_query) {
                    head.uri = uri;
                }
                // RFC 9113, sections 8.2.2 and 8.3.1: `:authority` and frames say both.
                head.headers.remove(HOST);
                head.headers.remove(TRANSFER_ENCODING);
                http2.sender.try_send_request(Request::from_parts(head, body)).await
            }
        }
    }

    /// The response was read to its end: the connection is kept for the next call, if the request has gone whole.
    pub(crate) fn finish(self, request_has_gone: bool) {
        if let Connection::Http1(http1) = self.connection
            && request_has_gone
        {
            self.backend.pool.keep(http1);
        }
    }

    /// The server left the call unanswered: no other call goes the same way.
    pub(crate) fn distrust(&self) {
        if let Connection::Http2(http2) = &self.connection {
            self.backend.pool.distrust(http2);
        }
    }
}
