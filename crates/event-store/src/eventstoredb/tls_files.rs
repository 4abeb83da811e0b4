//! A look at certificates and keys before the client does, because it panics where it can't use them.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, crypto};

/// Whether the client will be able to use these files; the reason names the parameter.
pub(super) fn check(
    authority: Option<&Path>,
    user: Option<&(PathBuf, PathBuf)>,
    verify: bool,
) -> Result<(), String> {
    match authority {
        Some(file) => add_all(certificates("tlsCaFile", file)?, verify)
            .map_err(|reason| format!("tlsCaFile {}: {reason}", file.display()))?,
        None => {
            add_all(system()?, verify).map_err(|reason| format!("the system's certificates: {reason}"))?
        }
    }
    let Some((certificate, key)) = user else { return Ok(()) };
    let chain = certificates("userCertFile", certificate)?;
    let key = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| format!("userKeyFile {} can't be read: {error}", key.display()))?;
    CertifiedKey::from_der(chain, key, &crypto::aws_lc_rs::default_provider())
        .map(drop)
        .map_err(|error| format!("userCertFile and userKeyFile: {error}"))
}

fn certificates(parameter: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable = |error| format!("{parameter} {} can't be read: {error}", file.display());
    let found: Vec<_> =
        CertificateDer::pem_file_iter(file).and_then(Iterator::collect).map_err(unreadable)?;
    if found.is_empty() {
        return Err(format!("{parameter} {}: there is no certificate in it", file.display()));
    }
    Ok(found)
}

fn system() -> Result<Vec<CertificateDer<'static>>, String> {
    let loaded = rustls_native_certs::load_native_certs();
    match loaded.errors.first() {
        Some(error) => Err(format!("the system's certificates can't be read: {error}")),
        None => Ok(loaded.certs),
    }
}

fn add_all(certificates: Vec<CertificateDer<'static>>, verify: bool) -> Result<(), String> {
    if certificates.is_empty() && verify {
        return Err("there are none, so that no server can be trusted; name a tlsCaFile".to_owned());
    }
    let mut roots = RootCertStore::empty();
    certificates.into_iter().try_for_each(|one| roots.add(one)).map_err(|error| error.to_string())
}
