//! What can be configured, with its defaults.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use event_store::Cadence;
use framing::Limits;
use identity::{
    DpopConfig, IntrospectionConfig, IssuerConfig, JwksSource, RefreshConfig, TicketConfig,
    VerdictCacheConfig, VerifierConfig,
};
use jiff::fmt::serde::unsigned_duration::friendly::compact::required as friendly;
use matching::Lexicon;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{EventLog, Traces, Usage, nearest};
use crate::failure::Failure;
use crate::server::TlsFiles;
use crate::words;

/// The whole configuration of `yimen serve`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder that holds the embedded event log, the search index and, unless they are placed elsewhere, the keys.
    pub data_dir: PathBuf,
    /// Where the event log is.
    #[serde(default)]
    pub event_log: EventLog,
    /// Where connections are accepted, and how long they may take.
    #[serde(default)]
    pub listen: Listen,
    /// The city's rules.
    #[serde(default)]
    pub policy: domain::Policy,
    /// Whom to trust, and as whom to speak.
    pub identity: Identity,
    /// The data plane.
    #[serde(default)]
    pub gateway: gateway::Settings,
    /// How calls are counted for the log.
    #[serde(default)]
    pub usage: Usage,
    /// Where traces of calls are sent; nowhere without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traces: Option<Traces>,
    /// How items are compared.
    #[serde(default)]
    pub matching: Matching,
    /// How the log is made proof against silent change.
    #[serde(default)]
    pub integrity: Integrity,
    /// What is logged, and how.
    #[serde(default)]
    pub log: Log,
}

/// Listeners and the bounds of connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// For everybody: the APIs, the gateway, the documents. `[::]` accepts IPv6 and IPv4.
    pub public: SocketAddr,
    /// For operators: health, readiness, metrics. It asks for no credentials: keep it inside.
    pub admin: SocketAddr,
    /// How clients reach the public listener: the issuer of assertions, and what proofs of possession (DPoP) have to name.
    /// Without it, the listener's own address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<Url>,
    /// TLS on the public listener; without it, clients speak in the clear, or with a balancer in front.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFiles>,
    /// How long a client may take to send the head of a request, from its first byte or the connection's start; then it
    /// is answered 408. Default: 10 s.
    #[serde(with = "friendly")]
    pub header_timeout: Duration,
    /// How long an HTTP/1.1 connection is kept without a request; it ends within `header_timeout` after that.
    /// Default: 60 s.
    #[serde(with = "friendly")]
    pub idle_timeout: Duration,
    /// How long a client may send nothing of a body that it has begun, or take nothing of an answer; then it is cut off.
    /// Default: 60 s.
    #[serde(with = "friendly")]
    pub stall_timeout: Duration,
    /// How long calls in flight may go on after the signal to stop.
    #[serde(with = "friendly")]
    pub drain_timeout: Duration,
    /// Connections at the same time; more wait in the system's queue. Default: 10000.
    pub max_connections: usize,
    /// Connections at the same time from one IPv4 address or IPv6 /64; more are closed at once. The proxies of
    /// `gateway.trusted_proxies` may have all. Default: 1000.
    pub max_connections_per_client: usize,
    /// Requests at the same time on one HTTP/2 connection. Default: 100.
    pub max_streams: u32,
    /// The largest head of a request, in bytes; more is answered 431. Default: 32 KiB.
    pub max_head_bytes: usize,
    /// The longest request target, in bytes; more is answered 414. Default: 8 KiB.
    pub max_target_bytes: usize,
    /// The most header fields; more are answered 431. Default: 100.
    pub max_fields: usize,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            public: SocketAddr::from((Ipv6Addr::UNSPECIFIED, 8080)),
            admin: SocketAddr::from((Ipv6Addr::UNSPECIFIED, 9090)),
            public_url: None,
            tls: None,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            stall_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(30),
            max_connections: 10_000,
            max_connections_per_client: 1000,
            max_streams: 100,
            max_head_bytes: Limits::default().head_bytes,
            max_target_bytes: Limits::default().target_bytes,
            max_fields: Limits::default().fields,
        }
    }
}

impl Listen {
    fn check(&self) -> Result<(), String> {
        if overlap(self.public, self.admin) {
            return Err(format!(
                "listen.public ({}) and listen.admin ({}) are the same address: give each its own port",
                self.public, self.admin
            ));
        }
        for (name, is_zero) in [
            ("header_timeout", self.header_timeout.is_zero()),
            ("idle_timeout", self.idle_timeout.is_zero()),
            ("stall_timeout", self.stall_timeout.is_zero()),
            ("drain_timeout", self.drain_timeout.is_zero()),
            ("max_connections", self.max_connections == 0),
            ("max_connections_per_client", self.max_connections_per_client == 0),
            ("max_streams", self.max_streams == 0),
        ] {
            if is_zero {
                return Err(format!("listen.{name} must be more than zero"));
            }
        }
        if self.tls.as_ref().is_some_and(|tls| tls.check_every.is_zero()) {
            return Err("listen.tls.check_every must be more than zero".to_owned());
        }
        // Below, ordinary requests fail; above, the HTTP library refuses first.
        for (name, value, range) in [
            ("max_head_bytes", self.max_head_bytes, 1024..=256 * 1024),
            ("max_target_bytes", self.max_target_bytes, 256..=60 * 1024),
            ("max_fields", self.max_fields, 10..=1000),
        ] {
            if !range.contains(&value) {
                let (least, most) = (range.start(), range.end());
                return Err(format!("listen.{name} must be from {least} to {most}"));
            }
        }
        match &self.public_url {
            Some(url) if !matches!(url.scheme(), "http" | "https") => {
                Err("listen.public_url must be an http or https address".to_owned())
            }
            Some(url) if url.query().is_some() || url.fragment().is_some() => {
                Err("listen.public_url must have neither a query nor a fragment".to_owned())
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Whether the two can't be listened on at the same time. Port 0 is a free one, a different one each time.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let covers = |a: IpAddr, b: IpAddr| match a {
        // `[::]` takes IPv4, too.
        IpAddr::V6(a) => a.is_unspecified() || a == b,
        IpAddr::V4(a) => a == b || (a.is_unspecified() && b.is_ipv4()),
    };
    one.port() != 0
        && one.port() == other.port()
        && (covers(one.ip(), other.ip()) || covers(other.ip(), one.ip()))
}

/// Whom to trust, and as whom to speak.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The issuers whose signed tokens are accepted; at least one, unless there is `introspection` or `ticket`.
    #[serde(default)]
    pub issuers: Vec<IssuerConfig>,
    /// The provider that is asked about opaque tokens (RFC 7662). None by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection: Option<IntrospectionConfig>,
    /// The government portal whose tickets are taken as tokens; not beside `introspection`. None by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketConfig>,
    /// The issuers whose `roles` make somebody staff. Every issuer if it is empty: right only where all of them are
    /// the city's own.
    #[serde(default)]
    pub staff_issuers: Vec<String>,
    /// The longest token that is looked at, in bytes.
    #[serde(default = "default_max_token_bytes")]
    pub max_token_bytes: usize,
    /// How long verdicts are remembered.
    #[serde(default)]
    pub cache: VerdictCacheConfig,
    /// How issuers' keys are kept fresh.
    #[serde(default)]
    pub refresh: RefreshConfig,
    /// How senders prove that a token is theirs.
    #[serde(default)]
    pub dpop: DpopConfig,
    /// The keys that sign assertions (P-256, Ed25519 or SM2, PKCS #8 PEM; `yimen keys rotate` adds one), made if missing.
    /// `assertion-key.pem` in the data directory without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertion_key_file: Option<PathBuf>,
    /// The secret behind pseudonyms, made if missing. `pseudonym.secret` in the data directory without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonym_secret_file: Option<PathBuf>,
}

fn default_max_token_bytes() -> usize {
    VerifierConfig::new(Vec::new()).max_token_bytes
}

impl Identity {
    /// Trust in these issuers, with every bound at its default.
    pub fn of(issuers: Vec<IssuerConfig>) -> Self {
        Self {
            issuers,
            introspection: None,
            ticket: None,
            staff_issuers: Vec::new(),
            max_token_bytes: default_max_token_bytes(),
            cache: VerdictCacheConfig::default(),
            refresh: RefreshConfig::default(),
            dpop: DpopConfig::default(),
            assertion_key_file: None,
            pseudonym_secret_file: None,
        }
    }

    /// The part that the verifier takes.
    pub fn verifier(&self) -> VerifierConfig {
        VerifierConfig {
            issuers: self.issuers.clone(),
            introspection: self.introspection.clone(),
            ticket: self.ticket.clone(),
            max_token_bytes: self.max_token_bytes,
            cache: self.cache.clone(),
            refresh: self.refresh.clone(),
            dpop: self.dpop.clone(),
        }
    }

    /// The part that the verifier of staff takes, where not every issuer speaks for staff.
    pub fn staff_verifier(&self) -> Option<VerifierConfig> {
        let mut verifier = self.verifier();
        verifier.issuers.retain(|issuer| self.staff_issuers.contains(&issuer.issuer));
        verifier.introspection =
            verifier.introspection.filter(|provider| self.staff_issuers.contains(&provider.issuer));
        verifier.ticket = verifier.ticket.filter(|portal| self.staff_issuers.contains(&portal.issuer));
        (!self.staff_issuers.is_empty()).then_some(verifier)
    }

    fn check(&self) -> Result<(), String> {
        self.verifier().check().map_err(|error| format!("identity: {error}"))?;
        let known = || self.issuer_names();
        match self.staff_issuers.iter().find(|name| !known().any(|issuer| issuer == *name)) {
            None => Ok(()),
            Some(name) => {
                let hint = nearest(name, known()).map(|known| format!("; did you mean {known}?"));
                Err(format!("identity.staff_issuers: there is no issuer {name}{}", hint.unwrap_or_default()))
            }
        }
    }

    /// Every issuer whose tokens or tickets are accepted; one that is also asked about opaque tokens may be named twice.
    pub fn issuer_names(&self) -> impl Iterator<Item = &str> {
        let asked = self.introspection.iter().map(|provider| provider.issuer.as_str());
        let portal = self.ticket.iter().map(|portal| portal.issuer.as_str());
        self.issuers.iter().map(|issuer| issuer.issuer.as_str()).chain(asked).chain(portal)
    }

    /// The file of the key that signs assertions.
    pub fn assertion_key(&self, data_dir: &Path) -> PathBuf {
        self.assertion_key_file.clone().unwrap_or_else(|| data_dir.join("assertion-key.pem"))
    }

    /// The file of the secret behind pseudonyms.
    pub fn pseudonym_secret(&self, data_dir: &Path) -> PathBuf {
        self.pseudonym_secret_file.clone().unwrap_or_else(|| data_dir.join("pseudonym.secret"))
    }
}

/// How items are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Matching {
    /// Folder of word lists (`synonyms.tsv`, `acts.tsv` …) whose rows are added to the built-in ones; only those without it.
    /// It is read at the start. What was placed before stays where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<PathBuf>,
}

impl Matching {
    /// The words by which names are read.
    pub fn lexicon(&self) -> Result<Arc<Lexicon>, Failure> {
        self.words.as_deref().map_or_else(|| Ok(Arc::clone(Lexicon::built_in())), words::read)
    }
}

/// How the log is made proof against silent change: signed anchors over all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Integrity {
    /// An anchor is written once so many events are not covered by one; 1 to 4096. Default: 1000.
    pub anchor_events: usize,
    /// And once an event has not been covered for so long. Default: 60 s.
    #[serde(with = "friendly")]
    pub anchor_interval: Duration,
    /// A file outside the data directory that every anchor is added to, best where whoever can write the log can't: it
    /// tells when the log's end was cut off (`yimen verify --anchors`). None by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor_file: Option<PathBuf>,
}

impl Default for Integrity {
    fn default() -> Self {
        Self { anchor_events: 1000, anchor_interval: Duration::from_secs(60), anchor_file: None }
    }
}

impl Integrity {
    /// When anchors are written.
    pub fn cadence(&self) -> Cadence {
        Cadence { events: self.anchor_events, interval: self.anchor_interval }
    }

    fn check(&self) -> Result<(), String> {
        if !(1..=4096).contains(&self.anchor_events) {
            return Err("integrity.anchor_events must be from 1 to 4096".to_owned());
        }
        if self.anchor_interval.is_zero() {
            return Err("integrity.anchor_interval must be more than zero".to_owned());
        }
        Ok(())
    }
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// What is logged: a level, or `tracing` directives such as `info,yimen_gateway=debug`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Auto, filter: "info".to_owned() }
    }
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// For programs: one object a line.
    Json,
}

impl Config {
    /// The city's rules, with the assurance levels that the gateway knows.
    pub fn rules(&self) -> domain::Policy {
        let assurance_levels = self.gateway.assurance.iter().cloned().collect();
        domain::Policy { assurance_levels, ..self.policy.clone() }
    }

    /// Checks what the types can't say.
    pub fn check(&self) -> Result<(), String> {
        self.identity.check()?;
        self.gateway.check().map_err(|error| format!("gateway: {error}"))?;
        self.listen.check()?;
        self.event_log.check()?;
        self.integrity.check()?;
        self.usage.check()?;
        self.traces.as_ref().map_or(Ok(()), Traces::check)?;
        crate::server::logs::filter(&self.log.filter).map_err(|error| format!("log.filter: {error}"))?;
        Ok(())
    }

    /// Checks that the files can be read that have to be there at the start; the others are made.
    pub fn check_files(&self) -> Result<(), String> {
        if let Some(tls) = &self.listen.tls {
            tls.check()?;
        }
        for (place, issuer) in self.identity.issuers.iter().enumerate() {
            if let JwksSource::File(path) = &issuer.jwks {
                std::fs::read(path).map_err(|error| {
                    format!("identity.issuers[{place}].jwks: {} can't be read: {error}", path.display())
                })?;
            }
        }
        if let Some(provider) = &self.identity.introspection {
            let file = provider.client_auth.file();
            std::fs::read(file).map_err(|error| {
                format!("identity.introspection.client_auth: {} can't be read: {error}", file.display())
            })?;
        }
        if let Some(portal) = &self.identity.ticket {
            let file = &portal.secret_file;
            std::fs::read(file).map_err(|error| {
                format!("identity.ticket.secret_file: {} can't be read: {error}", file.display())
            })?;
        }
        self.matching.lexicon().map(drop).map_err(|failure| format!("matching.words: {failure}"))
    }
}
