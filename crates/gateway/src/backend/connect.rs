//! A new connection to a server: TCP, TLS where it asks for it, and the version of HTTP that both speak.

use std::collections::BTreeSet;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use metrics::counter;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::address_guard::{AddressGuard, AddressRefused};
use super::connection::Connection;
use super::tcp::Tcp;
use super::{BackendSettings, Origin, PoolSettings, TlsError, tls};
use crate::upload::Upload;

/// How much of one response may wait for its client on an HTTP/2 connection, in bytes.
const STREAM_WINDOW: u32 = 128 * 1024;
/// RFC 9113, section 6.9.1.
const MAX_WINDOW: u32 = (1 << 31) - 1;
/// How often an HTTP/2 connection with calls on it is asked whether it stands.
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// How long it has for the answer before it counts as dead.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// Connects to any server.
#[derive(Clone)]
pub(crate) struct Connector {
    tcp: Tcp,
    tls: TlsConnector,
    /// The same without the offer of HTTP/2.
    tls_http1: TlsConnector,
    http2_prior_knowledge: BTreeSet<String>,
    max_head_bytes: u32,
    http2_connection_window: u32,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("tcp", &self.tcp).finish_non_exhaustive()
    }
}

/// What may be spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaking {
    /// The better version of HTTP that both speak.
    Either,
    /// HTTP/1.1, in which protocols are switched.
    Http1,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectFailure {
    /// It is where no backend may be.
    #[error("the backend's address is refused")]
    AddressRefused(#[source] BoxError),
    /// It didn't stand in time.
    #[error("the connection did not stand in time")]
    TimedOut,
    /// Nobody is there, or not who should be.
    #[error("the backend can't be reached")]
    Unreachable(#[source] BoxError),
}

type BoxError = Box<dyn Error + Send + Sync>;

impl Connector {
    pub(crate) fn new(settings: &BackendSettings, pool: &PoolSettings) -> Result<Self, TlsError> {
        let streams = u32::try_from(pool.max_streams_per_connection).unwrap_or(u32::MAX);
        let config = tls::client_config(settings)?;
        let mut http1 = config.clone();
        http1.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            tcp: Tcp::new(AddressGuard::new(&settings.allowed_networks)),
            tls: TlsConnector::from(Arc::new(config)),
            tls_http1: TlsConnector::from(Arc::new(http1)),
            http2_prior_knowledge: settings
                .http2_prior_knowledge
                .iter()
                .map(|server| server.to_ascii_lowercase())
                .collect(),
            max_head_bytes: settings.max_response_head_bytes,
            http2_connection_window: STREAM_WINDOW.saturating_mul(streams).min(MAX_WINDOW),
        })
    }

    /// A connection that stands within `limit`, ready for a request.
    pub(crate) async fn connect(
        &self,
        origin: &Origin,
        limit: Duration,
        speaking: Speaking,
    ) -> Result<Connection, ConnectFailure> {
        let outcome = match timeout(limit, self.open(origin, limit, speaking)).await {
            Ok(outcome) => outcome.map_err(ConnectFailure::of),
            Err(_) => Err(ConnectFailure::TimedOut),
        };
        let result = if outcome.is_ok() { "opened" } else { "failed" };
        counter!("yimen_backend_connections_total", "result" => result).increment(1);
        outcome
    }

    async fn open(
        &self,
        origin: &Origin,
        limit: Duration,
        speaking: Speaking,
    ) -> Result<Connection, BoxError> {
        let stream = self.tcp.connect(origin, limit).await?;
        if !origin.is_tls() {
            let knows = || self.http2_prior_knowledge.contains(&origin.server());
            return if speaking == Speaking::Either && knows() {
                self.http2(stream).await
            } else {
                self.http1(stream).await
            };
        }
        let name = ServerName::try_from(origin.host())?.to_owned();
        let tls = match speaking {
            Speaking::Either => &self.tls,
            Speaking::Http1 => &self.tls_http1,
        };
        let stream = tls.connect(name, stream).await?;
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            self.http2(stream).await
        } else {
            self.http1(stream).await
        }
    }

    async fn http1<S>(&self, stream: S) -> Result<Connection, BoxError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http1::Builder::new();
        builder.max_header_size(usize::try_from(self.max_head_bytes)?);
        let (sender, driver) = builder.handshake::<_, Upload>(TokioIo::new(stream)).await?;
        drive(driver.with_upgrades());
        Ok(Connection::http1(sender))
    }

    async fn http2<S>(&self, stream: S) -> Result<Connection, BoxError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_header_list_size(self.max_head_bytes)
            // Room for every call's share: a client that stops reading holds up nobody else's call.
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(self.http2_connection_window)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT);
        let (sender, driver) = builder.handshake::<_, Upload>(TokioIo::new(stream)).await?;
        drive(driver);
        Ok(Connection::http2(sender))
    }
}

/// Moves the bytes of a connection until it ends. What goes wrong is told to the calls on it.
fn drive(driver: impl Future<Output = hyper::Result<()>> + Send + 'static) {
    tokio::spawn(async move {
        if let Err(error) = driver.await {
            tracing::debug!(%error, "a connection to a backend ended");
        }
    });
}

impl ConnectFailure {
    fn of(error: BoxError) -> Self {
        let first: &(dyn Error + 'static) = error.as_ref();
        let causes =
            || std::iter::successors(Some(first), |cause: &&(dyn Error + 'static)| (*cause).source());
        let timed_out = |cause: &(dyn Error + 'static)| {
            cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
        };
        if causes().any(|cause| cause.is::<AddressRefused>()) {
            Self::AddressRefused(error)
        } else if causes().any(timed_out) {
            // The operating system itself gave up waiting.
            Self::TimedOut
        } else {
            Self::Unreachable(error)
        }
    }
}
