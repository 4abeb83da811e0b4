//! Whom the gateway trusts as a backend, and as whom it calls.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::{BackendSettings, ClientCertificate};

/// Why the TLS client can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file doesn't hold what it should.
    #[error("{} can't be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// A file holds nothing of the kind.
    #[error("{} holds no certificate", .0.display())]
    Empty(PathBuf),
    /// What the files hold doesn't fit.
    #[error("the TLS client can't be set up")]
    Setup(#[from] rustls::Error),
}

/// TLS 1.2 and 1.3, with HTTP/2 offered before HTTP/1.1.
pub(super) fn client_config(settings: &BackendSettings) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(&settings.extra_roots)?);
    let mut config = match &settings.client_certificate {
        None => builder.with_no_client_auth(),
        Some(ClientCertificate { certificate_file, key_file }) => {
            let failed = |source| TlsError::File { path: key_file.clone(), source };
            let key = PrivateKeyDer::from_pem_file(key_file).map_err(failed)?;
            builder.with_client_auth_cert(certificates(certificate_file)?, key)?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The system's roots and the operator's own.
fn roots(extra: &[PathBuf]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some of the system's trusted roots can't be read");
    }
    roots.add_parsable_certificates(found.certs);
    for file in extra {
        for certificate in certificates(file)? {
            roots.add(certificate)?;
        }
    }
    if roots.is_empty() {
        // A gateway whose backends all speak http must start on a system without roots, too.
        tracing::warn!("no trusted roots: backends can't be reached over https");
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |source| TlsError::File { path: file.to_owned(), source };
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(file).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    if certificates.is_empty() { Err(TlsError::Empty(file.to_owned())) } else { Ok(certificates) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_can_t_be_used_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "no certificate").expect("a file");
        for file in [empty.clone(), folder.path().join("missing.pem")] {
            let roots = BackendSettings { extra_roots: vec![file.clone()], ..BackendSettings::default() };
            let pair = ClientCertificate { certificate_file: file.clone(), key_file: file.clone() };
            let shown = BackendSettings { client_certificate: Some(pair), ..BackendSettings::default() };
            for settings in [roots, shown] {
                let error = client_config(&settings).expect_err("it can't be used");
                assert!(error.to_string().contains(&file.display().to_string()), "{error}");
            }
        }
    }
}
