//! Fetching an issuer's JWK Set from a file or an address, within bounds.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Client;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use serde_json::Value;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use url::Url;

use crate::key_set::KeySet;
use crate::provider_client::{self, ProviderError, is_trustworthy};
use crate::verifier::SetupError;
use crate::{ConfigError, IssuerConfig, JwksSource};

/// The largest document that is read, in bytes.
const MAX_DOCUMENT_BYTES: usize = 256 * 1024;
/// Where a provider tells of itself, after its name (OpenID Connect Discovery 1.0, section 4).
const METADATA_PATH: &str = "/.well-known/openid-configuration";

/// Why an issuer's keys couldn't be read.
#[derive(Debug, thiserror::Error)]
pub enum KeyDocumentError {
    /// The file can't be read.
    #[error("the file can't be read")]
    File(#[source] io::Error),
    /// The document is larger than 256 KiB.
    #[error("the document is too large")]
    TooLarge,
    /// The provider gives no document.
    #[error("the provider gives no document")]
    Provider(#[from] ProviderError),
    /// The provider's metadata are those of another issuer, or name no key set at an address that can be trusted.
    #[error("the provider's metadata are of another issuer, or name no key set over https")]
    Metadata,
    /// The document is not a JWK Set (RFC 7517).
    #[error("the document is not a JWK Set")]
    NotKeys,
}

/// Where one issuer's keys come from, with the means to get them.
#[derive(Debug)]
pub(crate) enum KeyDocument {
    File(PathBuf),
    Url(Url, Client),
    /// Where the metadata are, and the issuer that they have to be of.
    Discovered(Url, String, Client),
}

/// What is needed of a provider's metadata.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: Url,
}

/// The address of an issuer's metadata, if its name is an address that can be asked.
pub(crate) fn metadata_address(issuer: &str) -> Option<Url> {
    let base: Url = issuer.parse().ok().filter(is_trustworthy)?;
    let plain = base.query().is_none() && base.fragment().is_none();
    plain.then(|| format!("{}{METADATA_PATH}", issuer.trim_end_matches('/')).parse().ok())?
}

impl KeyDocument {
    /// Where the keys of this issuer are, by its configuration.
    ///
    /// # Errors
    /// When the configuration is wrong, or the HTTPS client can't be set up.
    pub(crate) fn new(config: &IssuerConfig, timeout: Duration) -> Result<Self, SetupError> {
        let client = |url: &Url| provider_client::client(url, timeout).map_err(SetupError::Client);
        Ok(match &config.jwks {
            JwksSource::File(path) => Self::File(path.clone()),
            JwksSource::Url(url) => Self::Url(url.clone(), client(url)?),
            JwksSource::Discovery => {
                let url = metadata_address(&config.issuer)
                    .ok_or_else(|| ConfigError::InsecureJwks(config.issuer.clone()))?;
                let client = client(&url)?;
                Self::Discovered(url, config.issuer.clone(), client)
            }
        })
    }

    pub(crate) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    pub(crate) async fn fetch(&self) -> Result<KeySet, KeyDocumentError> {
        let bytes = match self {
            Self::File(path) => read_file(path).await?,
            Self::Url(url, client) => get(client, url).await?,
            // Asked each time: the key set may move.
            Self::Discovered(url, issuer, client) => {
                let metadata: Metadata = serde_json::from_slice(&get(client, url).await?)
                    .map_err(|_| KeyDocumentError::Metadata)?;
                if metadata.issuer != *issuer || !is_trustworthy(&metadata.jwks_uri) {
                    return Err(KeyDocumentError::Metadata);
                }
                get(client, &metadata.jwks_uri).await?
            }
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

async fn get(client: &Client, url: &Url) -> Result<Vec<u8>, ProviderError> {
    let request = client.get(url.clone()).header(ACCEPT, "application/jwk-set+json, application/json");
    provider_client::ask(request, MAX_DOCUMENT_BYTES).await
}
