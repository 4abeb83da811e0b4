//! Accepts connections and serves HTTP/1.1 and HTTP/2 on them until told to stop; then lets calls in flight finish.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::FutureExt;
use gateway::ShownCertificate;
use hyper_util::server::graceful::GracefulShutdown;
use identity::Thumbprint;
use rustls::{ServerConfig, ServerConnection};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::attendant::{Attendant, Calls};
use super::bounds::Bounds;
use super::places::{Place, Places};
use super::workers::Workers;

/// A pause after a failed accept: it fails again at once while the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long after the signal to stop idle connections are kept: one that was accepted a moment before is about to bring
/// its first request, and would lose it.
const FIRST_REQUEST: Duration = Duration::from_millis(100);
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
    /// What answers calls, without a router's detour; without it, the router does.
    pub calls: Option<Calls>,
    /// What answers everything else.
    pub router: Router,
    /// What a client may take.
    pub bounds: Bounds,
    /// How TLS is accepted; without it, clients speak in the clear.
    pub tls: Option<Arc<ServerConfig>>,
    /// Who attends to connections; without them, the runtime that serves.
    pub workers: Option<Workers>,
}

/// Serves `front` on `listener` until `stop` is cancelled, then drains.
///
/// Handlers find the client's address as [`axum::extract::ConnectInfo`]. An IPv4 client of a dual-stack listener is shown as IPv4.
pub async fn serve(listener: TcpListener, front: Front, stop: CancellationToken) -> Ended {
    let Front { calls, router, bounds, tls, workers } = front;
    let tls = tls.map(TlsAcceptor::from);
    let patience = bounds.patience.head;
    let attendant = Attendant::new(router, calls, bounds.clone());
    let graceful = GracefulShutdown::new();
    let places = Places::new(&bounds);
    let start = |(stream, peer, place): (TcpStream, SocketAddr, Place)| {
        let (attendant, watcher) = (attendant.clone(), graceful.watcher());
        // A tunnel goes on when its connection's last request is answered.
        let standing = graceful.watcher();
        let tls = tls.clone();
        let attended = async move |stream: TcpStream| {
            match tls {
                None => attendant.attend(stream, peer, None, watcher).await,
                Some(tls) => match timeout(patience, tls.accept(stream)).await {
                    Ok(Ok(stream)) => {
                        let shown = shown(stream.get_ref().1);
                        attendant.attend(stream, peer, shown, watcher).await;
                    }
                    Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
                    Err(_) => {}
                },
            }
            drop((place, standing));
        };
        match &workers {
            None => drop(tokio::spawn(async move { attended(stream).await })),
            Some(workers) => match stream.into_std() {
                Ok(stream) => workers.attend(async move {
                    // From here on it wakes its worker only.
                    match TcpStream::from_std(stream) {
                        Ok(stream) => attended(stream).await,
                        Err(error) => tracing::warn!(%error, "a connection can't be taken over"),
                    }
                }),
                Err(error) => tracing::warn!(%error, "a connection can't be handed over"),
            },
        }
    };
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        accepted.into_iter().for_each(&start);
    }
    let end = Instant::now() + bounds.drain_timeout;
    // Whoever stands in the system's queue has been told that somebody listens. Yielding lets the runtime look there.
    tokio::task::yield_now().await;
    while let Some(accepted) = accept(&listener, &places).now_or_never() {
        accepted.into_iter().for_each(&start);
        tokio::task::yield_now().await;
    }
    drop(listener);
    sleep_until(end.min(Instant::now() + FIRST_REQUEST)).await;
    tokio::select! {
        () = graceful.shutdown() => Ended::Drained,
        () = sleep_until(end) => Ended::Cut(places.taken()),
    }
}

/// The client's own certificate, if it has shown one; what comes after it in the chain says nothing about the client.
fn shown(connection: &ServerConnection) -> Option<ShownCertificate> {
    let certificate = connection.peer_certificates()?.first()?;
    Some(ShownCertificate(Thumbprint::of_certificate(certificate)))
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
    use std::num::NonZeroUsize;

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
        let workers = Workers::start(NonZeroUsize::MIN).expect("it starts");
        let server = tokio::spawn(serve(
            listener,
            Front { calls: None, router, bounds, tls: None, workers: Some(workers) },
            stop.clone(),
        ));
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
