//! One request to a backend, and whose fault it is when no response comes.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body::Body;
use hyper::body::Incoming;
use metrics::counter;
use tokio::time::{Instant, timeout_at};

use crate::backend::{
    Backend, ConnectFailure, Lease, check_framing, is_repeatable, is_untouched, may_be_stale,
};
use crate::refusal::{Phase, Refusal};
use crate::upload::{Upload, UploadFault, UploadProgress};
use crate::{Timeouts, UpstreamTimeouts, tunnel};

/// What the backend is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A response.
    Answer,
    /// A tunnel, over an HTTP/1.1 connection that is nobody else's. Any other response will do, too.
    Tunnel,
}

/// How long this call may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connect: Duration,
    pub(crate) first_byte: Duration,
    pub(crate) idle: Duration,
    /// When all of it has to be over.
    pub(crate) end: Option<Instant>,
}

impl Limits {
    /// The gateway's, except where the backend has its own; the call begins now.
    pub(crate) fn of(general: Timeouts, own: UpstreamTimeouts) -> Self {
        Self {
            connect: own.connect.unwrap_or(general.connect),
            first_byte: own.first_byte.unwrap_or(general.first_byte),
            idle: own.idle.unwrap_or(general.idle),
            end: general.total.and_then(|total| Instant::now().checked_add(total)),
        }
    }
}

/// Sends the request, whose URI is a path and a query, and waits for the head of the response. Dropping the future
/// ends the request.
pub(crate) async fn forward(
    backend: &Arc<Backend>,
    request: Request<Upload>,
    limits: Limits,
    wish: Wish,
) -> Result<(Response<Incoming>, Lease), Refusal> {
    let progress = request.body().progress();
    let answer = answer(backend, request, limits, wish, &progress);
    match limits.end {
        None => answer.await,
        Some(end) => timeout_at(end, answer).await.unwrap_or_else(|_| Err(overdue(&progress))),
    }
}

/// Whose fault it is that the time for the whole call is up.
fn overdue(progress: &UploadProgress) -> Refusal {
    if progress.waits_for_client() {
        Refusal::Upload(UploadFault::ClientIdle)
    } else {
        Refusal::BackendTimeout(Phase::Total)
    }
}

async fn answer(
    backend: &Arc<Backend>,
    request: Request<Upload>,
    limits: Limits,
    wish: Wish,
    progress: &UploadProgress,
) -> Result<(Response<Incoming>, Lease), Refusal> {
    let place = backend.places.take().await.map_err(|_| Refusal::BackendBusy)?;
    let taken = match wish {
        Wish::Answer => Lease::take(backend, place, limits.connect).await,
        Wish::Tunnel => Lease::take_http1(backend, place, limits.connect).await,
    };
    let mut lease = taken.map_err(unconnected)?;
    progress.connected();
    let response = tokio::select! {
        biased;
        outcome = exchange(backend, &mut lease, request, limits, progress) => outcome?,
        () = progress.backend_overdue(limits.first_byte) => {
            lease.distrust();
            return Err(Refusal::BackendTimeout(Phase::FirstByte));
        }
    };
    check(&response, wish)?;
    Ok((response, lease))
}

/// Sends the request, and sends it again where that can do no harm; see [`crate::backend`] for when that is.
async fn exchange(
    backend: &Backend,
    lease: &mut Lease,
    mut request: Request<Upload>,
    limits: Limits,
    progress: &UploadProgress,
) -> Result<Response<Incoming>, Refusal> {
    backend.retries.earn();
    let mut was_untouched = false;
    loop {
        let is_repeatable = lease.is_kept() && is_repeatable(&request);
        let may_be_untouched = !was_untouched && lease.is_http2() && request.body().is_end_stream();
        let copy = (is_repeatable || may_be_untouched).then(|| copy(&request));
        let mut failure = match lease.send(request).await {
            Ok(response) => return Ok(response),
            Err(failure) => failure,
        };
        let unsent = failure.take_message().filter(|_| lease.is_kept());
        let kept_will_do = unsent.is_some();
        request = if let Some(unsent) = unsent {
            unsent
        } else if let Some(copy) = copy
            && sends_again(failure.error(), is_repeatable, &mut was_untouched)
            && backend.retries.spend()
        {
            counter!("yimen_backend_retries_total").increment(1);
            copy
        } else {
            return Err(blame(failure.error(), progress));
        };
        lease.replace(kept_will_do, limits.connect).await.map_err(unconnected)?;
    }
}

/// Whether a request may be sent again that was sent once; because its server has not touched it, only once.
fn sends_again(error: &hyper::Error, is_repeatable: bool, was_untouched: &mut bool) -> bool {
    let is_untouched = !*was_untouched && is_untouched(error);
    *was_untouched |= is_untouched;
    is_untouched || (is_repeatable && may_be_stale(error))
}

/// The same request, of which the body is empty.
fn copy(request: &Request<Upload>) -> Request<Upload> {
    let mut copy = Request::new(request.body().empty_again());
    request.method().clone_into(copy.method_mut());
    request.uri().clone_into(copy.uri_mut());
    request.headers().clone_into(copy.headers_mut());
    copy
}

/// Refuses what looks like a response and isn't one to the request.
fn check(response: &Response<Incoming>, wish: Wish) -> Result<(), Refusal> {
    let switches = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    if switches && !(wish == Wish::Tunnel && tunnel::is_agreed(response.headers())) {
        // Nobody asked for it, and what follows on the connection isn't HTTP any more.
        return Err(Refusal::BackendBrokeOff);
    }
    check_framing(response.headers()).map_err(|error| {
        tracing::warn!(%error, "a backend's response can be read in more than one way");
        Refusal::BackendBrokeOff
    })?;
    Ok(())
}

fn unconnected(failure: ConnectFailure) -> Refusal {
    tracing::warn!(error = &failure as &dyn Error, "no connection to a backend");
    match failure {
        ConnectFailure::AddressRefused(_) => Refusal::BackendAddressRefused,
        ConnectFailure::TimedOut => Refusal::BackendTimeout(Phase::Connect),
        ConnectFailure::Unreachable(_) => Refusal::BackendUnreachable,
    }
}

fn blame(error: &hyper::Error, progress: &UploadProgress) -> Refusal {
    if let Some(fault) = progress.fault() {
        return Refusal::Upload(fault);
    }
    tracing::warn!(error = error as &dyn Error, "a backend gave no response");
    Refusal::BackendBrokeOff
}
