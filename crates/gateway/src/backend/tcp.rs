//! TCP connections to backends, to allowed addresses only.
//!
//! A name is resolved here, once for a connection, and what is left of its addresses is what is connected to: nobody
//! can answer the check with one address and the connection with another.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tokio::net::TcpStream;
use tower::Service;

use super::Origin;
use super::address_guard::AddressGuard;

type BoxError = Box<dyn Error + Send + Sync>;

/// Connects by TCP, the way of RFC 8305 where a name has addresses of both families.
#[derive(Debug, Clone)]
pub(crate) struct Tcp {
    guard: AddressGuard,
    connector: HttpConnector<GuardedResolver>,
}

impl Tcp {
    pub(crate) fn new(guard: AddressGuard) -> Self {
        let mut connector = HttpConnector::new_with_resolver(GuardedResolver { guard: guard.clone() });
        connector.set_nodelay(true);
        connector.enforce_http(false);
        Self { guard, connector }
    }

    /// A connection to the first of the server's addresses that answers; those of a family share `limit` equally, so
    /// that a silent one leaves time for the next.
    pub(crate) async fn connect(&self, origin: &Origin, limit: Duration) -> Result<TcpStream, BoxError> {
        // The connector asks no resolver for a literal address.
        if let Ok(address) = origin.host().parse::<IpAddr>() {
            self.guard.check(address)?;
        }
        let mut connector = self.connector.clone();
        connector.set_connect_timeout(Some(limit));
        let stream = connector.call(origin.uri(None)?).await?;
        Ok(stream.into_inner())
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
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

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
