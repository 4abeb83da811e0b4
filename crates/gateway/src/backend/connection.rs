//! A connection to a server, as a call uses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::header::{HOST, TRANSFER_ENCODING};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use tokio::time::Instant;

use super::Origin;
use crate::forwarding::announce_unknown_length;
use crate::upload::Upload;

/// A connection that stands.
#[derive(Debug)]
pub(crate) enum Connection {
    /// For one call at a time.
    Http1(Http1),
    /// For many.
    Http2(Http2),
}

/// A connection that carries one call at a time.
#[derive(Debug)]
pub(crate) struct Http1 {
    pub(crate) sender: http1::SendRequest<Upload>,
    pub(crate) opened: Instant,
}

/// A call's share of a connection that carries many; the share ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Http2 {
    pub(crate) sender: http2::SendRequest<Upload>,
    pub(crate) opened: Instant,
    pub(crate) calls: Calls,
}

/// How many calls a connection carries.
#[derive(Debug)]
pub(crate) struct Calls(Arc<AtomicUsize>);

impl Connection {
    pub(crate) fn http1(sender: http1::SendRequest<Upload>) -> Self {
        Self::Http1(Http1 { sender, opened: Instant::now() })
    }

    pub(crate) fn http2(sender: http2::SendRequest<Upload>) -> Self {
        Self::Http2(Http2 { sender, opened: Instant::now(), calls: Calls(Arc::new(AtomicUsize::new(1))) })
    }

    /// Sends the request; the server gets its path and query byte for byte. The error holds the request again if
    /// nothing of it was sent.
    pub(crate) async fn send(
        &mut self,
        origin: &Origin,
        request: Request<Upload>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Upload>>> {
        let (mut head, body) = request.into_parts();
        // The request may come back from a connection of the other version.
        let path_and_query = head.uri.path_and_query().cloned();
        match self {
            Self::Http1(http1) => {
                if let Some(path_and_query) = path_and_query {
                    head.uri = Uri::from(path_and_query);
                }
                head.headers.insert(HOST, origin.host_field().clone());
                announce_unknown_length(&mut head.headers, &body);
                http1.sender.try_send_request(Request::from_parts(head, body)).await
            }
            Self::Http2(http2) => {
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
}

impl Http2 {
    /// A share for one more call.
    pub(crate) fn share(&self) -> Self {
        Self { sender: self.sender.clone(), opened: self.opened, calls: self.calls.one_more() }
    }
}

impl Calls {
    fn one_more(&self) -> Self {
        self.0.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn is_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
