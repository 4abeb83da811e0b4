//! What the verifier is told: whom to trust, and within which bounds.

use std::path::PathBuf;
use std::time::Duration;

use jiff::fmt::serde::unsigned_duration::friendly::compact::required as friendly;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Algorithm, IntrospectionConfig, TicketConfig};

/// The configuration of a [`crate::Verifier`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierConfig {
    /// The issuers whose signed tokens are trusted; at least one, unless there is `introspection` or `ticket`.
    #[serde(default)]
    pub issuers: Vec<IssuerConfig>,
    /// Whom to ask about opaque tokens; without it, a token that isn't a signed one is malformed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection: Option<IntrospectionConfig>,
    /// The portal whose tickets are taken; not beside `introspection`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketConfig>,
    /// The longest token that is looked at, in bytes.
    #[serde(default = "default_max_token_bytes")]
    pub max_token_bytes: usize,
    /// How long verdicts are remembered.
    #[serde(default)]
    pub cache: VerdictCacheConfig,
    /// How keys are kept fresh.
    #[serde(default)]
    pub refresh: RefreshConfig,
    /// How senders prove that a token is theirs.
    #[serde(default)]
    pub dpop: DpopConfig,
}

/// One trusted issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// The exact value of `iss`.
    pub issuer: String,
    /// The values of `aud` that mean us; a token needs one of them.
    pub audience: Vec<String>,
    /// The algorithms that this issuer signs with.
    pub algorithms: Vec<Algorithm>,
    /// Where the issuer's public keys are.
    pub jwks: JwksSource,
    /// How far the issuer's clock may be from ours, at most [`IssuerConfig::MAX_SKEW`].
    #[serde(default = "default_skew", with = "friendly")]
    pub skew: Duration,
    /// The values of `typ` that are accepted, with or without `application/`, in any case. Without it only
    /// `at+jwt` (RFC 9068); a provider that still writes `JWT` needs that said here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_type: Option<Vec<String>>,
}

/// Where a JWK Set (RFC 7517) is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JwksSource {
    /// A local file; it must exist at start, and is read again on each refresh.
    File(PathBuf),
    /// An `https` address, or `http` on a loopback host; it may be down at start.
    Url(Url),
    /// Where the issuer's own metadata say (OpenID Connect Discovery 1.0), which are read again on each refresh; they may
    /// be out of reach at start. The issuer's name has to be an address as for `url`.
    Discovery,
}

/// Bounds of the verdict cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VerdictCacheConfig {
    /// How long an acceptance is remembered: at most [`VerdictCacheConfig::MAX_ACCEPTED_FOR`], and never past the
    /// token's `exp`.
    #[serde(with = "friendly")]
    pub accepted_for: Duration,
    /// How long a token whose signature failed is remembered.
    #[serde(with = "friendly")]
    pub refused_for: Duration,
    /// The size of the cache, in approximate bytes of what is remembered.
    pub capacity_bytes: u64,
}

/// How the issuers' keys are kept fresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RefreshConfig {
    /// The time between two refreshes when all is well; jitter is added.
    #[serde(with = "friendly")]
    pub interval: Duration,
    /// The time to the first retry after a failure; it doubles up to `interval`.
    #[serde(with = "friendly")]
    pub first_retry: Duration,
    /// The shortest time between two refreshes of one issuer that unknown keys cause.
    #[serde(with = "friendly")]
    pub unknown_key_interval: Duration,
    /// How long keys are used after the last successful refresh, at least twice `interval`.
    #[serde(with = "friendly")]
    pub stale_for: Duration,
    /// How long one fetch may take.
    #[serde(with = "friendly")]
    pub fetch_timeout: Duration,
}

/// How proofs of possession (DPoP, RFC 9449) are checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DpopConfig {
    /// How far the time at which a proof was made (`iat`) may be from ours, either way: at most
    /// [`DpopConfig::MAX_WINDOW`]. Default: 60 s.
    #[serde(with = "friendly")]
    pub window: Duration,
    /// The most proofs that are remembered, each for twice to four times the window, so that none is taken twice by this
    /// process; past it, proofs are answered 503. One takes some 40 bytes. Default: 1000000.
    pub max_remembered: usize,
}

const fn default_max_token_bytes() -> usize {
    16 * 1024
}

pub(crate) const fn default_skew() -> Duration {
    Duration::from_secs(30)
}

impl Default for VerdictCacheConfig {
    fn default() -> Self {
        Self {
            accepted_for: Duration::from_secs(60),
            refused_for: Duration::from_secs(5),
            capacity_bytes: 64 * 1024 * 1024,
        }
    }
}

impl Default for RefreshConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(300),
            first_retry: Duration::from_secs(1),
            unknown_key_interval: Duration::from_secs(30),
            stale_for: Duration::from_secs(24 * 60 * 60),
            fetch_timeout: Duration::from_secs(5),
        }
    }
}

impl Default for DpopConfig {
    fn default() -> Self {
        Self { window: Duration::from_secs(60), max_remembered: 1_000_000 }
    }
}

impl DpopConfig {
    /// The widest window that is granted.
    pub const MAX_WINDOW: Duration = Duration::from_secs(300);
}

impl VerdictCacheConfig {
    /// The longest that an acceptance may be remembered.
    pub const MAX_ACCEPTED_FOR: Duration = Duration::from_secs(300);
}

impl VerifierConfig {
    /// A configuration of these issuers with every bound at its default.
    pub fn new(issuers: Vec<IssuerConfig>) -> Self {
        Self {
            issuers,
            introspection: None,
            ticket: None,
            max_token_bytes: default_max_token_bytes(),
            cache: VerdictCacheConfig::default(),
            refresh: RefreshConfig::default(),
            dpop: DpopConfig::default(),
        }
    }
}

impl IssuerConfig {
    /// The widest clock skew that is granted.
    pub const MAX_SKEW: Duration = Duration::from_secs(120);

    /// An issuer that signs RFC 9068 tokens with ES256, with the default skew.
    pub fn new(issuer: impl Into<String>, audience: Vec<String>, jwks: JwksSource) -> Self {
        Self {
            issuer: issuer.into(),
            audience,
            algorithms: vec![Algorithm::ES256],
            jwks,
            skew: default_skew(),
            require_type: None,
        }
    }
}
