//! What the operator can set about the departments' services as a whole.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// Private networks: RFC 1918, RFC 6598 and RFC 4193.
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/// Where backends may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackendSettings {
    /// The networks that backends may be in, such as `10.0.0.0/8`; whatever a name resolves to, no other address is
    /// connected to. Link-local, metadata, multicast, broadcast and unspecified addresses are refused in any case.
    /// Default: the private networks (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7), without loopback, where the
    /// gateway's own admin listener may be. Where a backend is on this host or has a public address, name its network.
    pub allowed_networks: Vec<IpNet>,
}

impl Default for BackendSettings {
    fn default() -> Self {
        Self { allowed_networks: PRIVATE.iter().filter_map(|network| network.parse().ok()).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_private_network_is_allowed_by_default() {
        assert_eq!(BackendSettings::default().allowed_networks.len(), PRIVATE.len());
    }
}
