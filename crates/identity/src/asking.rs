//! How often whoever gave out a token is asked about it, and how long the answers are remembered.

use std::time::Duration;

use jiff::fmt::serde::unsigned_duration::friendly::compact::required as friendly;
use serde::{Deserialize, Serialize};

use crate::{ConfigError, VerdictCacheConfig};

/// Bounds on questions about opaque tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskingBounds {
    /// How long an acceptance is remembered, and so how long a token that was withdrawn is still taken: at most
    /// [`VerdictCacheConfig::MAX_ACCEPTED_FOR`]. Default: 10 s.
    #[serde(with = "friendly")]
    pub accepted_for: Duration,
    /// How long a refusal is remembered; at most as long as an acceptance could be. Default: 5 s.
    #[serde(with = "friendly")]
    pub refused_for: Duration,
    /// How long one question may take, with all its calls and the wait for a place. Default: 2 s.
    #[serde(with = "friendly")]
    pub timeout: Duration,
    /// Questions at the same time. Default: 64.
    pub max_at_once: usize,
    /// Callers who may wait for an answer at the same time; more are told at once that their token can't be checked. Keep
    /// it well under `gateway.max_concurrent_calls`. Default: 256.
    pub max_waiting: usize,
    /// After so many questions in a row without an answer, nobody is asked. Default: 5.
    pub opens_after: u32,
    /// For so long; then one question is asked on trial. Default: 5 s.
    #[serde(with = "friendly")]
    pub open_for: Duration,
    /// The size of the answers that are remembered, in approximate bytes. Default: 16 MiB.
    pub capacity_bytes: u64,
}

impl Default for AskingBounds {
    fn default() -> Self {
        Self {
            accepted_for: Duration::from_secs(10),
            refused_for: Duration::from_secs(5),
            timeout: Duration::from_secs(2),
            max_at_once: 64,
            max_waiting: 256,
            opens_after: 5,
            open_for: Duration::from_secs(5),
            capacity_bytes: 16 * 1024 * 1024,
        }
    }
}

impl AskingBounds {
    /// Checks those of a portal.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let remembered = [
            ("ticket.asking.accepted_for", self.accepted_for),
            ("ticket.asking.refused_for", self.refused_for),
        ];
        if let Some((name, _)) =
            remembered.into_iter().find(|(_, time)| *time > VerdictCacheConfig::MAX_ACCEPTED_FOR)
        {
            return Err(ConfigError::RememberedTooLong(name));
        }
        let zero = [
            ("ticket.asking.timeout", self.timeout.is_zero()),
            ("ticket.asking.max_at_once", self.max_at_once == 0),
            ("ticket.asking.max_waiting", self.max_waiting == 0),
            ("ticket.asking.opens_after", self.opens_after == 0),
            ("ticket.asking.open_for", self.open_for.is_zero()),
        ];
        zero.into_iter().find(|(_, zero)| *zero).map_or(Ok(()), |(name, _)| Err(ConfigError::Zero(name)))
    }
}
