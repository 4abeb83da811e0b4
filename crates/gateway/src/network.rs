//! Networks, as operators write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

/// A network of IPv4 or IPv6 addresses, written `10.0.0.0/8` (RFC 4632), or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

impl Network {
    /// This host's own addresses (RFC 1122, RFC 4291).
    pub const LOOPBACK: [Self; 2] = [v4([127, 0, 0, 0], 8), v6(Ipv6Addr::LOCALHOST, 128)];

    /// Private networks: RFC 1918, RFC 6598 and RFC 4193.
    pub const PRIVATE: [Self; 5] = [
        v4([10, 0, 0, 0], 8),
        v4([172, 16, 0, 0], 12),
        v4([192, 168, 0, 0], 16),
        v4([100, 64, 0, 0], 10),
        v6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    ];

    /// Whether the address is in it. An IPv4 address in IPv6 form counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Network {
    Network(IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)))
}

const fn v6(address: Ipv6Addr, prefix: u8) -> Network {
    Network(IpNet::V6(Ipv6Net::new_assert(address, prefix)))
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let address = || text.parse::<IpAddr>().map(IpNet::from);
        let network = text.parse().or_else(|_| address());
        network
            .map(Self)
            .map_err(|_| format!("{text} is neither a network such as 10.0.0.0/8 nor an address"))
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_addresses_are_read() {
        let network = |text: &str| Network::try_from(text.to_owned());
        let holds = |text: &str, address: &str| {
            network(text).expect("a network").contains(address.parse().expect("an address"))
        };
        assert!(holds("10.0.0.0/8", "10.1.2.3") && holds("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(!holds("10.0.0.0/8", "11.1.2.3") && !holds("10.0.0.0/8", "::1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && holds("::1", "::1") && !holds("::1", "::2"));
        for wrong in ["", "10.0.0.0/33", "localhost", "10.0.0.0-10.0.0.9"] {
            assert!(network(wrong).is_err(), "{wrong}");
        }
    }
}
