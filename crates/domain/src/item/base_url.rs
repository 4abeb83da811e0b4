//! The base URL of a department's service: one reading for every client, and no address that is never a backend's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::never_a_backend;

/// What is wrong with a base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BaseUrlFault {
    #[error("an http or https URL with a host and without credentials, query, fragment or dot segments")]
    Form,
    #[error("a {0} address can't be called; name the department's own service")]
    Address(&'static str),
}

impl BaseUrlFault {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Form => "url",
            Self::Address(_) => "forbidden-address",
        }
    }
}

/// A conservative reading of RFC 3986: what it accepts means the same to every client.
pub(super) fn check(url: &str) -> Result<(), BaseUrlFault> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let rest = rest.ok_or(BaseUrlFault::Form)?;
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    if !is_path(path) {
        return Err(BaseUrlFault::Form);
    }
    match address(authority)? {
        Some(address) => never_a_backend(address).map_or(Ok(()), |reason| Err(BaseUrlFault::Address(reason))),
        None => Ok(()),
    }
}

/// The address in an authority, where it is not a name.
fn address(authority: &str) -> Result<Option<IpAddr>, BaseUrlFault> {
    let (address, port) = match authority.strip_prefix('[') {
        Some(literal) => {
            let (address, port) = literal.split_once(']').ok_or(BaseUrlFault::Form)?;
            let address: Ipv6Addr = address.parse().map_err(|_| BaseUrlFault::Form)?;
            (Some(IpAddr::V6(address)), port)
        }
        None => {
            let (host, port) = authority.find(':').map_or((authority, ""), |colon| authority.split_at(colon));
            (ipv4_or_name(host)?.map(IpAddr::V4), port)
        }
    };
    if is_port(port) { Ok(address) } else { Err(BaseUrlFault::Form) }
}

/// An address in the usual notation, or none for a name. `2852039166`, `0xa9.254.43518` and their like are addresses to
/// some clients and names to others.
fn ipv4_or_name(host: &str) -> Result<Option<Ipv4Addr>, BaseUrlFault> {
    let is_host = (1..=253).contains(&host.len())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if !is_host {
        return Err(BaseUrlFault::Form);
    }
    if let Ok(address) = host.parse() {
        return Ok(Some(address));
    }
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let is_number =
        last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x") || last.starts_with("0X");
    if is_number { Err(BaseUrlFault::Form) } else { Ok(None) }
}

/// Nothing, or a colon and a port.
fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok_and(|port| port > 0))
}

fn is_path(path: &str) -> bool {
    path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'\\' | b'"' | b'<' | b'>'))
        && path.split('/').all(|segment| segment != "." && segment != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_those_that_every_client_reads_alike() {
        for url in [
            "http://127.0.0.1:9101/xihu",
            "https://api.example.gov.cn",
            "http://[::1]:8080/a/b",
            "https://x/a%20b",
            "http://x.12a/",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for url in [
            "ftp://x/",
            "http://",
            "http://u:p@x/",
            "http://x/?q",
            "http://x/#f",
            "http://x/../a",
            "http://x/a b",
            "http://[::g]/",
            "http://x:0/",
            "http://x:99999/",
            "http://x\\y/",
            "HTTP://x/",
            "http://x:/",
            "//x/",
        ] {
            assert_eq!(check(url), Err(BaseUrlFault::Form), "{url}");
        }
    }

    #[test]
    fn an_address_is_written_in_one_way() {
        for url in [
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0XA9.0xfe.0xa9.0xfe/",
            "http://169.254.43518/",
            "http://0251.0376.0251.0376/",
            "http://169.254.169.254./",
            "http://./",
        ] {
            assert_eq!(check(url), Err(BaseUrlFault::Form), "{url}");
        }
    }

    #[test]
    fn an_address_that_is_never_a_backends_is_named() {
        for (url, reason) in [
            ("http://169.254.169.254/latest", "link-local"),
            ("http://[fe80::1]:80/", "link-local"),
            ("http://[::ffff:169.254.169.254]/", "link-local"),
            ("https://100.100.100.200", "metadata"),
            ("http://0.0.0.0:9090", "unspecified"),
            ("http://[ff02::1]/", "multicast"),
        ] {
            assert_eq!(check(url), Err(BaseUrlFault::Address(reason)), "{url}");
        }
    }
}
