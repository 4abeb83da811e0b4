//! Where a connection stands that was asked to switch to another protocol: told by the service, heeded by the gate.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use gateway::Tunnel;
use http::header::UPGRADE;
use http::{Request, Response, Version};
use hyper::body::Body;

/// Nobody asks.
const NOT_ASKED: u8 = 0;
/// The gate has passed on a request that asks, and waits for its answer.
const ASKED: u8 = 1;
/// The answer is an ordinary one.
const STAYS: u8 = 2;
/// What follows the answer is a tunnel's.
const SWITCHES: u8 = 3;

/// What the gate and the service of one connection tell each other about its switch.
#[derive(Debug, Default)]
pub struct Handover {
    state: AtomicU8,
    gate: AtomicWaker,
    tunnel: Mutex<Option<Tunnel>>,
}

impl Handover {
    /// A request has passed that asks; what follows depends on its answer.
    pub fn ask(&self) {
        self.state.store(ASKED, Ordering::Release);
    }

    /// Whether the connection switches, once it is decided.
    pub fn poll_switches(&self, context: &mut Context<'_>) -> Poll<bool> {
        self.gate.register(context.waker());
        match self.state.load(Ordering::Acquire) {
            ASKED => Poll::Pending,
            decided => {
                self.state.store(NOT_ASKED, Ordering::Release);
                Poll::Ready(decided == SWITCHES)
            }
        }
    }

    /// Whether it is this request that the gate waits for: the last of its connection, for a body would have ended before
    /// the next, and the gate passes on none after it.
    pub fn is_asked_by<B: Body>(request: &Request<B>) -> bool {
        request.version() == Version::HTTP_11
            && request.headers().contains_key(UPGRADE)
            && request.body().is_end_stream()
    }

    /// The answer to the request that asks.
    pub fn decide<B>(&self, response: &mut Response<B>) {
        let tunnel = response.extensions_mut().remove::<Tunnel>();
        let decided = if tunnel.is_some() { SWITCHES } else { STAYS };
        *self.tunnel.lock().unwrap_or_else(PoisonError::into_inner) = tunnel;
        // A request that the gate has not waited for, such as one of HTTP/1.0, decides nothing.
        if self.state.compare_exchange(ASKED, decided, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            self.gate.wake();
        }
    }

    /// The tunnel that goes on when the last answer is written, if the connection has switched.
    pub fn tunnel(&self) -> Option<Tunnel> {
        self.tunnel.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
