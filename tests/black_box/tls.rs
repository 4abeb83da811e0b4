//! TLS on the public listener: both protocols, and certificates that change while it runs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::binary::Demo;
use crate::client::until;
use crate::frames::{HEADERS, NOT_FOUND, PREFACE, SETTINGS, WHOLE, frame, get, next};
use crate::raw::{answers, converse_over};

const NAME: &str = "localhost";

/// Certificates, and the files from which a gateway takes one.
struct Certificates {
    known: Vec<CertificateDer<'static>>,
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificates {
    fn in_folder(folder: &Path) -> Self {
        Self { known: Vec::new(), certificate: folder.join("certificate.pem"), key: folder.join("key.pem") }
    }

    /// Makes a new one, which clients trust from now on, and puts it in place.
    fn renew(&mut self) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
        std::fs::write(&self.key, signing_key.serialize_pem()).expect("it can be written");
        std::fs::write(&self.certificate, cert.pem()).expect("it can be written");
        self.known.push(cert.der().clone());
    }

    fn settings(&self, check_every: &str) -> String {
        let Self { certificate, key, .. } = self;
        format!(
            "[listen.tls]\ncertificate_file = {certificate:?}\nkey_file = {key:?}\ncheck_every = \"{check_every}\"\n"
        )
    }

    /// A connection that offers this protocol.
    async fn connect(&self, demo: &Demo, protocol: &[u8]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        for certificate in &self.known {
            roots.add(certificate.clone()).expect("it can be trusted");
        }
        let config = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("known versions");
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let address = demo.url("").strip_prefix("https://").expect("it says https").to_owned();
        let stream = TcpStream::connect(address).await.expect("the server listens");
        let name = ServerName::try_from(NAME).expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("it is trusted")
    }

    /// Which of the certificates is shown.
    async fn shown(&self, demo: &Demo) -> usize {
        let connection = self.connect(demo, b"http/1.1").await;
        let shown = connection.get_ref().1.peer_certificates().expect("one is shown")[0].clone();
        self.known.iter().position(|known| *known == shown).expect("one of ours")
    }
}

#[tokio::test]
async fn both_protocols_are_spoken_and_the_gate_stands_before_one() {
    let folder = TempDir::new().expect("a folder");
    let mut certificates = Certificates::in_folder(folder.path());
    certificates.renew();
    let settings = format!("max_streams = 7\n{}", certificates.settings("10s"));
    let demo = Demo::serve_in(folder, &settings);

    let mut connection = certificates.connect(&demo, b"http/1.1").await;
    let sent = b"GET /catalogue/v1/entries HTTP/1.1\r\nhost: localhost\r\n\r\n\
                 GET /catalogue/v1/entries HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n";
    let told: Vec<_> = answers(&converse_over(&mut connection, sent).await)
        .iter()
        .map(|answer| (answer.status, answer.problem()))
        .collect();
    assert_eq!(told, [(200, None), (400, Some("malformed-host".to_owned()))]);

    let mut connection = certificates.connect(&demo, b"h2").await;
    assert_eq!(connection.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let sent =
        [PREFACE, &frame(SETTINGS, 0, 0, b""), &frame(HEADERS, WHOLE, 1, &get("/nowhere", &[]))].concat();
    connection.write_all(&sent).await.expect("the server listens");
    let settings = next(&mut connection, SETTINGS).await;
    let streams =
        settings.chunks(6).find(|setting| setting.starts_with(&[0, 3])).expect("a limit of streams");
    assert_eq!(streams[2..], [0, 0, 0, 7]);
    assert_eq!(next(&mut connection, HEADERS).await.first(), Some(&NOT_FOUND));
}

#[tokio::test]
async fn a_certificate_is_replaced_and_a_bad_one_is_not_taken() {
    let folder = TempDir::new().expect("a folder");
    let mut certificates = Certificates::in_folder(folder.path());
    certificates.renew();
    let demo = Demo::serve_in(folder, &certificates.settings("50ms"));
    assert_eq!(certificates.shown(&demo).await, 0);
    let mut kept = certificates.connect(&demo, b"http/1.1").await;

    certificates.renew();
    until("the second is shown", async || (certificates.shown(&demo).await == 1).then_some(())).await;

    let good = std::fs::read(&certificates.key).expect("it is there");
    for bad in [&b"nonsense"[..], b""] {
        let complaints = || demo.log().matches("the old one stays").count();
        let before = complaints();
        std::fs::write(&certificates.key, bad).expect("it can be written");
        until("it is said", async || (complaints() > before).then_some(())).await;
        assert_eq!(certificates.shown(&demo).await, 1);
    }
    std::fs::write(&certificates.key, good).expect("it can be written");
    certificates.renew();
    until("the third is shown", async || (certificates.shown(&demo).await == 2).then_some(())).await;

    // Who was connected stays so.
    let sent = b"GET /catalogue/v1/entries HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert_eq!(answers(&converse_over(&mut kept, sent).await)[0].status, 200);
}

#[tokio::test]
async fn sighup_looks_at_once() {
    let folder = TempDir::new().expect("a folder");
    let mut certificates = Certificates::in_folder(folder.path());
    certificates.renew();
    let demo = Demo::serve_in(folder, &certificates.settings("1h"));
    certificates.renew();
    assert_eq!(certificates.shown(&demo).await, 0);
    until("the second is shown", async || {
        let told = Command::new("kill").args(["-HUP", &demo.pid().to_string()]).status();
        assert!(told.expect("there is kill").success());
        (certificates.shown(&demo).await == 1).then_some(())
    })
    .await;
}
