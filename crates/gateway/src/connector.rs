//! Connections to backends, to allowed addresses only.
//!
//! A name is resolved here, once for a connection, and what is left of its addresses is what is connected to: nobody
//! can answer the check with one address and the connection with another.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

use crate::address_guard::{AddressGuard, AddressRefused};

/// Connects by TCP, the way of RFC 8305 where a name has addresses of both families.
#[derive(Debug, Clone)]
pub(crate) struct GuardedConnector {
    guard: AddressGuard,
    tcp: HttpConnector<GuardedResolver>,
}

impl GuardedConnector {
    pub(crate) fn new(guard: AddressGuard) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(GuardedResolver { guard: guard.clone() });
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        Self { guard, tcp }
    }

    /// The connector underneath asks no resolver for a literal address.
    fn check_literal(&self, uri: &Uri) -> Result<(), AddressRefused> {
        let host = uri.host().unwrap_or_default();
        let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        literal.parse::<IpAddr>().map_or(Ok(()), |address| self.guard.check(address))
    }
}

type BoxError = Box<dyn Error + Send + Sync>;
type BoxFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl Service<Uri> for GuardedConnector {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = BoxFuture<Self::Response, BoxError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let checked = self.check_literal(&uri);
        let connecting = self.tcp.call(uri);
        Box::pin(async move {
            checked?;
            Ok(connecting.await?)
        })
    }
}

/// The system's resolver, without the addresses that may not be connected to.
#[derive(Debug, Clone)]
struct GuardedResolver {
    guard: AddressGuard,
}

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = BoxFuture<Self::Response, BoxError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let guard = self.guard.clone();
        Box::pin(async move {
            let mut allowed = Vec::new();
            let mut refused = None;
            for address in GaiResolver::new().call(name).await? {
                match guard.check(address.ip()) {
                    Ok(()) => allowed.push(address),
                    Err(refusal) => refused = Some(refusal),
                }
            }
            match refused {
                Some(refusal) if allowed.is_empty() => Err(refusal.into()),
                Some(_) | None => Ok(allowed.into_iter()),
            }
        })
    }
}
