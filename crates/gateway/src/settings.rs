//! What the operator can set about the call path.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use identity::ASSERTION_LIFETIME;
use jiff::fmt::serde::unsigned_duration::friendly::compact::{
    optional as friendly_or_none, required as friendly,
};
use serde::{Deserialize, Serialize};

use crate::{BackendSettings, HealthSettings, Network, PoolSettings};

/// The settings of the data plane. Durations are written as `"10s"` or `"1m 30s"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Names of the assurance levels (`acr`), lowest first. A level that isn't named here satisfies only itself.
    /// Default: none.
    pub assurance: Vec<String>,
    /// The claim of the caller's token that names the division where the caller lives; used when a call has no
    /// `Service-Region`. Default: none, so that callers are asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region_claim: Option<String>,
    /// The scheme by which clients reach the gateway, as backends are told in `Forwarded`. Default: `http`.
    pub public_scheme: PublicScheme,
    /// The networks of the proxies in front, such as `["10.0.0.0/8"]`: only from them is it believed what
    /// `forwarded_by` names. Default: none, so that the client is whoever connects.
    pub trusted_proxies: Vec<Network>,
    /// The fields in which these proxies say whom they forward for, all of them in the same. The others are ignored,
    /// for most proxies pass them on as the client wrote them. Default: `x-forwarded`.
    pub forwarded_by: ForwardedBy,
    /// How many calls may be made in a time.
    pub rate_limits: RateLimitSettings,
    /// The most calls that are carried at once; more are answered 503. Default: 4096.
    pub max_concurrent_calls: usize,
    /// The largest body of a request, in bytes; more is answered 413. Default: 64 MiB.
    pub max_request_body_bytes: u64,
    /// How long an assertion is sent again with calls of the same caller by the same safe method (GET, HEAD, OPTIONS) to
    /// the same path; at most 30 s, half of its life. `0s` mints one for every call, which costs more than all the rest
    /// of it. Default: 10 s.
    #[serde(with = "friendly")]
    pub reuse_assertions_for: Duration,
    /// `Retry-After` of a call that was turned away under load. Default: 1 s.
    #[serde(with = "friendly")]
    pub overloaded_retry_after: Duration,
    /// `Retry-After` of a call to a suspended item, whose end nobody knows. Default: 5 min.
    #[serde(with = "friendly")]
    pub suspended_retry_after: Duration,
    /// How long to wait for a backend that says nothing of its own, and for clients.
    pub timeouts: Timeouts,
    /// Connections that are kept for the next call.
    pub pool: PoolSettings,
    /// Where backends may be, how they are reached, and how much each is given to do.
    pub backends: BackendSettings,
    /// When a backend counts as failing, and what then.
    pub health: HealthSettings,
    /// The most offerings that the metrics tell of one by one, first come, first served until they are retired; the calls
    /// of the others are summed up under `other`. Default: 500.
    pub labelled_offerings: usize,
}

/// The scheme of the public listener.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublicScheme {
    /// Clients connect without TLS.
    #[default]
    Http,
    /// Clients connect with TLS, here or at a balancer in front.
    Https,
}

impl PublicScheme {
    /// As it is written in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// The fields that the proxies in front write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedBy {
    /// `X-Forwarded-For`, `-Host` and `-Proto`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// How many calls may be made in a time; more are answered 429. Without a rate there is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimitSettings {
    /// By all callers through one channel, as the token's client. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_channel: Option<Rate>,
    /// By one caller, through whatever channel. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_caller: Option<Rate>,
    /// The most channels, and the most callers, that are kept count of; past it, those seen least are forgotten, and begin
    /// anew. Default: 100000.
    pub tracked: u64,
}

impl Default for RateLimitSettings {
    fn default() -> Self {
        Self { per_channel: None, per_caller: None, tracked: 100_000 }
    }
}

/// A number of calls that may be made at once, and again when that time has passed; in between, a part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// So many calls.
    pub calls: NonZeroU32,
    /// In this time.
    #[serde(with = "friendly")]
    pub within: Duration,
}

/// Limits on waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Until a connection to the backend stands, TLS included. Default: 5 s.
    #[serde(with = "friendly")]
    pub connect: Duration,
    /// Until the head of the response, once the backend has the request. Default: 30 s.
    #[serde(with = "friendly")]
    pub first_byte: Duration,
    /// Between two pieces of a body, in either direction; for a WebSocket, between two from whichever side. Default: 60 s.
    #[serde(with = "friendly")]
    pub idle: Duration,
    /// For a whole call, streams among them. Default: none, for a stream may last.
    #[serde(with = "friendly_or_none", skip_serializing_if = "Option::is_none")]
    pub total: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            assurance: Vec::new(),
            region_claim: None,
            public_scheme: PublicScheme::Http,
            trusted_proxies: Vec::new(),
            forwarded_by: ForwardedBy::XForwarded,
            rate_limits: RateLimitSettings::default(),
            max_concurrent_calls: 4096,
            max_request_body_bytes: 64 * 1024 * 1024,
            reuse_assertions_for: Duration::from_secs(10),
            overloaded_retry_after: Duration::from_secs(1),
            suspended_retry_after: Duration::from_secs(300),
            timeouts: Timeouts::default(),
            pool: PoolSettings::default(),
            backends: BackendSettings::default(),
            health: HealthSettings::default(),
            labelled_offerings: 500,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            total: None,
        }
    }
}

/// What is wrong with [`Settings`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A level is named twice, so that it has no place in the order.
    #[error("assurance level {0} is named twice")]
    RepeatedLevel(String),
    /// A level can't be written in a challenge (RFC 9470).
    #[error("assurance level {0:?} must be printable ASCII without blanks, quotes or backslashes")]
    LevelName(String),
    /// A limit that must be positive is zero.
    #[error("{0} must be more than zero")]
    Zero(&'static str),
    /// Something that should name a server doesn't.
    #[error("backends.http2_prior_knowledge: {0:?} is not host:port")]
    Server(String),
    /// More than all of it.
    #[error("{0} must be at most 100")]
    Percent(&'static str),
    /// Longer than is left of an assertion's life to whoever has to check it.
    #[error("reuse_assertions_for must be at most 30 s")]
    Reuse,
    /// More retries than calls.
    #[error("backends.retries_per_hundred_calls must be at most 100")]
    Retries,
}

impl Settings {
    /// Checks what the types can't say.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), SettingsError> {
        let mut seen = BTreeSet::new();
        for level in &self.assurance {
            let printable = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
            if level.is_empty() || !level.bytes().all(printable) {
                return Err(SettingsError::LevelName(level.clone()));
            }
            if !seen.insert(level) {
                return Err(SettingsError::RepeatedLevel(level.clone()));
            }
        }
        let is_zero = |rate: Option<Rate>| rate.is_some_and(|rate| rate.within.is_zero());
        for (name, zero) in [
            ("max_concurrent_calls", self.max_concurrent_calls == 0),
            ("rate_limits.tracked", self.rate_limits.tracked == 0),
            ("rate_limits.per_channel.within", is_zero(self.rate_limits.per_channel)),
            ("rate_limits.per_caller.within", is_zero(self.rate_limits.per_caller)),
            ("timeouts.connect", self.timeouts.connect.is_zero()),
            ("timeouts.first_byte", self.timeouts.first_byte.is_zero()),
            ("timeouts.idle", self.timeouts.idle.is_zero()),
            ("timeouts.total", self.timeouts.total.is_some_and(|total| total.is_zero())),
        ] {
            if zero {
                return Err(SettingsError::Zero(name));
            }
        }
        if self.reuse_assertions_for > ASSERTION_LIFETIME / 2 {
            return Err(SettingsError::Reuse);
        }
        self.pool.check()?;
        self.health.check()?;
        self.backends.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_table_gives_the_defaults_and_survives_being_shown() {
        let settings: Settings = toml::from_str("").expect("every field has a default");
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.check(), Ok(()));
        let shown = toml::to_string(&settings).expect("settings can be shown");
        assert_eq!(toml::from_str::<Settings>(&shown).expect("what was shown"), settings);
    }

    #[test]
    fn the_proxies_fields_are_named_in_kebab_case() {
        for (name, expected) in
            [("x-forwarded", ForwardedBy::XForwarded), ("forwarded", ForwardedBy::Forwarded)]
        {
            let settings: Settings =
                toml::from_str(&format!("forwarded_by = {name:?}")).expect("well formed");
            assert_eq!(settings.forwarded_by, expected);
        }
    }

    #[test]
    fn unknown_keys_are_refused_at_every_depth() {
        for text in
            ["max_body = 1", "[timeouts]\nwhole = \"1s\"", "[pool]\nsize = 1", "[backends]\nnetworks = []"]
        {
            assert!(toml::from_str::<Settings>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_the_types_cant_say_is_checked() {
        let check = |text: &str| toml::from_str::<Settings>(text).expect("well formed").check();
        assert_eq!(
            check(r#"assurance = ["low", "low"]"#),
            Err(SettingsError::RepeatedLevel("low".to_owned()))
        );
        assert_eq!(check(r#"assurance = ["a b"]"#), Err(SettingsError::LevelName("a b".to_owned())));
        assert_eq!(check("[timeouts]\nidle = \"0s\""), Err(SettingsError::Zero("timeouts.idle")));
        assert_eq!(check("[timeouts]\ntotal = \"0s\""), Err(SettingsError::Zero("timeouts.total")));
        assert_eq!(
            check("[health]\nfloor_percent = 101"),
            Err(SettingsError::Percent("health.floor_percent"))
        );
        assert_eq!(check(r#"reuse_assertions_for = "30s""#), Ok(()));
        assert_eq!(check(r#"reuse_assertions_for = "31s""#), Err(SettingsError::Reuse));
        assert_eq!(check("max_concurrent_calls = 0"), Err(SettingsError::Zero("max_concurrent_calls")));
    }
}
