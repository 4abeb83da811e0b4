//! Which addresses the gateway connects to: a department's registration must not lead it anywhere else.

use std::net::IpAddr;
use std::sync::Arc;

use domain::never_a_backend;
use metrics::counter;

use crate::Network;

/// The networks that backends may be in.
#[derive(Debug, Clone)]
pub(crate) struct AddressGuard(Arc<[Network]>);

/// An address that is not connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{address} may not be a backend's: {reason}")]
pub(crate) struct AddressRefused {
    address: IpAddr,
    reason: &'static str,
}

impl AddressGuard {
    pub(crate) fn new(allowed: &[Network]) -> Self {
        Self(allowed.into())
    }

    /// Says whether the address may be connected to; counts it if not.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), AddressRefused> {
        let reason = match never_a_backend(address) {
            Some(reason) => reason,
            None if self.0.iter().any(|network| network.contains(address)) => return Ok(()),
            None => "not-allowed",
        };
        counter!("yimen_backend_addresses_refused_total", "reason" => reason).increment(1);
        Err(AddressRefused { address, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(allowed: &[&str], address: &str) -> Result<(), &'static str> {
        let network = |text: &&str| Network::try_from((*text).to_owned()).expect("a network");
        let allowed: Vec<Network> = allowed.iter().map(network).collect();
        let address = address.parse().expect("an address");
        AddressGuard::new(&allowed).check(address).map_err(|refused| refused.reason)
    }

    #[test]
    fn only_allowed_networks_are_connected_to() {
        for (address, expected) in [
            ("10.255.0.1", Ok(())),
            ("::ffff:10.0.0.1", Ok(())),
            ("fd12::1", Ok(())),
            ("11.0.0.1", Err("not-allowed")),
            ("127.0.0.1", Err("not-allowed")),
            ("::1", Err("not-allowed")),
            ("64:ff9b::a00:1", Err("not-allowed")),
        ] {
            assert_eq!(outcome(&["10.0.0.0/8", "fc00::/7"], address), expected, "{address}");
        }
        assert_eq!(outcome(&[], "10.0.0.1"), Err("not-allowed"));
    }

    #[test]
    fn what_is_never_a_backend_s_is_refused_though_everything_is_allowed() {
        for address in ["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fe80::1"] {
            assert_eq!(outcome(&["0.0.0.0/0", "::/0"], address), Err("link-local"), "{address}");
        }
    }
}
