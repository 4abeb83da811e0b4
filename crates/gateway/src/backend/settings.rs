//! What the operator can set about the departments' servers as a whole.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use http::uri::Authority;
use jiff::fmt::serde::unsigned_duration::friendly::compact::required as friendly;
use serde::{Deserialize, Serialize};

use crate::{Network, SettingsError};

/// Where backends may be, how they are reached, and how much each is given to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackendSettings {
    /// The networks, or single addresses, that backends may be at, such as `10.0.0.0/8`; whatever a name resolves to, no other address is
    /// connected to. Link-local, metadata, multicast, broadcast and unspecified addresses are refused in any case.
    /// Default: the private networks (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7), without loopback. Where a
    /// backend is on this host or has a public address, name its network. Have nothing in them that answers without
    /// credentials: bind the gateway's own admin listener elsewhere.
    pub allowed_networks: Vec<Network>,
    /// Files of certificates (PEM) that are trusted beside the system's roots. Default: none.
    pub extra_roots: Vec<PathBuf>,
    /// What the gateway shows to backends that ask who calls (mutual TLS). Default: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<ClientCertificate>,
    /// The `http` backends that speak HTTP/2 without being asked (RFC 9113, section 3.3), each as `host:port`. With
    /// `https`, both sides agree on the version. Default: none.
    pub http2_prior_knowledge: BTreeSet<String>,
    /// The most calls that one server answers at once. Each needs a connection of its own with HTTP/1.1, so that this
    /// bounds the connections, too. Default: 512.
    pub max_calls: usize,
    /// The most calls that wait for a place at one server; more are answered 503 at once. Default: 512.
    pub max_waiting: usize,
    /// How long a call waits for a place. Default: 1 s.
    #[serde(with = "friendly")]
    pub max_wait: Duration,
    /// Retries for each hundred calls to one server, at most 100; ten may be saved up. Default: 20.
    pub retries_per_hundred_calls: u8,
    /// The largest head of a response, in bytes. Default: 64 KiB.
    pub max_response_head_bytes: u32,
}

/// A certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCertificate {
    /// The file of the certificate and those that lead to a root (PEM), its own first.
    pub certificate_file: PathBuf,
    /// The file of the private key (PEM).
    pub key_file: PathBuf,
}

/// Connections that are kept for the next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolSettings {
    /// The most idle connections that are kept for each server; workers, one for each processor, keep equal parts of
    /// them, rounded up. Default: 64.
    pub max_idle_per_backend: usize,
    /// How long an idle connection is kept; less than backends keep theirs, for both closing and sending at once
    /// costs a call. Default: 15 s.
    #[serde(with = "friendly")]
    pub idle_timeout: Duration,
    /// How long a connection takes new calls, so that a server that has moved is found at its new address. Default:
    /// 5 min.
    #[serde(with = "friendly")]
    pub max_age: Duration,
    /// The most calls at once on one HTTP/2 connection, if the server allows as many. Default: 100.
    pub max_streams_per_connection: usize,
}

impl Default for BackendSettings {
    fn default() -> Self {
        Self {
            allowed_networks: Network::PRIVATE.to_vec(),
            extra_roots: Vec::new(),
            client_certificate: None,
            http2_prior_knowledge: BTreeSet::new(),
            max_calls: 512,
            max_waiting: 512,
            max_wait: Duration::from_secs(1),
            retries_per_hundred_calls: 20,
            max_response_head_bytes: 64 * 1024,
        }
    }
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            max_idle_per_backend: 64,
            idle_timeout: Duration::from_secs(15),
            max_age: Duration::from_secs(300),
            max_streams_per_connection: 100,
        }
    }
}

impl BackendSettings {
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let is_server =
            |text: &str| text.parse::<Authority>().is_ok_and(|server| server.port_u16().is_some());
        match self.http2_prior_knowledge.iter().find(|text| !is_server(text)) {
            Some(text) => Err(SettingsError::Server(text.clone())),
            None if self.retries_per_hundred_calls > 100 => Err(SettingsError::Retries),
            None if self.max_calls == 0 => Err(SettingsError::Zero("backends.max_calls")),
            None if self.max_response_head_bytes == 0 => {
                Err(SettingsError::Zero("backends.max_response_head_bytes"))
            }
            None => Ok(()),
        }
    }
}

impl PoolSettings {
    pub(crate) const fn check(&self) -> Result<(), SettingsError> {
        if self.max_streams_per_connection == 0 {
            Err(SettingsError::Zero("pool.max_streams_per_connection"))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_types_cant_say_is_checked() {
        let check = |text: &str| toml::from_str::<BackendSettings>(text).expect("well formed").check();
        assert_eq!(check(""), Ok(()));
        assert_eq!(check(r#"http2_prior_knowledge = ["[::1]:80", "b.example:8080"]"#), Ok(()));
        for server in ["b.example", "http://b.example:80", ""] {
            assert_eq!(
                check(&format!("http2_prior_knowledge = [{server:?}]")),
                Err(SettingsError::Server(server.to_owned()))
            );
        }
        assert_eq!(check("retries_per_hundred_calls = 101"), Err(SettingsError::Retries));
        assert_eq!(check("max_calls = 0"), Err(SettingsError::Zero("backends.max_calls")));
        assert!(toml::from_str::<BackendSettings>(r#"allowed_networks = ["10.0.0.0/40"]"#).is_err());
    }
}
