//! A gateway on a port of its own, with an issuer of its own, and a client.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use domain::{EntryId, ItemId, LocalizedText};
use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use identity::{
    AssertionSigner, Clock, DevelopmentIssuer, Es256Key, IssuerConfig, JwksSource, KeyRing, PseudonymSecret,
    TokenRequest, Verifier, VerifierConfig,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use yimen_gateway::{
    Access, BackendSettings, ChannelStanding, Department, Gateway, Network, Offering, Route, RouteTable,
    Routes, SenderConstraint, Settings, Standing, Tally, Upstream, UpstreamTimeouts, router,
};

/// The `iss` of the gateway's assertions.
pub const GATEWAY: &str = "https://gateway.example";
const ISSUER: &str = "https://id.example";
/// Longer than anything here takes, and far shorter than a test run's patience.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Rig {
    pub address: SocketAddr,
    pub routes: Routes,
    pub gateway: Gateway,
    issuer: DevelopmentIssuer,
    client: Client<HttpConnector, Body>,
    _keys: TempDir,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Rig {
    pub async fn new() -> Self {
        Self::with(settings()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::at(settings, Clock::system()).await
    }

    /// A gateway with a clock of its own; the token is checked by the system's.
    pub async fn at(settings: Settings, clock: Clock) -> Self {
        let issuer = DevelopmentIssuer::generate(ISSUER).expect("the system has randomness");
        let keys = tempfile::tempdir().expect("a temporary folder");
        let jwks = keys.path().join("jwks.json");
        std::fs::write(&jwks, issuer.jwks().to_string()).expect("a file");
        let trusted = IssuerConfig::new(ISSUER, vec![GATEWAY.to_owned()], JwksSource::File(jwks));
        let verifier = Verifier::open(VerifierConfig::new(vec![trusted]), Clock::system())
            .await
            .expect("a sound configuration");
        let signer = AssertionSigner::new(
            GATEWAY,
            PseudonymSecret::generate().expect("the system has randomness"),
            KeyRing::of(Arc::new(Es256Key::generate().expect("the system has randomness"))),
        );
        let routes = Routes::default();
        routes.apply_channels(&[(
            "app".parse().expect("well formed"),
            Some(ChannelStanding::Approved(SenderConstraint::None)),
        )]);
        let gateway = Gateway::new(settings, routes.clone(), Arc::new(verifier), Arc::new(signer), clock)
            .expect("sound settings");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let service = router(gateway.clone()).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { address, routes, gateway, issuer, client, _keys: keys }
    }

    /// A gateway with the default settings and one entry that leads to `base_url`.
    pub async fn to(base_url: &str) -> (Self, EntryId) {
        let rig = Self::new().await;
        let entry = rig.serve("item", vec![offering("item", &["330100"], base_url)]);
        (rig, entry)
    }

    /// Puts an entry in place that has these offerings.
    pub fn serve(&self, name: &str, offerings: Vec<Offering>) -> EntryId {
        self.route(name, Route::Live { offerings: offerings.into_iter().map(Arc::new).collect() })
    }

    pub fn route(&self, name: &str, route: Route) -> EntryId {
        let entry = entry(name);
        self.routes.apply(&[(entry, Some(route))]);
        entry
    }

    pub fn token(&self) -> String {
        self.token_with(|_| {})
    }

    pub fn token_with(&self, change: impl FnOnce(&mut TokenRequest)) -> String {
        let mut request = TokenRequest::new("citizen-330106-1", GATEWAY, "app");
        request.claims.insert("name".to_owned(), json!("张三"));
        request.claims.insert("phone".to_owned(), json!("13800000000"));
        change(&mut request);
        self.issuer.token(request, Timestamp::now()).expect("the key can sign")
    }

    /// A request to the gateway, with a good token.
    pub fn request(&self, method: &str, target: &str) -> http::request::Builder {
        self.bare_request(method, target).header(AUTHORIZATION, format!("Bearer {}", self.token()))
    }

    /// A request to the gateway, without a token.
    pub fn bare_request(&self, method: &str, target: &str) -> http::request::Builder {
        Request::builder().method(method).uri(format!("http://{}{target}", self.address))
    }

    /// Sends a request and gives the head of the response as soon as it is there.
    pub async fn open(&self, request: Request<Body>) -> Response<hyper::body::Incoming> {
        within(self.client.request(request)).await.expect("the gateway answers")
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (head, body) = self.open(request).await.into_parts();
        let body = within(body.collect()).await.expect("a whole body").to_bytes();
        Answer { status: head.status, headers: head.headers, body }
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.send(self.request("GET", target).body(Body::empty()).expect("a request")).await
    }

    /// Sends a request as it is written here, with a good token, and reads until the gateway closes the connection.
    pub async fn raw(&self, request_line: &str, fields: &[&str]) -> String {
        let token = self.token();
        let mut stream = TcpStream::connect(self.address).await.expect("the gateway listens");
        let mut text = format!("{request_line}\r\nHost: gw.example\r\nAuthorization: Bearer {token}\r\n");
        for field in fields {
            text.push_str(field);
            text.push_str("\r\n");
        }
        if !fields.iter().any(|field| field.starts_with("Connection:")) {
            text.push_str("Connection: close\r\n");
        }
        text.push_str("\r\n");
        stream.write_all(text.as_bytes()).await.expect("the gateway reads");
        let mut answer = Vec::new();
        within(stream.read_to_end(&mut answer)).await.expect("the gateway closes the connection");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The gateway's public keys, as a backend fetches them.
    pub async fn jwks(&self) -> Answer {
        self.send(self.bare_request("GET", "/.well-known/jwks.json").body(Body::empty()).expect("a request"))
            .await
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }

    /// The code of a problem that the gateway itself answered with, after checking what every problem has.
    pub fn problem(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["traceId"].as_str().map(str::len), Some(32), "{problem}");
        assert!(problem["fault"].is_string() && problem["title"].is_string(), "{problem}");
        let kind = problem["type"].as_str().expect("a type");
        kind.strip_prefix("urn:yimen:problem:").expect("one of ours").to_owned()
    }

    pub fn fault(&self) -> String {
        self.json()["fault"].as_str().expect("a fault").to_owned()
    }
}

/// The default settings, with backends on loopback.
pub fn settings() -> Settings {
    let backends =
        BackendSettings { allowed_networks: Network::LOOPBACK.to_vec(), ..BackendSettings::default() };
    Settings { backends, ..Settings::default() }
}

/// Fails a test that would otherwise hang.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it comes in time")
}

pub fn item(name: &str) -> ItemId {
    let department = "local:registry".parse().expect("well formed");
    ItemId::new(&department, &name.parse().expect("well formed"))
}

pub fn entry(name: &str) -> EntryId {
    EntryId::founded_by(item(name))
}

/// An offering of the department `local:<name>`.
pub fn offering(name: &str, regions: &[&str], base_url: &str) -> Offering {
    let department = format!("local:{name}").parse().expect("well formed");
    Offering {
        item: item(name),
        department: Arc::new(Department::new(&department, LocalizedText::zh(name))),
        regions: regions.iter().map(|region| region.parse().expect("well formed")).collect(),
        primary: false,
        standing: Standing::Available,
        upstream: Some(Arc::new(Upstream::new(base_url, UpstreamTimeouts::default()).expect("a base URL"))),
        access: Access { claims: BTreeSet::from(["name".to_owned()]), ..Access::default() },
        tally: Tally::default(),
    }
}

pub fn with_timeouts(offering: Offering, base_url: &str, timeouts: UpstreamTimeouts) -> Offering {
    Offering { upstream: Some(Arc::new(Upstream::new(base_url, timeouts).expect("a base URL"))), ..offering }
}

/// A table of one route more than there is, to be put in place while a call runs.
pub fn other_table() -> RouteTable {
    RouteTable::from_iter([(entry("other"), Route::Alias(entry("nowhere")))])
}
