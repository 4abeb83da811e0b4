//! Whom to ask about opaque tokens, and how.

use std::path::PathBuf;
use std::time::Duration;

use jiff::fmt::serde::unsigned_duration::friendly::compact::required as friendly;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::AskingBounds;
use crate::config::default_skew;

/// The provider that is asked about opaque tokens (RFC 7662). There is one at most: such a token doesn't say whose it is,
/// and nobody else is to see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntrospectionConfig {
    /// The issuer of the tokens. An answer may leave `iss` out; one that names another issuer is refused.
    pub issuer: String,
    /// The values of `aud` that mean us; an answer needs one of them.
    pub audience: Vec<String>,
    /// The introspection endpoint: an `https` address, or `http` on a loopback host.
    pub endpoint: Url,
    /// Our name at the provider (`client_id`).
    pub client_id: String,
    /// How we authenticate there.
    pub client_auth: ClientAuth,
    /// How far the provider's clock may be from ours, at most [`crate::IssuerConfig::MAX_SKEW`].
    #[serde(default = "default_skew", with = "friendly")]
    pub skew: Duration,
    /// How long an acceptance is remembered, and so how long a token that was withdrawn is still taken: at most
    /// [`crate::VerdictCacheConfig::MAX_ACCEPTED_FOR`], and never past the token's `exp`. Default: 10 s.
    #[serde(default = "default_accepted_for", with = "friendly")]
    pub accepted_for: Duration,
    /// How long a refusal is remembered; at most as long as an acceptance could be. Default: 5 s.
    #[serde(default = "default_refused_for", with = "friendly")]
    pub refused_for: Duration,
    /// How long one question may take, with the wait for a place among those that are asked. Default: 2 s.
    #[serde(default = "default_timeout", with = "friendly")]
    pub timeout: Duration,
    /// Questions at the same time. Default: 64.
    #[serde(default = "default_max_at_once")]
    pub max_at_once: usize,
    /// Callers who may wait for an answer at the same time; more are told at once that their token can't be checked, so
    /// that a provider that hangs holds up no other calls. Keep it well under `gateway.max_concurrent_calls`.
    /// Default: 256.
    #[serde(default = "default_max_waiting")]
    pub max_waiting: usize,
    /// After so many questions in a row without an answer, the provider is left alone. Default: 5.
    #[serde(default = "default_opens_after")]
    pub opens_after: u32,
    /// For so long; then one question is asked on trial. Meanwhile, tokens that aren't remembered can't be checked.
    /// Default: 5 s.
    #[serde(default = "default_open_for", with = "friendly")]
    pub open_for: Duration,
    /// The size of the answers that are remembered, in approximate bytes. Default: 16 MiB.
    #[serde(default = "default_capacity_bytes")]
    pub capacity_bytes: u64,
}

/// How a client authenticates to the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// A file that holds the client's secret, sent as RFC 6749, section 2.3.1 says (`client_secret_basic`).
    SecretFile(PathBuf),
    /// A file that holds a P-256 private key (PKCS #8 PEM), whose assertions (RFC 7523, section 2.2) go instead of a
    /// secret (`private_key_jwt`, ES256).
    KeyFile(PathBuf),
}

impl ClientAuth {
    /// The file.
    pub fn file(&self) -> &PathBuf {
        match self {
            Self::SecretFile(path) | Self::KeyFile(path) => path,
        }
    }
}

impl IntrospectionConfig {
    /// The part that every source of opaque tokens has.
    pub(crate) fn bounds(&self) -> AskingBounds {
        AskingBounds {
            accepted_for: self.accepted_for,
            refused_for: self.refused_for,
            timeout: self.timeout,
            max_at_once: self.max_at_once,
            max_waiting: self.max_waiting,
            opens_after: self.opens_after,
            open_for: self.open_for,
            capacity_bytes: self.capacity_bytes,
        }
    }

    /// A provider with every bound at its default.
    pub fn new(
        issuer: impl Into<String>,
        audience: Vec<String>,
        endpoint: Url,
        client_id: impl Into<String>,
        client_auth: ClientAuth,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            audience,
            endpoint,
            client_id: client_id.into(),
            client_auth,
            skew: default_skew(),
            accepted_for: default_accepted_for(),
            refused_for: default_refused_for(),
            timeout: default_timeout(),
            max_at_once: default_max_at_once(),
            max_waiting: default_max_waiting(),
            opens_after: default_opens_after(),
            open_for: default_open_for(),
            capacity_bytes: default_capacity_bytes(),
        }
    }
}

const fn default_accepted_for() -> Duration {
    Duration::from_secs(10)
}

const fn default_refused_for() -> Duration {
    Duration::from_secs(5)
}

const fn default_timeout() -> Duration {
    Duration::from_secs(2)
}

const fn default_max_at_once() -> usize {
    64
}

const fn default_max_waiting() -> usize {
    256
}

const fn default_opens_after() -> u32 {
    5
}

const fn default_open_for() -> Duration {
    Duration::from_secs(5)
}

const fn default_capacity_bytes() -> u64 {
    16 * 1024 * 1024
}
