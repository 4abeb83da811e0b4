//! A host with an optional port (RFC 3986, section 3.2.2; RFC 9110, section 7.2).

use std::net::Ipv6Addr;

/// Whether these bytes are a host, perhaps with a port, and nothing else: no user, and no empty name.
pub(crate) fn is_authority(bytes: &[u8]) -> bool {
    let Some(literal) = bytes.strip_prefix(b"[") else {
        let end = memchr::memchr(b':', bytes).unwrap_or(bytes.len());
        let (name, port) = bytes.split_at(end);
        return is_name(name) && is_port(port);
    };
    let Some(end) = memchr::memchr(b']', literal) else { return false };
    let (address, port) = literal.split_at(end);
    str::from_utf8(address).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok()) && is_port(&port[1..])
}

/// Nothing, or a colon and a number that a port can be, which may be missing.
fn is_port(bytes: &[u8]) -> bool {
    let Some((colon, digits)) = bytes.split_first() else { return true };
    *colon == b':'
        && digits.iter().all(u8::is_ascii_digit)
        && digits.iter().fold(0_u32, |port, digit| (port * 10 + u32::from(digit - b'0')).min(65_536))
            <= 65_535
}

fn is_name(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        rest = match (byte, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => after,
            (byte, after) if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(byte) => after,
            _ => return false,
        };
    }
    !bytes.is_empty()
}

#[cfg(test)]
mod tests {
    use super::is_authority;

    #[test]
    fn hosts_and_what_is_none() {
        for good in [
            "a",
            "yimen.test:443",
            "xn--wgv71a.cn",
            "127.0.0.1:65535",
            "[::1]",
            "[2001:db8::1]:8443",
            "a:",
            "a_b",
            "%E4",
        ] {
            assert!(is_authority(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            ":80",
            "a b",
            "a/b",
            "user@a",
            "a:b",
            "a:1:2",
            "a:65536",
            "[::1",
            "[::1]x",
            "[nonsense]",
            "::1",
            "a\"b",
            "办",
            "a%4",
            "a?b",
            "a#b",
            "a\\b",
        ] {
            assert!(!is_authority(bad.as_bytes()), "{bad}");
        }
    }
}
