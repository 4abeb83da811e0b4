//! Where the event log is.

use std::time::Duration;

use event_store::eventstoredb::Address;
use jiff::fmt::serde::unsigned_duration::friendly::compact::required as friendly;
use serde::{Deserialize, Serialize};

/// The embedded log: `events.sqlite` in the data directory.
const EMBEDDED: &str = "sqlite:events.sqlite";

/// Where the event log is, and how far behind it this process may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventLog {
    /// `sqlite:events.sqlite`, a file in the data directory for one gateway, or `esdb://host:port,host:port?…`, an
    /// EventStoreDB or KurrentDB cluster for several; `docs/cluster.md` has the parameters. No password: that is in the
    /// file which the parameter `credentialsFile` names. Default: `sqlite:events.sqlite`.
    pub address: String,
    /// How far behind the log this process may be before it refuses the APIs with 503; calls go on. From one second on,
    /// every answer says so in `Yimen-Behind`, and `/readyz` says no. Default: 60 s.
    #[serde(with = "friendly")]
    pub max_behind: Duration,
    /// Events after which the state of the catalogue is written to `read-model.snapshot` in the data directory, so that a
    /// start goes on from there and doesn't fold the whole log; a catalogue of more than twice as many items waits longer,
    /// and a process that is told to end writes what is worth it. The file is as private as the log: it holds drafts. It is
    /// never trusted over the log, and may be deleted at any time. 0: no such file is read or written. Default: 100000.
    pub snapshot_every: u64,
}

impl Default for EventLog {
    fn default() -> Self {
        Self { address: EMBEDDED.to_owned(), max_behind: Duration::from_secs(60), snapshot_every: 100_000 }
    }
}

impl EventLog {
    /// The cluster, if the log is in one.
    pub fn cluster(&self) -> Result<Option<Address>, String> {
        if self.address == EMBEDDED {
            return Ok(None);
        }
        if self.address.starts_with("sqlite:") {
            return Err(format!("event_log.address: the embedded log is {EMBEDDED}, in the data directory"));
        }
        let address: Address = self.address.parse().map_err(|error| format!("event_log.address: {error}"))?;
        if address.holds_a_secret() {
            let advice = "put user:password in a file and name it: esdb://…?credentialsFile=/path";
            return Err(format!("event_log.address holds a password; {advice}"));
        }
        Ok(Some(address))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        // A second is as fine as it is looked at.
        if self.max_behind < Duration::from_secs(1) {
            return Err("event_log.max_behind must be at least a second".to_owned());
        }
        self.cluster().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> EventLog {
        EventLog { address: address.to_owned(), ..EventLog::default() }
    }

    #[test]
    fn one_value_says_which_log() {
        assert_eq!(EventLog::default().cluster(), Ok(None));
        let cluster = at("esdb://a,b,c?tls=false&credentialsFile=/run/secrets/esdb").cluster();
        assert!(cluster.is_ok_and(|address| address.is_some()));
        for (address, part) in [
            ("sqlite:/elsewhere.sqlite", "in the data directory"),
            ("postgres://a", "esdb://"),
            ("esdb://a?tsl=false", "tsl is not known"),
        ] {
            let error = at(address).check().expect_err("refused");
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        let error = at("esdb://admin:hunter2@a?tls=false").check().expect_err("refused");
        assert!(error.contains("credentialsFile") && !error.contains("hunter2"), "{error}");
    }
}
