//! TLS on the public listener, with a certificate that is read again when its files change.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::fmt::serde::unsigned_duration::friendly::compact::required as friendly;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};

use super::client_certificates::AnyCertificate;
use super::signals::Hangups;
use crate::failure::Failure;

/// The protocols that are offered within TLS (ALPN, RFC 7301), the preferred first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Where the certificate is, and how often to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The certificate, and those between it and the root, in this order (PEM).
    pub certificate_file: PathBuf,
    /// Its private key (PEM: PKCS #8, PKCS #1 or SEC 1).
    pub key_file: PathBuf,
    /// How often the files are looked at for a change; SIGHUP looks at once. Default: 10 s.
    #[serde(default = "check_every", with = "friendly")]
    pub check_every: Duration,
    /// Whether clients are asked for a certificate, so that tokens may be bound to it (RFC 8705). They may decline, and any
    /// certificate will do whose key they hold: which one a token is bound to, its issuer has said. Where a proxy in front
    /// ends TLS, the gateway sees no certificate, and takes no such tokens. Default: false.
    #[serde(default)]
    pub client_certificates: bool,
}

fn check_every() -> Duration {
    Duration::from_secs(10)
}

/// What is shown to clients; the same for all of them, whatever name they ask for.
#[derive(Debug)]
pub struct Certificate {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    current: ArcSwap<CertifiedKey>,
}

/// The two files, as they were read.
#[derive(PartialEq, Eq)]
struct Pem {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl TlsFiles {
    /// Whether a listener can be opened with them.
    pub fn check(&self) -> Result<(), String> {
        self.read(&aws_lc_rs::default_provider()).map(drop)
    }

    fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
        let read = Pem::read(self).and_then(|pem| pem.certified(provider));
        read.map_err(|reason| format!("listen.tls: {reason}"))
    }
}

impl Certificate {
    /// Reads the files.
    pub fn open(files: TlsFiles) -> Result<Arc<Self>, Failure> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let current = files.read(&provider).map_err(Failure::config)?;
        Ok(Arc::new(Self { files, provider, current: ArcSwap::from_pointee(current) }))
    }

    /// How connections are accepted with it, whatever it will be by then: TLS 1.2 and 1.3.
    pub fn config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, Failure> {
        let failed = |error| Failure::because("TLS can't be set up", &error);
        let config = ServerConfig::builder_with_provider(Arc::clone(&self.provider));
        let config = config.with_safe_default_protocol_versions().map_err(failed)?;
        let config = match self.files.client_certificates {
            true => config.with_client_cert_verifier(AnyCertificate::new(Arc::clone(&self.provider))),
            false => config.with_no_client_auth(),
        };
        let mut config = config.with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(failed)?;
        Ok(Arc::new(config))
    }

    /// Looks at the files again and again, for ever. What can't be used is said in the log, once, and changes nothing.
    pub async fn keep_fresh(self: Arc<Self>) {
        let mut hangups = Hangups::new();
        let mut seen = Pem::read(&self.files).ok();
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.files.check_every) => {}
                () = hangups.next() => tracing::info!("SIGHUP: looking at the certificate"),
            }
            // Small files on a local disk: it takes no longer than to ask for their dates.
            let read = match Pem::read(&self.files) {
                Ok(pem) if seen.as_ref() == Some(&pem) => continue,
                Ok(pem) => {
                    let certified = pem.certified(&self.provider);
                    seen = Some(pem);
                    certified
                }
                Err(_) if seen.is_none() => continue,
                Err(reason) => {
                    seen = None;
                    Err(reason)
                }
            };
            match read {
                Ok(certified) => {
                    self.current.store(Arc::new(certified));
                    tracing::info!(file = %self.files.certificate_file.display(), "new certificate");
                }
                Err(reason) => {
                    tracing::error!(reason, "the new certificate can't be used; the old one stays")
                }
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl Pem {
    fn read(files: &TlsFiles) -> Result<Self, String> {
        let read = |path: &Path| std::fs::read(path).map_err(|error: io::Error| at(path, &error));
        Ok(Self { certificate: read(&files.certificate_file)?, key: read(&files.key_file)? })
    }

    /// The certificate with its key, if they belong together.
    fn certified(&self, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.map_err(|error| format!("the certificate is no PEM: {error}"))?;
        if chain.is_empty() {
            return Err("the certificate's file holds no certificate".to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|error| format!("the key is no PEM of a private key: {error}"))?;
        CertifiedKey::from_der(chain, key, provider)
            .map_err(|error| format!("the certificate and the key can't be used together: {error}"))
    }
}

fn at(path: &Path, error: &io::Error) -> String {
    format!("{} can't be read: {error}", path.display())
}
