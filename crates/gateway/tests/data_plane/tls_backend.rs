//! A double of a department's service behind TLS, with an authority of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::Request;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A certificate authority that nobody trusts until told to.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("the system has randomness");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("root.pem"), issuer.pem()).expect("a file");
        Self { issuer, folder }
    }

    /// The file of the root certificate.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// The files of a certificate for this name, and of its key.
    pub fn issue(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().expect("the system has randomness");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let files = [("cert", certificate.pem()), ("key", key.serialize_pem())].map(|(kind, pem)| {
            let file = self.folder.path().join(format!("{name}.{kind}.pem"));
            std::fs::write(&file, pem).expect("a file");
            file
        });
        files.into()
    }
}

/// A double that tells by which version it was asked, and counts its connections. `/large` is a body of [`LARGE`]
/// bytes.
pub struct VersionBackend {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

/// How a double speaks.
pub enum Speaks {
    /// HTTP without TLS, either version.
    Plain,
    /// TLS with these protocols, for a client with a certificate of the authority if asked for.
    Tls { alpn: &'static [&'static str], asks_who: bool },
}

impl VersionBackend {
    pub async fn start(speaks: Speaks, authority: &Authority) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let acceptor = match speaks {
            Speaks::Plain => None,
            Speaks::Tls { alpn, asks_who } => Some(acceptor(authority, alpn, asks_who)),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    match acceptor {
                        None => serve(stream).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, connections }
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// More than a window of HTTP/2 and all that lies between holds.
pub const LARGE: usize = 16 * 1024 * 1024;

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let service = service_fn(|request: http::Request<hyper::body::Incoming>| async move {
        let request = request.map(axum::body::Body::new);
        let large = request.uri().path().ends_with("/large");
        let body = if large { axum::body::Body::from(vec![0; LARGE]) } else { said(&request).into() };
        Ok::<_, std::convert::Infallible>(http::Response::new(body))
    });
    // A client that hangs up is no failure of the double.
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

fn said(request: &Request) -> String {
    let fields: Vec<_> = request.headers().keys().map(http::HeaderName::as_str).collect();
    let host = request.uri().authority().map(ToString::to_string);
    json!({
        "version": format!("{:?}", request.version()),
        "target": request.uri().path_and_query().map(ToString::to_string),
        "authority": host,
        "fields": fields,
    })
    .to_string()
}

fn acceptor(authority: &Authority, alpn: &[&str], asks_who: bool) -> TlsAcceptor {
    let (certificate, key) = authority.issue("localhost");
    let certificates =
        CertificateDer::pem_file_iter(&certificate).expect("a file").collect::<Result<Vec<_>, _>>();
    let key = PrivateKeyDer::from_pem_file(&key).expect("a key");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("sound defaults");
    let builder = if asks_who {
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots(&authority.root())), provider);
        builder.with_client_cert_verifier(verifier.build().expect("a root"))
    } else {
        builder.with_no_client_auth()
    };
    let mut config =
        builder.with_single_cert(certificates.expect("certificates"), key).expect("they belong together");
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

fn roots(file: &Path) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file).expect("a certificate")).expect("a root");
    roots
}
