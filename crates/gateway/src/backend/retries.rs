//! When a call is sent again: only where nothing can have happened, and only so often.
//!
//! A request that was never written is sent on another connection whatever it is: it has happened to nobody. One that
//! was written to a kept connection, which then ended without an answer, most likely met the server's closing of it;
//! it is sent again, once, if its method is idempotent (RFC 9110, section 9.2.2) and it has no body, and if the budget
//! allows: a server in trouble must not get more calls than its callers make. Over HTTP/2 a server says itself which
//! requests it has not touched (RFC 9113, section 8.7): those are sent again, once, whatever their method.

use std::error::Error;
use std::sync::atomic::{AtomicI64, Ordering};

use http::{Method, Request};
use http_body::Body;

/// What a retry costs, in shares of calls.
const RETRY: i64 = 1000;
/// What may be saved up: so many retries in a row.
const SAVED: i64 = 10 * RETRY;

/// The retries that a server has left: each call earns a share of one.
#[derive(Debug)]
pub(crate) struct Retries {
    left: AtomicI64,
    earned_per_call: i64,
}

impl Retries {
    /// So many retries for each hundred calls; none, not even at first, for 0.
    pub(crate) fn new(per_hundred_calls: u8) -> Self {
        let saved = if per_hundred_calls == 0 { 0 } else { SAVED };
        Self { left: AtomicI64::new(saved), earned_per_call: i64::from(per_hundred_calls) * RETRY / 100 }
    }

    /// A call was made.
    pub(crate) fn earn(&self) {
        // Read first: usually all is saved up, and nothing has to be written.
        if self.left.load(Ordering::Relaxed) < SAVED {
            self.left.fetch_add(self.earned_per_call, Ordering::Relaxed);
        }
    }

    /// Whether there may be one more.
    pub(crate) fn spend(&self) -> bool {
        let spent = |left: i64| (left >= RETRY).then(|| left - RETRY);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent).is_ok()
    }
}

/// Whether doing it twice is like doing it once, and it can be sent twice.
pub(crate) fn is_repeatable<B: Body>(request: &Request<B>) -> bool {
    let idempotent =
        [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE].contains(request.method());
    idempotent && request.body().is_end_stream()
}

/// Whether the server says that it has not touched the request (RFC 9113, sections 6.8 and 8.7): it refused the stream, or
/// it is going away in peace and the stream came after the last that it takes.
pub(crate) fn is_untouched(error: &hyper::Error) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref::<h2::Error>()).any(|error| {
        error.is_remote()
            && (error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM)
                || error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR))
    })
}

/// Whether a kept connection may have been closed by the server before it saw the request.
pub(crate) fn may_be_stale(error: &hyper::Error) -> bool {
    error.is_incomplete_message()
        || error.is_canceled()
        || error.is_closed()
        || causes(error).filter_map(|cause| cause.downcast_ref::<std::io::Error>()).any(|cause| {
            use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
            matches!(cause.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected)
        })
}

fn causes(error: &hyper::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source())
}

#[cfg(test)]
mod tests {
    use http_body_util::{Empty, Full};

    use super::*;

    #[test]
    fn retries_are_a_share_of_the_calls() {
        let retries = Retries::new(20);
        let saved = (0..100).filter(|_| retries.spend()).count();
        assert_eq!(saved, 10, "what was saved up");
        for _ in 0..10 {
            retries.earn();
        }
        assert_eq!((0..100).filter(|_| retries.spend()).count(), 2);
        for _ in 0..1000 {
            retries.earn();
        }
        assert_eq!((0..100).filter(|_| retries.spend()).count(), 10, "no more is saved up");
        assert!(!Retries::new(0).spend());
    }

    #[test]
    fn only_idempotent_requests_without_a_body_are_repeatable() {
        let request = |method: &str| Request::builder().method(method);
        for (method, expected) in [
            ("GET", true),
            ("HEAD", true),
            ("OPTIONS", true),
            ("PUT", true),
            ("DELETE", true),
            ("POST", false),
            ("PATCH", false),
            ("MKCOL", false),
        ] {
            let empty = request(method).body(Empty::<&[u8]>::new()).expect("a request");
            assert_eq!(is_repeatable(&empty), expected, "{method}");
            let full = request(method).body(Full::new(&b"x"[..])).expect("a request");
            assert!(!is_repeatable(&full), "{method}");
        }
    }
}
