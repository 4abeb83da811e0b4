//! The HTTP client that carries calls: connections, nothing else.
//!
//! No redirects, no decompression, no proxies from the environment: what the gateway decided on is what is sent.
//! hyper-util sends a request again only if a kept connection turned out closed before any byte of it was written.

use std::sync::Arc;

use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};

use crate::Settings;
use crate::address_guard::AddressGuard;
use crate::connector::GuardedConnector;
use crate::upload::Upload;

/// Keeps connections by scheme, host and port.
pub(crate) type BackendClient = Client<HttpsConnector<GuardedConnector>, Upload>;

/// A client for HTTP/1.1 over TCP and TLS; backends are trusted by the system's roots.
pub(crate) fn backend_client(settings: &Settings) -> Result<BackendClient, rustls::Error> {
    let tcp = GuardedConnector::new(AddressGuard::new(&settings.backends.allowed_networks));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls_config()?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(settings.pool.idle_timeout)
        .pool_max_idle_per_host(settings.pool.max_idle_per_backend)
        .build(connector))
}

fn tls_config() -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?;
    let config = match builder.clone().with_native_roots() {
        Ok(config) => config,
        Err(error) => {
            // A gateway whose backends all speak http must start on a system without roots, too.
            tracing::warn!(%error, "no trusted roots: backends can't be reached over https");
            builder.with_root_certificates(RootCertStore::empty())
        }
    };
    Ok(config.with_no_client_auth())
}
