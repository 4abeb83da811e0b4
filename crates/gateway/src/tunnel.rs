//! A WebSocket (RFC 6455): a call that its backend answered with 101, after which bytes pass both ways as they are.
//!
//! The caller's identity was checked when the call was made, and while the tunnel stands, its end, revocations and the
//! standing of the channel and the item are looked at again every half second. A tunnel keeps its place among the calls,
//! and counts as one call.

use std::any::Any;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use http_body::Body as _;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional};
use tokio::time::{Instant, sleep_until};

use crate::forward::Limits;
use crate::hop_by_hop;
use crate::outcome::Outcome;
use crate::record::CallRecord;
use crate::refusal::{Phase, Refusal};

/// How often it is looked at whether the caller may still be there.
const LOOKED_AT_AGAIN: Duration = Duration::from_millis(500);
/// What a key is followed by in the digest that accepts it (RFC 6455, section 1.3).
const ACCEPTING: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// The bytes between a client and a backend that have switched protocols. It comes as an extension of the response with
/// 101: whoever serves the connection [runs](Tunnel::run) it once that response is written. Dropped, it ends both.
#[derive(Clone)]
pub struct Tunnel(Arc<Mutex<Option<Parted>>>);

/// What a tunnel is made of.
struct Parted {
    client: OnUpgrade,
    backend: OnUpgrade,
    idle: Duration,
    end: Option<Instant>,
    record: Arc<CallRecord>,
    stands: Box<Stands>,
    /// What has to last as long as the tunnel does.
    kept: Vec<Box<dyn Any + Send>>,
}

/// Tells whether a tunnel's caller may still be there.
type Stands = dyn Fn() -> Result<(), Refusal> + Send + Sync;

/// A client that asks for a tunnel.
#[derive(Debug)]
pub(crate) struct Asked {
    client: OnUpgrade,
    /// What only a backend answers that speaks the protocol and means this request (RFC 6455, section 4.2.2).
    accept: String,
}

impl Asked {
    /// Whether a backend's 101 answers this very request: a page that merely repeats fields to the client doesn't.
    pub(crate) fn is_accepted_by(&self, headers: &HeaderMap) -> bool {
        single(headers, &SEC_WEBSOCKET_ACCEPT).is_some_and(|value| value.as_bytes() == self.accept.as_bytes())
    }
}

impl std::fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tunnel").finish_non_exhaustive()
    }
}

impl Tunnel {
    pub(crate) fn new(
        asked: Asked,
        backend: OnUpgrade,
        limits: &Limits,
        record: Arc<CallRecord>,
        stands: Box<Stands>,
    ) -> Self {
        let (client, kept) = (asked.client, Vec::new());
        let parted = Parted { client, backend, idle: limits.idle, end: limits.end, record, stands, kept };
        Self(Arc::new(Mutex::new(Some(parted))))
    }

    /// Lets something last as long as the tunnel does.
    pub(crate) fn keep(&self, thing: impl Any + Send) {
        if let Some(parted) = self.lock().as_mut() {
            parted.kept.push(Box::new(thing));
        }
    }

    /// Passes bytes both ways until both sides have ended, one of them breaks off, nothing has come for too long, or the
    /// caller may not be there any more.
    pub async fn run(self) {
        let Some(parted) = self.lock().take() else { return };
        let Parted { client, backend, idle, end, record, stands, kept } = parted;
        match tokio::join!(client, backend) {
            (Ok(client), Ok(backend)) => {
                let passing = pass(TokioIo::new(client), TokioIo::new(backend), idle, end);
                let outcome = tokio::select! {
                    outcome = passing => outcome,
                    refusal = withdrawn(&*stands) => refusal.outcome(),
                };
                record.ends(outcome);
            }
            (Ok(_), Err(_)) => record.ends(Refusal::BackendBrokeOff.outcome()),
            // The record says by itself that the client has gone.
            (Err(_), _) => {}
        }
        drop(kept);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Parted>> {
        // Nothing that panics runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the caller may not be there any more, once that is so.
async fn withdrawn(stands: &Stands) -> Refusal {
    loop {
        tokio::time::sleep(LOOKED_AT_AGAIN).await;
        if let Err(refusal) = stands() {
            return refusal;
        }
    }
}

async fn pass<C, B>(client: C, backend: B, idle: Duration, end: Option<Instant>) -> Outcome
where
    C: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let clock = Arc::new(Clock { begun: Instant::now(), last: AtomicU64::new(0) });
    let mut client = Watched { stream: client, clock: Arc::clone(&clock) };
    let mut backend = Watched { stream: backend, clock: Arc::clone(&clock) };
    let overdue = async {
        match end {
            Some(end) => sleep_until(end).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        // One who breaks off instead of ending is no failure: clients of this protocol do it all day long.
        _ = copy_bidirectional(&mut client, &mut backend) => Outcome::ANSWERED,
        () = clock.idle_for(idle) => Outcome::TUNNEL_IDLE,
        () = overdue => Refusal::BackendTimeout(Phase::Total).outcome(),
    }
}

/// When something came last, from whichever side.
#[derive(Debug)]
struct Clock {
    begun: Instant,
    /// Milliseconds after `begun`.
    last: AtomicU64,
}

impl Clock {
    fn came(&self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    /// Ends once nothing has come for so long.
    async fn idle_for(&self, limit: Duration) {
        loop {
            let last = self.begun + Duration::from_millis(self.last.load(Ordering::Relaxed));
            match last.checked_add(limit) {
                Some(deadline) if deadline <= Instant::now() => return,
                Some(deadline) => sleep_until(deadline).await,
                // A limit too far for the clock is no limit.
                None => std::future::pending().await,
            }
        }
    }
}

/// One side of a tunnel.
struct Watched<S> {
    stream: S,
    clock: Arc<Clock>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.clock.came();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The client's side of the tunnel that a request asks for; none if it asks for no other protocol. `h2c` doesn't count:
/// clients offer it without needing it, and RFC 9113 has withdrawn it.
pub(crate) fn asked(head: &mut Parts, body: &Body) -> Result<Option<Asked>, Refusal> {
    let asks = hop_by_hop::lists(&head.headers, &CONNECTION, "upgrade");
    let is_other = |value: &HeaderValue| !value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"h2c");
    if !asks || !head.headers.get_all(UPGRADE).iter().any(is_other) {
        return Ok(None);
    }
    // RFC 6455, section 4.1; a body would leave it open where the tunnel begins.
    let is_websocket = head.method == Method::GET
        && head.version == Version::HTTP_11
        && body.is_end_stream()
        && names_websocket(&head.headers);
    let is_current = single(&head.headers, &SEC_WEBSOCKET_VERSION).is_some_and(|value| value == "13");
    let key = single(&head.headers, &SEC_WEBSOCKET_KEY).filter(|_| is_websocket && is_current);
    let accept = key.map(|key| accept(key.as_bytes()));
    let asked = head.extensions.remove::<OnUpgrade>().zip(accept);
    asked.map(|(client, accept)| Some(Asked { client, accept })).ok_or(Refusal::UpgradeNotSupported)
}

/// The answer to a key (RFC 6455, section 4.2.2). SHA-1 keeps no secret here.
fn accept(key: &[u8]) -> String {
    STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key.trim_ascii(), ACCEPTING].concat()))
}

/// The value of a field that is there once.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut fields = headers.get_all(name).iter();
    fields.next().filter(|_| fields.next().is_none())
}

/// Whether a backend's 101 means what the gateway asked for.
pub(crate) fn is_agreed(headers: &HeaderMap) -> bool {
    hop_by_hop::lists(headers, &CONNECTION, "upgrade") && names_websocket(headers)
}

/// Says on one side of the gateway what was said on the other; the fields of the connection have been taken out before.
pub(crate) fn announce(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, WEBSOCKET);
}

/// `websocket` alone.
fn names_websocket(headers: &HeaderMap) -> bool {
    single(headers, &UPGRADE)
        .is_some_and(|value| value.as_bytes().trim_ascii().eq_ignore_ascii_case(WEBSOCKET.as_bytes()))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_key_is_accepted_as_the_standard_says() {
        assert_eq!(accept(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_may_not_be_there_any_more_is_noticed_within_a_second() {
        let begun = Instant::now();
        let stands = move || match begun.elapsed() < SECOND * 3 {
            true => Ok(()),
            false => Err(Refusal::ChannelSuspended),
        };
        assert!(matches!(withdrawn(&stands).await, Refusal::ChannelSuspended));
        assert!(begun.elapsed() < SECOND * 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_tunnel_stands_while_one_side_speaks_and_ends_when_both_are_silent() {
        let ((mut client, near), (mut backend, far)) = (duplex(64), duplex(64));
        let passing = tokio::spawn(pass(near, far, SECOND, None));
        let begun = Instant::now();
        for _ in 0..3 {
            tokio::time::sleep(SECOND * 3 / 4).await;
            client.write_all(b"still here").await.expect("it is read");
            let mut piece = [0; 10];
            backend.read_exact(&mut piece).await.expect("it comes");
        }
        assert_eq!(passing.await.expect("no panic"), Outcome::TUNNEL_IDLE);
        assert_eq!(begun.elapsed().as_secs(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_both_sides_have_and_when_its_time_is_up() {
        let ((client, near), (mut backend, far)) = (duplex(64), duplex(64));
        let passing = tokio::spawn(pass(near, far, SECOND, None));
        drop(client);
        let mut rest = Vec::new();
        backend.read_to_end(&mut rest).await.expect("the end comes");
        drop(backend);
        assert_eq!(passing.await.expect("no panic"), Outcome::ANSWERED);

        let ((_client, near), (_backend, far)) = (duplex(64), duplex(64));
        let outcome = pass(near, far, SECOND * 9, Some(Instant::now() + SECOND)).await;
        assert_eq!(outcome.code, "backend-timeout");
    }
}
