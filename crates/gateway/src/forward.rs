//! One request to a backend, and whose fault it is when no response comes.

use std::error::Error;
use std::io;
use std::pin::pin;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::capture_connection;
use tokio::time::timeout;

use crate::address_guard::AddressRefused;
use crate::client::BackendClient;
use crate::refusal::{Phase, Refusal};
use crate::upload::{Upload, UploadProgress};
use crate::{Timeouts, UpstreamTimeouts};

impl Timeouts {
    /// These, except where the backend has its own.
    pub(crate) fn overridden_by(self, own: UpstreamTimeouts) -> Self {
        Self {
            connect: own.connect.unwrap_or(self.connect),
            first_byte: own.first_byte.unwrap_or(self.first_byte),
            idle: own.idle.unwrap_or(self.idle),
        }
    }
}

/// Sends the request and waits for the head of the response. Dropping the future ends the request.
pub(crate) async fn forward(
    client: &BackendClient,
    mut request: Request<Upload>,
    limits: Timeouts,
) -> Result<Response<Incoming>, Refusal> {
    let progress = request.body().progress();
    let connection = capture_connection(&mut request);
    let mut response = pin!(client.request(request));
    let overdue = async {
        if !stands_within(limits.connect, connection).await {
            return Phase::Connect;
        }
        progress.connected();
        progress.backend_overdue(limits.first_byte).await;
        Phase::FirstByte
    };
    let response = tokio::select! {
        biased;
        outcome = &mut response => outcome.map_err(|error| blame(&error, &progress))?,
        phase = overdue => return Err(Refusal::BackendTimeout(phase)),
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        // Nobody asked for it, and what follows on the connection isn't HTTP any more.
        return Err(Refusal::BackendBrokeOff);
    }
    Ok(response)
}

async fn stands_within(limit: Duration, mut connection: legacy::connect::CaptureConnection) -> bool {
    timeout(limit, connection.wait_for_connection_metadata()).await.is_ok()
}

fn blame(error: &legacy::Error, progress: &UploadProgress) -> Refusal {
    if let Some(fault) = progress.fault() {
        return Refusal::Upload(fault);
    }
    tracing::warn!(error = error as &dyn Error, "a backend gave no response");
    if !error.is_connect() {
        Refusal::BackendBrokeOff
    } else if causes(error).any(|cause| cause.is::<AddressRefused>()) {
        Refusal::BackendAddressRefused
    } else if timed_out(error) {
        Refusal::BackendTimeout(Phase::Connect)
    } else {
        Refusal::BackendUnreachable
    }
}

/// Whether the operating system itself gave up waiting.
fn timed_out(error: &legacy::Error) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::TimedOut)
}

fn causes(error: &legacy::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source())
}
