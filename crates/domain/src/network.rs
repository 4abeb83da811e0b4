//! Addresses that no backend may have, whatever an operator allows: one rule for the registry and for the gateway.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Services by which clouds tell a machine its secrets, besides those at link-local addresses.
const METADATA_V4: [Ipv4Addr; 3] = [
    // Alibaba Cloud
    Ipv4Addr::new(100, 100, 100, 200),
    // Azure
    Ipv4Addr::new(168, 63, 129, 16),
    // Oracle Cloud
    Ipv4Addr::new(192, 0, 0, 192),
];
const METADATA_V6: [Ipv6Addr; 3] = [
    // Google
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    // Oracle Cloud
    Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe),
    // Scaleway
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
];
/// The first two segments of Amazon's: instance metadata, and the identities of containers.
const AMAZON_V6: [u16; 2] = [0xfd00, 0xec2];

/// Why no backend may be at this address, if so: link-local and metadata addresses give away a machine's secrets, the
/// others are nobody's. An IPv4 address counts in every form in which IPv6 carries one.
pub fn never_a_backend(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => never_v4(address),
        IpAddr::V6(address) => never_v6(address).or_else(|| carried(address).find_map(never_v4)),
    }
}

fn never_v4(address: Ipv4Addr) -> Option<&'static str> {
    if address.octets()[0] == 0 {
        // RFC 1122, section 3.2.1.3: "this network", of which 0.0.0.0 is this host.
        Some("unspecified")
    } else if address.is_link_local() {
        Some("link-local")
    } else if METADATA_V4.contains(&address) {
        Some("metadata")
    } else if address.is_multicast() {
        Some("multicast")
    } else if address.is_broadcast() {
        Some("broadcast")
    } else {
        None
    }
}

fn never_v6(address: Ipv6Addr) -> Option<&'static str> {
    if address.is_unspecified() {
        Some("unspecified")
    } else if address.is_unicast_link_local() {
        Some("link-local")
    } else if METADATA_V6.contains(&address) || address.segments().starts_with(&AMAZON_V6) {
        Some("metadata")
    } else if address.is_multicast() {
        Some("multicast")
    } else {
        None
    }
}

/// The IPv4 addresses that an IPv6 address leads to or comes from.
fn carried(address: Ipv6Addr) -> impl Iterator<Item = Ipv4Addr> {
    let bits = address.to_bits();
    let at = |shift: u32| Ipv4Addr::from_bits(u32::try_from((bits >> shift) & 0xffff_ffff).unwrap_or(0));
    let [first, second, third, ..] = address.segments();
    let found: [Option<Ipv4Addr>; 2] = match (first, second) {
        // RFC 4291, section 2.5.5: mapped (`::ffff:a.b.c.d`), compatible (`::a.b.c.d`), and translated (RFC 2765).
        // The loopback address has the form of a compatible one.
        (0, 0) if third == 0 && !address.is_loopback() => [Some(at(0)), None],
        // RFC 6052: the well-known prefix of NAT64; RFC 8215: its local-use one.
        (0x64, 0xff9b) => [Some(at(0)), None],
        // RFC 3056: 6to4.
        (0x2002, _) => [Some(at(80)), None],
        // RFC 4380: Teredo's server, and its client behind inverted bits.
        (0x2001, 0) => [Some(at(64)), Some(Ipv4Addr::from_bits(!at(0).to_bits()))],
        // RFC 5214: ISATAP, under any prefix.
        _ if bits >> 32 & 0xfcff_ffff == 0x5efe => [Some(at(0)), None],
        _ => [None, None],
    };
    found.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never(text: &str) -> Option<&'static str> {
        never_a_backend(text.parse().expect("an address"))
    }

    #[test]
    fn what_is_nobodys_or_gives_secrets_away_is_refused() {
        for (address, reason) in [
            ("0.0.0.0", "unspecified"),
            ("0.1.2.3", "unspecified"),
            ("169.254.0.23", "link-local"),
            ("169.254.169.254", "link-local"),
            ("100.100.100.200", "metadata"),
            ("168.63.129.16", "metadata"),
            ("192.0.0.192", "metadata"),
            ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"),
            ("255.255.255.255", "broadcast"),
            ("::", "unspecified"),
            ("fe80::1", "link-local"),
            ("febf::1", "link-local"),
            ("fd00:ec2::254", "metadata"),
            ("fd00:ec2::23", "metadata"),
            ("fd20:ce::254", "metadata"),
            ("fd00:c1::a9fe:a9fe", "metadata"),
            ("fd00:42::42", "metadata"),
            ("ff02::1", "multicast"),
        ] {
            assert_eq!(never(address), Some(reason), "{address}");
        }
    }

    #[test]
    fn an_ipv4_address_counts_in_every_form() {
        for address in [
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "2001:0:a9fe:a9fe::1",
            "2001:0:102:304::5601:5601",
            "2001:db8::5efe:169.254.169.254",
            "2001:db8::200:5efe:169.254.169.254",
        ] {
            assert_eq!(never(address), Some("link-local"), "{address}");
        }
        assert_eq!(never("::ffff:0.0.0.0"), Some("unspecified"));
    }

    #[test]
    fn other_addresses_are_the_operators_to_allow() {
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "192.168.1.1",
            "172.16.0.1",
            "100.64.0.1",
            "8.8.8.8",
            "240.0.0.1",
            "::1",
            "fd00::1",
            "2001:db8::1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:a00:1::1",
        ] {
            assert_eq!(never(address), None, "{address}");
        }
    }
}
