//! Accepts connections and serves HTTP/1.1 and HTTP/2 on them until told to stop; then lets calls in flight finish.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::first_bytes::FirstBytes;
use crate::config::Listen;

/// A pause after a failed accept: it fails again at once while the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often an HTTP/2 connection is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long it may take to answer.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// The bounds of a listener's connections.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How long the head of a request may take.
    pub header_timeout: Duration,
    /// How long calls in flight may go on at the end.
    pub drain_timeout: Duration,
    /// Connections at the same time.
    pub max_connections: usize,
}

impl From<&Listen> for Bounds {
    fn from(listen: &Listen) -> Self {
        Self {
            header_timeout: listen.header_timeout,
            drain_timeout: listen.drain_timeout,
            max_connections: listen.max_connections,
        }
    }
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every call in flight was finished.
    Drained,
    /// That many connections were still busy when the time was up, and were cut.
    Cut(usize),
}

/// Serves `router` on `listener` until `stop` is cancelled, then drains.
///
/// Handlers find the client's address as [`ConnectInfo`]. An IPv4 client of a dual-stack listener is shown as IPv4.
pub async fn serve(listener: TcpListener, router: Router, bounds: Bounds, stop: CancellationToken) -> Ended {
    let builder = Arc::new(builder(bounds));
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(bounds.max_connections.min(Semaphore::MAX_PERMITS)));
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        if let Some((stream, peer, place)) = accepted {
            let service = service(router.clone(), peer);
            let io = TokioIo::new(FirstBytes::new(stream, bounds.header_timeout));
            let connection = builder.serve_connection_with_upgrades(io, service).into_owned();
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "connection ended early");
                }
                drop(place);
            });
        }
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => Ended::Drained,
        () = tokio::time::sleep(bounds.drain_timeout) => {
            Ended::Cut(bounds.max_connections.saturating_sub(places.available_permits()))
        }
    }
}

fn builder(bounds: Bounds) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // Without a timer, hyper's timeouts are inert.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(bounds.header_timeout);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY can't be set");
            }
            Some((stream, SocketAddr::new(peer.ip().to_canonical(), peer.port()), place))
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
) -> impl hyper::service::Service<
    http::Request<Incoming>,
    Response = http::Response<Body>,
    Error = Infallible,
    Future = impl Future<Output = Result<http::Response<Body>, Infallible>> + Send + 'static,
> + Send
+ 'static {
    hyper::service::service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(Body::new))
    })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    use super::*;

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
        let server = tokio::spawn(serve(listener, router, bounds, stop.clone()));
        let client = TcpStream::connect(address).await.expect("it listens");
        Running { client, entered, leave, stop, server }
    }

    fn bounds(header_timeout: Duration, drain_timeout: Duration) -> Bounds {
        Bounds { header_timeout, drain_timeout, max_connections: 8 }
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
