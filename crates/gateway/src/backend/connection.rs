//! A connection to a server, as a call uses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::client::conn::{http1, http2};
use tokio::time::Instant;

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
