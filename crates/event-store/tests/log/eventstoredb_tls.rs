//! TLS to the cluster: an authority of one's own, a user certificate, and files that can't be used.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use event_store::eventstoredb::{Address, EventStoreDb};
use event_store::{EventStore, Expected, StoreError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use wire_stand_in::{Options, WireStandIn};

use crate::cluster::stand_in_of;
use crate::tally::{event, fresh_stream};

/// An authority, and the files of what it issued.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("the system has randomness");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("root.pem"), issuer.pem()).expect("a file");
        Self { issuer, folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    fn issue(&self, name: &str, usage: ExtendedKeyUsagePurpose) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().expect("the system has randomness");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.extended_key_usages = vec![usage];
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let file = |kind: &str| self.folder.path().join(format!("{name}.{kind}.pem"));
        std::fs::write(file("cert"), certificate.pem()).expect("a file");
        std::fs::write(file("key"), key.serialize_pem()).expect("a file");
        (file("cert"), file("key"))
    }

    /// A stand-in that shows a certificate for `localhost` and wants one of its clients.
    async fn cluster(&self) -> WireStandIn {
        let (certificate, key) = self.issue("localhost", ExtendedKeyUsagePurpose::ServerAuth);
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.root()).expect("a certificate")).expect("trusted");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("known versions")
            .with_client_cert_verifier(verifier.build().expect("a verifier"))
            .with_single_cert(
                vec![CertificateDer::from_pem_file(certificate).expect("a certificate")],
                PrivateKeyDer::from_pem_file(key).expect("a key"),
            );
        let mut config = config.expect("they belong together");
        config.alpn_protocols = vec![b"h2".to_vec()];
        stand_in_of(Options { tls: Some(Arc::new(config)), ..Options::default() }).await
    }
}

fn at(cluster: &WireStandIn, files: &[(&str, &Path)]) -> Address {
    let files: String = files.iter().map(|(name, path)| format!("&{name}={}", path.display())).collect();
    let text = format!("esdb://{}?defaultDeadline=1500&patience=3000{files}", cluster.seeds());
    text.parse().expect("an address")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_certificate_and_an_authority_of_ones_own() {
    let authority = Authority::new();
    let cluster = authority.cluster().await;
    let root = authority.root();
    let (certificate, key) = authority.issue("yimen", ExtendedKeyUsagePurpose::ClientAuth);
    let all = [
        ("tlsCaFile", root.as_path()),
        ("userCertFile", certificate.as_path()),
        ("userKeyFile", key.as_path()),
    ];
    let store = EventStoreDb::open(at(&cluster, &all)).expect("the files are there");
    store.append(&fresh_stream(), Expected::NoStream, vec![event(0)]).await.expect("appended");

    let nobody = EventStoreDb::open(at(&cluster, &all[..1])).expect("the file is there");
    let refused = nobody.head().await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "without a certificate: {refused:?}");
    let stranger = Authority::new();
    let root = stranger.root();
    let others = [("tlsCaFile", root.as_path()), all[1], all[2]];
    let mistrusting = EventStoreDb::open(at(&cluster, &others)).expect("the files are there");
    let refused = mistrusting.head().await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "another authority: {refused:?}");
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named_at_the_start() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue("yimen", ExtendedKeyUsagePurpose::ClientAuth);
    let (_, other_key) = authority.issue("another", ExtendedKeyUsagePurpose::ClientAuth);
    let root = authority.root();
    let missing = Path::new("/nowhere/root.pem");
    let said = |files: &[(&str, &Path)]| {
        let files: String = files.iter().map(|(name, path)| format!("&{name}={}", path.display())).collect();
        let address: Address = format!("esdb://localhost?patience=1000{files}").parse().expect("an address");
        EventStoreDb::open(address).expect_err("it can't be used").to_string()
    };
    let missing = said(&[("tlsCaFile", missing)]);
    assert!(missing.contains("tlsCaFile /nowhere/root.pem"), "{missing}");
    let none = said(&[("tlsCaFile", &key)]);
    assert!(none.contains("there is no certificate in it"), "{none}");
    let mixed = said(&[("tlsCaFile", &root), ("userCertFile", &certificate), ("userKeyFile", &other_key)]);
    assert!(mixed.contains("userCertFile and userKeyFile"), "{mixed}");
}
