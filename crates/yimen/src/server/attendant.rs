//! One client's connection: HTTP/1.1 behind the gate, or HTTP/2.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::Freshness;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use gateway::{Gateway, ShownCertificate};
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt;

use super::bounds::Bounds;
use super::gate::Gate;
use super::handover::Handover;
use super::refused::Refused;
use super::slow_reader::SlowReader;
use super::slow_stream::SlowStream;

/// How often an HTTP/2 connection is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long it may take to answer.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How many HTTP/2 streams a client may open and reset before they were looked at (CVE-2023-44487).
const MAX_PENDING_RESETS: usize = 20;
/// How many HTTP/2 streams a client may make us reset before the connection ends (CVE-2025-8671).
const MAX_OWN_RESETS: usize = 1024;

/// What answers calls, without a router's detour, and says how far behind the log it is.
#[derive(Debug, Clone)]
pub struct Calls {
    /// The data plane.
    pub gateway: Gateway,
    /// How far behind its routes may be.
    pub freshness: Freshness,
}

/// Attends to connections.
#[derive(Debug, Clone)]
pub struct Attendant {
    router: Router,
    calls: Option<Calls>,
    builder: Arc<Builder<TokioExecutor>>,
    bounds: Bounds,
}

impl Attendant {
    /// Lets `calls` answer calls and `router` everything else, within the bounds.
    pub fn new(router: Router, calls: Option<Calls>, bounds: Bounds) -> Self {
        Self { router, calls, builder: Arc::new(builder(&bounds)), bounds }
    }

    /// Serves the requests of one connection, and the tunnel that they may end in, until it ends; `watcher` tells when no
    /// further ones are wanted. `certificate` is the one that the client has shown.
    pub async fn attend<S>(
        self,
        stream: S,
        peer: SocketAddr,
        certificate: Option<ShownCertificate>,
        watcher: Watcher,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (refused, handover) = (Arc::new(Refused::default()), Arc::new(Handover::default()));
        let told = (Arc::clone(&refused), Arc::clone(&handover));
        let service = service(self.router, self.calls, (peer, certificate), told, self.bounds.stall_timeout);
        let stream = SlowReader::new(stream, self.bounds.stall_timeout);
        let gate = Gate::new(stream, self.bounds.head, self.bounds.patience, refused, Arc::clone(&handover));
        let io = TokioIo::new(gate);
        let connection = self.builder.serve_connection_with_upgrades(io, service).into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "connection ended early");
        }
        if let Some(tunnel) = handover.tunnel() {
            tunnel.run().await;
        }
    }
}

fn builder(bounds: &Bounds) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // Without a timer, hyper's timeouts are inert. Its one runs from the end of the last answer to the end of the next
    // head; the gate bounds the head by itself.
    let to_next_head = bounds.idle_timeout.saturating_add(bounds.patience.head);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(to_next_head)
        .max_headers(bounds.head.fields);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        .max_concurrent_streams(bounds.max_streams)
        .max_header_list_size(u32::try_from(bounds.head.head_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
        .max_local_error_reset_streams(MAX_OWN_RESETS);
    builder
}

fn service(
    router: Router,
    calls: Option<Calls>,
    (peer, certificate): (SocketAddr, Option<ShownCertificate>),
    (refused, handover): (Arc<Refused>, Arc<Handover>),
    stall_timeout: Duration,
) -> impl hyper::service::Service<
    http::Request<Incoming>,
    Response = http::Response<Body>,
    Error = Infallible,
    Future = impl Future<Output = Result<http::Response<Body>, Infallible>> + Send + 'static,
> + Send
+ 'static {
    hyper::service::service_fn(move |mut request: http::Request<Incoming>| {
        let answer = refused.answer(&request);
        request.extensions_mut().insert(ConnectInfo(peer));
        if let Some(certificate) = certificate {
            request.extensions_mut().insert(certificate);
        }
        // The router would only find the way again that every call goes.
        let calls = calls.as_ref().filter(|_| Gateway::takes(&request)).cloned();
        let router = router.clone();
        let is_stream = request.version() == http::Version::HTTP_2;
        let handover = Handover::is_asked_by(&request).then(|| Arc::clone(&handover));
        async move {
            if let Some(answer) = answer {
                return Ok(answer);
            }
            let request = request.map(Body::new);
            let mut response = match calls {
                Some(Calls { gateway, freshness }) => freshness.tell(gateway.answer(request)).await,
                None => router.oneshot(request).await?,
            };
            if let Some(handover) = handover {
                handover.decide(&mut response);
            }
            if is_stream && !response.body().is_end_stream() {
                return Ok(response.map(|body| Body::new(SlowStream::watch(body, stall_timeout))));
            }
            Ok(response)
        }
    })
}
