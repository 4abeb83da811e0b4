//! One request to a backend, and whose fault it is when no response comes.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use metrics::counter;
use tokio::time::{Instant, timeout_at};

use crate::backend::{Backend, ConnectFailure, Lease, check_framing, is_repeatable, may_be_stale};
use crate::refusal::{Phase, Refusal};
use crate::upload::{Upload, UploadFault, UploadProgress};
use crate::{Timeouts, UpstreamTimeouts};

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
) -> Result<(Response<Incoming>, Lease), Refusal> {
    let progress = request.body().progress();
    let answer = answer(backend, request, limits, &progress);
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
    progress: &UploadProgress,
) -> Result<(Response<Incoming>, Lease), Refusal> {
    let place = backend.places.take().await.map_err(|_| Refusal::BackendBusy)?;
    let mut lease = Lease::take(backend, place, limits.connect).await.map_err(unconnected)?;
    progress.connected();
    let response = tokio::select! {
        biased;
        outcome = exchange(backend, &mut lease, request, limits, progress) => outcome?,
        () = progress.backend_overdue(limits.first_byte) => {
            lease.distrust();
            return Err(Refusal::BackendTimeout(Phase::FirstByte));
        }
    };
    check(&response)?;
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
    loop {
        let copy = (lease.is_kept() && is_repeatable(&request)).then(|| copy(&request));
        let mut failure = match lease.send(request).await {
            Ok(response) => return Ok(response),
            Err(failure) => failure,
        };
        let unsent = failure.take_message().filter(|_| lease.is_kept());
        let kept_will_do = unsent.is_some();
        request = if let Some(unsent) = unsent {
            unsent
        } else if let Some(copy) = copy
            && may_be_stale(failure.error())
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

/// The same request, of which the body is empty.
fn copy(request: &Request<Upload>) -> Request<Upload> {
    let mut copy = Request::new(request.body().empty_again());
    request.method().clone_into(copy.method_mut());
    request.uri().clone_into(copy.uri_mut());
    request.headers().clone_into(copy.headers_mut());
    copy
}

/// Refuses what looks like a response and isn't one to the request.
fn check(response: &Response<Incoming>) -> Result<(), Refusal> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
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
