//! How a provider is asked: within bounds, and nobody else but the one who was named.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use url::{Host, Url};

/// Why a provider gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The address doesn't answer, or not in time.
    #[error("the address can't be reached")]
    Address(#[source] reqwest::Error),
    /// The address answers with something else than 200; redirects are not followed.
    #[error("the address answers with status {0}")]
    Status(u16),
    /// The answer is larger than is read.
    #[error("the answer is too large")]
    TooLarge,
}

/// A client for `url` that goes where it is told and nowhere else: no redirects, no proxy from the environment.
pub(crate) fn client(url: &Url, timeout: Duration) -> Result<Client, reqwest::Error> {
    let builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(timeout)
        .timeout(timeout)
        .user_agent(concat!("yimen/", env!("CARGO_PKG_VERSION")));
    // A loopback address needs no certificates, and a small container has none to load.
    if url.scheme() == "http" { builder.tls_certs_only([]).build() } else { builder.build() }
}

/// The body of the answer, if its status is 200 and it has at most `max_bytes`.
pub(crate) async fn ask(request: RequestBuilder, max_bytes: usize) -> Result<Vec<u8>, ProviderError> {
    let mut response = request.send().await.map_err(ProviderError::Address)?;
    if response.status() != StatusCode::OK {
        return Err(ProviderError::Status(response.status().as_u16()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(ProviderError::Address)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > max_bytes {
            return Err(ProviderError::TooLarge);
        }
    }
    Ok(bytes)
}

/// Whether nobody on the way can change or read what is said: `https`, or `http` on a loopback host.
pub(crate) fn is_trustworthy(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        },
        _ => false,
    }
}
