//! How calls are counted for the log.

use std::time::Duration;

use jiff::fmt::serde::unsigned_duration::friendly::compact::required as friendly;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// How calls are counted for the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Usage {
    /// How often what was counted is written to the log, besides at the end of the city's day and of the process. A process
    /// that is killed loses what it counted since the last time, and nothing else. Each time costs the log a line for every
    /// offering that was called. Default: 6 h.
    #[serde(with = "friendly")]
    pub every: Duration,
    /// Where the city's day begins: the offset of its clocks from UTC. Default: `+08:00`, the one time of China, which
    /// has no summer time.
    pub utc_offset: UtcOffset,
}

/// An offset from UTC, written as `+08:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UtcOffset(pub Offset);

impl Default for Usage {
    fn default() -> Self {
        Self { every: Duration::from_hours(6), utc_offset: UtcOffset(Offset::constant(8)) }
    }
}

impl Usage {
    /// Checks what the types can't say.
    pub fn check(&self) -> Result<(), String> {
        if self.every.is_zero() { Err("usage.every must be more than zero".to_owned()) } else { Ok(()) }
    }
}

impl TryFrom<String> for UtcOffset {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let begins_well = text.starts_with(['+', '-']);
        let zone = DateTimeParser::new().parse_time_zone(&text).ok().filter(|_| begins_well);
        let offset = zone.and_then(|zone| zone.to_fixed_offset().ok());
        // No clock on earth is further from UTC; the library itself takes more than a day.
        let offset = offset.filter(|offset| offset.seconds().abs() <= 14 * 60 * 60);
        offset.map(Self).ok_or_else(|| format!("{text:?} is no offset from UTC, such as +08:00"))
    }
}

impl From<UtcOffset> for String {
    fn from(offset: UtcOffset) -> Self {
        let minutes = offset.0.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_and_written_alike() {
        for text in ["+08:00", "-03:30", "+00:00"] {
            let read = UtcOffset::try_from(text.to_owned()).expect("an offset");
            assert_eq!(String::from(read), text);
        }
        assert_eq!(Usage::default().utc_offset, UtcOffset::try_from("+08".to_owned()).expect("an offset"));
        for text in ["", "8", "Asia/Shanghai", "Z", "+25:00", "+08:00x"] {
            assert!(UtcOffset::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
