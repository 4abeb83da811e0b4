//! Tokens that are bound to their sender's certificate (mutual TLS, RFC 8705), sent by real TLS clients.

use std::sync::Arc;

use identity::{DevelopmentIssuer, Thumbprint, TokenRequest};
use jiff::Timestamp;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, HandshakeKind, RootCertStore, SignatureScheme, crypto, sign, version,
};

use crate::binary::Demo;
use crate::raw::{RawAnswer, answers, converse_over};
use crate::serving::{CHANNEL, issuer};
use crate::staff::{AUDIENCE, callable};
use crate::stand_in::StandIn;

const NAME: &str = "localhost";

/// A certificate that nobody has signed, and its key.
#[derive(Debug, Clone)]
struct Own(Arc<sign::CertifiedKey>);

impl Own {
    fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["app.test".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("PKCS #8");
        let key = crypto::aws_lc_rs::sign::any_supported_type(&key).expect("a usable key");
        Self(Arc::new(sign::CertifiedKey::new(vec![cert.der().clone()], key)))
    }

    /// Another's certificate with one's own key, as a thief would show it.
    fn stolen_from(&self, other: &Self) -> Self {
        let key = Arc::clone(&self.0.key);
        Self(Arc::new(sign::CertifiedKey::new(other.0.cert.clone(), key)))
    }

    fn thumbprint(&self) -> String {
        Thumbprint::of_certificate(&self.0.cert[0]).to_string()
    }
}

/// Shows it to whoever asks.
impl ResolvesClientCert for Own {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A gateway with TLS, its issuer, and an entry.
struct Rig {
    demo: Demo,
    issuer: DevelopmentIssuer,
    trusted: CertificateDer<'static>,
    entry: String,
    _department: StandIn,
}

impl Rig {
    async fn start(tls: &str) -> Self {
        let (folder, issuer) = (TempDir::new().expect("a folder"), issuer());
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([NAME.to_owned(), "127.0.0.1".to_owned()]).expect("a certificate");
        let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
        std::fs::write(&certificate, cert.pem()).expect("it can be written");
        std::fs::write(&key, signing_key.serialize_pem()).expect("it can be written");
        let settings =
            format!("[listen.tls]\ncertificate_file = {certificate:?}\nkey_file = {key:?}\n{tls}\n");
        let demo = Demo::serve_for(&issuer, folder, &settings);
        demo.approve_channel().await;
        let department = StandIn::named("department").await;
        let entry = demo.adopt(&callable("双向认证登记", "330106", &department.base_url)).await;
        Self { demo, issuer, trusted: cert.der().clone(), entry, _department: department }
    }

    /// A citizen's token; bound to a certificate, if there is one.
    fn token(&self, bound_to: Option<&Own>) -> String {
        let mut request = TokenRequest::new("somebody", AUDIENCE, CHANNEL);
        if let Some(own) = bound_to {
            request.claims.insert("cnf".to_owned(), json!({"x5t#S256": own.thumbprint()}));
        }
        self.issuer.token(request, Timestamp::now()).expect("the key signs")
    }

    fn client(&self, shows: Option<&Own>) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.trusted.clone()).expect("it can be trusted");
        let config = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("known versions")
            .with_root_certificates(roots);
        let mut config = match shows {
            Some(own) => config.with_client_cert_resolver(Arc::new(own.clone())),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }

    async fn connect(&self, client: &Arc<ClientConfig>) -> std::io::Result<TlsStream<TcpStream>> {
        let url = self.demo.url("");
        let address = url.strip_prefix("https://").expect("it says https");
        let stream = TcpStream::connect(address).await.expect("the server listens");
        let name = ServerName::try_from(NAME).expect("a name");
        TlsConnector::from(Arc::clone(client)).connect(name, stream).await
    }

    /// A call on a connection of its own.
    async fn call(&self, shows: Option<&Own>, token: &str) -> RawAnswer {
        let client = Arc::new(self.client(shows));
        let connection = self.connect(&client).await.expect("it is trusted");
        self.call_over(connection, token).await.0
    }

    async fn call_over(
        &self,
        mut connection: TlsStream<TcpStream>,
        token: &str,
    ) -> (RawAnswer, HandshakeKind) {
        let request = format!(
            "GET /call/{}/x HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n",
            self.entry
        );
        let mut told = answers(&converse_over(&mut connection, request.as_bytes()).await);
        assert_eq!(told.len(), 1, "{told:?}");
        (told.remove(0), connection.get_ref().1.handshake_kind().expect("it is over"))
    }
}

fn problem(answer: &RawAnswer) -> (u16, Option<String>) {
    (answer.status, answer.problem())
}

#[tokio::test]
async fn a_bound_token_comes_with_its_certificate_alone() {
    let rig = Rig::start("client_certificates = true").await;
    let (mine, theirs) = (Own::new(), Own::new());
    let (bound, free) = (rig.token(Some(&mine)), rig.token(None));
    assert_eq!(rig.call(Some(&mine), &bound).await.status, 200);
    let refused = (401, Some("token-bound-to-certificate".to_owned()));
    for other in [None, Some(&theirs)] {
        let answer = rig.call(other, &bound).await;
        assert_eq!(problem(&answer), refused);
        let challenge = answer.field("www-authenticate").expect("a challenge");
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }
    for anybody in [None, Some(&theirs)] {
        assert_eq!(rig.call(anybody, &free).await.status, 200, "certificates are asked for, not required");
    }
}

#[tokio::test]
async fn a_certificate_without_its_key_is_none() {
    let rig = Rig::start("client_certificates = true").await;
    let (victim, thief) = (Own::new(), Own::new());
    let token = rig.token(Some(&victim));
    for protocol in [&version::TLS12, &version::TLS13] {
        let mut roots = RootCertStore::empty();
        roots.add(rig.trusted.clone()).expect("it can be trusted");
        let client = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_protocol_versions(&[protocol])
            .expect("known versions")
            .with_root_certificates(roots)
            .with_client_cert_resolver(Arc::new(thief.stolen_from(&victim)));
        // With TLS 1.3 the client learns of it only when it reads.
        if let Ok(mut connection) = rig.connect(&Arc::new(client)).await {
            let request = format!(
                "GET /call/{}/x HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n",
                rig.entry
            );
            let told = converse_over(&mut connection, request.as_bytes()).await;
            assert!(told.is_empty(), "{}", String::from_utf8_lossy(&told));
        }
    }
}

#[tokio::test]
async fn a_resumed_session_has_the_certificate_that_began_it() {
    let rig = Rig::start("client_certificates = true").await;
    let mine = Own::new();
    let token = rig.token(Some(&mine));
    let client = Arc::new(rig.client(Some(&mine)));
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let connection = rig.connect(&client).await.expect("it is trusted");
        let (answer, kind) = rig.call_over(connection, &token).await;
        assert_eq!((answer.status, kind), (200, expected));
    }
}

#[tokio::test]
async fn without_the_setting_nobody_is_asked() {
    let rig = Rig::start("").await;
    let mine = Own::new();
    let answer = rig.call(Some(&mine), &rig.token(Some(&mine))).await;
    assert_eq!(problem(&answer), (401, Some("token-bound-to-certificate".to_owned())));
}
