//! When a backend counts as failing, and what then.

use std::time::Duration;

use jiff::fmt::serde::unsigned_duration::friendly::compact::required as friendly;
use serde::{Deserialize, Serialize};

use crate::SettingsError;

/// When calls to a backend are refused at once, when it is passed over, and how it is probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthSettings {
    /// So many failures in a row open the circuit. Default: 5.
    pub failures_in_a_row: u32,
    /// So does this share of the calls in the window, in percent, if there were enough. Default: 50.
    pub failure_percent: u8,
    /// How many calls are enough. Default: 20.
    pub min_calls: u32,
    /// The window, which begins with a failure. Default: 10 s.
    #[serde(with = "friendly")]
    pub window: Duration,
    /// How long the circuit stays open before a call is let through on trial; twice as long after each that failed.
    /// Default: 5 s.
    #[serde(with = "friendly")]
    pub open_for: Duration,
    /// The longest that it stays open. Default: 1 min.
    #[serde(with = "friendly")]
    pub max_open_for: Duration,
    /// The share of an entry's equal offerings, in percent and rounded down, that stays in the choice whatever was seen
    /// of them: when many fail at once, the rest must not be buried under everybody's calls. Where all are doubted, all
    /// stay. Default: 50.
    pub floor_percent: u8,
    /// How often a backend is probed that has registered a health path; not at all if zero. Default: 10 s.
    #[serde(with = "friendly")]
    pub probe_interval: Duration,
    /// How long a probe may take. Default: 2 s.
    #[serde(with = "friendly")]
    pub probe_timeout: Duration,
    /// So many failed probes in a row raise doubt. Default: 3.
    pub probe_failures: u32,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self {
            failures_in_a_row: 5,
            failure_percent: 50,
            min_calls: 20,
            window: Duration::from_secs(10),
            open_for: Duration::from_secs(5),
            max_open_for: Duration::from_secs(60),
            floor_percent: 50,
            probe_interval: Duration::from_secs(10),
            probe_timeout: Duration::from_secs(2),
            probe_failures: 3,
        }
    }
}

impl HealthSettings {
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        for (name, zero) in [
            ("health.failures_in_a_row", self.failures_in_a_row == 0),
            ("health.failure_percent", self.failure_percent == 0),
            ("health.min_calls", self.min_calls == 0),
            ("health.window", self.window.is_zero()),
            ("health.open_for", self.open_for.is_zero()),
            ("health.probe_timeout", self.probe_timeout.is_zero()),
            ("health.probe_failures", self.probe_failures == 0),
        ] {
            if zero {
                return Err(SettingsError::Zero(name));
            }
        }
        for (name, percent) in
            [("health.failure_percent", self.failure_percent), ("health.floor_percent", self.floor_percent)]
        {
            if percent > 100 {
                return Err(SettingsError::Percent(name));
            }
        }
        Ok(())
    }
}
