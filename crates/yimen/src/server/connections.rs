//! Accepts connections and serves HTTP/1.1 and HTTP/2 on them until told to stop; then lets calls in flight finish.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::bounds::Bounds;
use super::gate::Gate;
use super::places::{Place, Places};
use super::refused::Refused;
use super::slow_reader::SlowReader;
use super::slow_stream::SlowStream;

/// A pause after a failed accept: it fails again at once while the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often an HTTP/2 connection is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long it may take to answer.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How many HTTP/2 streams a client may open and reset before they were looked at (CVE-2023-44487).
const MAX_PENDING_RESETS: usize = 20;
/// How many HTTP/2 streams a client may make us reset before the connection ends (CVE-2025-8671).
const MAX_OWN_RESETS: usize = 1024;

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every call in flight was finished.
    Drained,
    /// That many connections were still busy when the time was up, and were cut.
    Cut(usize),
}

/// What a listener serves, and how.
#[derive(Debug)]
pub struct Front {
    /// What answers.
    pub router: Router,
    /// What a client may take.
    pub bounds: Bounds,
    /// How TLS is accepted; without it, clients speak in the clear.
    pub tls: Option<Arc<ServerConfig>>,
}

/// Serves `front` on `listener` until `stop` is cancelled, then drains.
///
/// Handlers find the client's address as [`ConnectInfo`]. An IPv4 client of a dual-stack listener is shown as IPv4.
pub async fn serve(listener: TcpListener, front: Front, stop: CancellationToken) -> Ended {
    let Front { router, bounds, tls } = front;
    let tls = tls.map(TlsAcceptor::from);
    let attendant = Attendant { router, builder: Arc::new(builder(&bounds)), bounds: bounds.clone() };
    let graceful = GracefulShutdown::new();
    let places = Places::new(&bounds);
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        if let Some((stream, peer, place)) = accepted {
            let (attendant, watcher) = (attendant.clone(), graceful.watcher());
            let (tls, stop) = (tls.clone(), stop.clone());
            tokio::spawn(async move {
                match tls {
                    None => attendant.attend(stream, peer, watcher).await,
                    Some(tls) => {
                        let shaken = stop.run_until_cancelled(tls.accept(stream));
                        match timeout(attendant.bounds.patience.head, shaken).await {
                            Ok(Some(Ok(stream))) => attendant.attend(stream, peer, watcher).await,
                            Ok(Some(Err(error))) => tracing::debug!(%error, "no TLS"),
                            Ok(None) | Err(_) => {}
                        }
                    }
                }
                drop(place);
            });
        }
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => Ended::Drained,
        () = tokio::time::sleep(bounds.drain_timeout) => Ended::Cut(places.taken()),
    }
}

/// Attends to connections.
#[derive(Debug, Clone)]
struct Attendant {
    router: Router,
    builder: Arc<Builder<TokioExecutor>>,
    bounds: Bounds,
}

impl Attendant {
    async fn attend<S>(self, stream: S, peer: SocketAddr, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let refused = Arc::new(Refused::default());
        let service = service(self.router, peer, Arc::clone(&refused), self.bounds.stall_timeout);
        let stream = SlowReader::new(stream, self.bounds.stall_timeout);
        let io = TokioIo::new(Gate::new(stream, self.bounds.head, self.bounds.patience, refused));
        let connection = self.builder.serve_connection_with_upgrades(io, service).into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "connection ended early");
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

async fn accept(listener: &TcpListener, places: &Places) -> Option<(TcpStream, SocketAddr, Place)> {
    let free = places.free().await?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
            let place = places.give(free, peer.ip());
            if place.is_none() {
                metrics::counter!("yimen_connections_refused_total").increment(1);
            }
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY can't be set");
            }
            place.map(|place| (stream, peer, place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection can't be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

fn service(
    router: Router,
    peer: SocketAddr,
    refused: Arc<Refused>,
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
        let router = router.clone();
        let is_stream = request.version() == http::Version::HTTP_2;
        async move {
            if let Some(answer) = answer {
                return Ok(answer);
            }
            let response = router.oneshot(request.map(Body::new)).await?;
            if is_stream && !response.body().is_end_stream() {
                return Ok(response.map(|body| Body::new(SlowStream::watch(body, stall_timeout))));
            }
            Ok(response)
        }
    })
}

/// Describes the metric to the recorder that is installed.
pub fn describe_metrics() {
    metrics::describe_counter!(
        "yimen_connections_refused_total",
        "Connections that were closed at once, for their client had all that one may have"
    );
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::config::Listen;
    use crate::server::gate::Patience;

    struct Running {
        client: TcpStream,
        entered: Arc<Notify>,
        leave: Arc<Notify>,
        stop: CancellationToken,
        server: JoinHandle<Ended>,
    }

    /// A server whose one handler says that it was entered, and waits to be let go; and a client of it.
    async fn start(bounds: Bounds) -> Running {
        let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let handler = {
            let (entered, leave) = (Arc::clone(&entered), Arc::clone(&leave));
            async move || {
                entered.notify_one();
                leave.notified().await;
                "done"
            }
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let stop = CancellationToken::new();
        let router = Router::new().route("/", get(handler));
        let server = tokio::spawn(serve(listener, Front { router, bounds, tls: None }, stop.clone()));
        let client = TcpStream::connect(address).await.expect("it listens");
        Running { client, entered, leave, stop, server }
    }

    fn bounds(header_timeout: Duration, drain_timeout: Duration) -> Bounds {
        Bounds {
            patience: Patience { head: header_timeout, body: LONG },
            drain_timeout,
            max_connections: 8,
            ..Bounds::from(&Listen::default())
        }
    }

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_call_in_flight_finishes_after_the_signal_to_stop() {
        let Running { mut client, entered, leave, stop, server } = start(bounds(LONG, LONG)).await;
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
        entered.notified().await;
        stop.cancel();
        leave.notify_one();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("the connection is closed afterwards");
        assert!(answer.ends_with("done"), "{answer}");
        assert_eq!(server.await.expect("no panic"), Ended::Drained);
    }

    #[tokio::test]
    async fn a_call_that_never_ends_is_cut() {
        let Running { mut client, entered, stop, server, .. } = start(bounds(LONG, SHORT)).await;
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
        entered.notified().await;
        stop.cancel();
        assert_eq!(server.await.expect("no panic"), Ended::Cut(1));
    }

    #[tokio::test]
    async fn silence_and_half_a_head_end_a_connection() {
        for sent in [&b""[..], b"GET / HT", b"PRI * HTTP/2.0\r\n"] {
            let Running { mut client, .. } = start(bounds(SHORT, SHORT)).await;
            client.write_all(sent).await.expect("sent");
            let mut answer = Vec::new();
            // Either closed or reset; what matters is that it ends.
            let ended = tokio::time::timeout(LONG, client.read_to_end(&mut answer)).await;
            assert!(ended.is_ok(), "{sent:?}");
        }
    }
}
