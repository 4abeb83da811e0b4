//! Fetching an issuer's JWK Set from a file or an address, within bounds.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Client, StatusCode, redirect};
use serde_json::Value;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use url::Url;

use crate::JwksSource;
use crate::key_set::KeySet;

/// The largest document that is read, in bytes.
const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

/// Why an issuer's keys couldn't be read.
#[derive(Debug, thiserror::Error)]
pub enum KeyDocumentError {
    /// The file can't be read.
    #[error("the file can't be read")]
    File(#[source] io::Error),
    /// The address doesn't answer, or not in time.
    #[error("the address can't be reached")]
    Address(#[source] reqwest::Error),
    /// The address answers with something else than 200; redirects are not followed.
    #[error("the address answers with status {0}")]
    Status(u16),
    /// The document is larger than 256 KiB.
    #[error("the document is too large")]
    TooLarge,
    /// The document is not a JWK Set (RFC 7517).
    #[error("the document is not a JWK Set")]
    NotKeys,
}

/// Where one issuer's keys come from, with the means to get them.
#[derive(Debug)]
pub(crate) enum KeyDocument {
    File(PathBuf),
    Url(Url, Client),
}

impl KeyDocument {
    pub(crate) fn new(source: &JwksSource, timeout: Duration) -> Result<Self, reqwest::Error> {
        Ok(match source {
            JwksSource::File(path) => Self::File(path.clone()),
            JwksSource::Url(url) => Self::Url(url.clone(), client(url, timeout)?),
        })
    }

    pub(crate) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    pub(crate) async fn fetch(&self) -> Result<KeySet, KeyDocumentError> {
        let bytes = match self {
            Self::File(path) => read_file(path).await?,
            Self::Url(url, client) => get(client, url).await?,
        };
        let document: Value = serde_json::from_slice(&bytes).map_err(|_| KeyDocumentError::NotKeys)?;
        KeySet::from_document(&document).ok_or(KeyDocumentError::NotKeys)
    }
}

async fn read_file(path: &Path) -> Result<Vec<u8>, KeyDocumentError> {
    let file = File::open(path).await.map_err(KeyDocumentError::File)?;
    let mut bytes = Vec::new();
    file.take(MAX_DOCUMENT_BYTES as u64 + 1).read_to_end(&mut bytes).await.map_err(KeyDocumentError::File)?;
    if bytes.len() > MAX_DOCUMENT_BYTES { Err(KeyDocumentError::TooLarge) } else { Ok(bytes) }
}

async fn get(client: &Client, url: &Url) -> Result<Vec<u8>, KeyDocumentError> {
    let request = client.get(url.clone()).header(ACCEPT, "application/jwk-set+json, application/json");
    let mut response = request.send().await.map_err(KeyDocumentError::Address)?;
    if response.status() != StatusCode::OK {
        return Err(KeyDocumentError::Status(response.status().as_u16()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(KeyDocumentError::Address)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return Err(KeyDocumentError::TooLarge);
        }
    }
    Ok(bytes)
}

/// A client that goes where it is told and nowhere else: no redirects, no proxy from the environment.
fn client(url: &Url, timeout: Duration) -> Result<Client, reqwest::Error> {
    let builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(timeout)
        .timeout(timeout)
        .user_agent(concat!("yimen/", env!("CARGO_PKG_VERSION")));
    // A loopback address needs no certificates, and a small container has none to load.
    if url.scheme() == "http" { builder.tls_certs_only([]).build() } else { builder.build() }
}
