//! The way that a request took through the proxies in front, as far as they are trusted: from `X-Forwarded-*`, or
//! from `Forwarded` (RFC 7239).

use std::net::{IpAddr, SocketAddr};

use http::header::FORWARDED;
use http::uri::Authority;
use http::{HeaderMap, HeaderName};

use crate::{ForwardedBy, Network, PublicScheme};

/// The most hops that are looked at; nobody has as many proxies in front.
const MOST_HOPS: usize = 32;

/// What is believed of a request's way.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Way {
    /// The client first, then the proxies; empty if nobody is known.
    pub(crate) addresses: Vec<IpAddr>,
    /// The host that the client asked, if a proxy says so.
    pub(crate) host: Option<Authority>,
    /// The scheme by which it asked, likewise.
    pub(crate) scheme: Option<PublicScheme>,
}

/// One hop, as the proxy after it tells.
#[derive(Debug, Default)]
struct Hop {
    address: Option<IpAddr>,
    host: Option<Authority>,
    scheme: Option<PublicScheme>,
}

impl Way {
    /// From whoever connected back to the first whom nobody trusted vouches for.
    ///
    /// Only the fields that the proxies write are read: others may be as the client wrote them. What an untrusted peer
    /// says counts for nothing.
    pub(crate) fn of(
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        trusted: &[Network],
        forwarded_by: ForwardedBy,
    ) -> Self {
        let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
        let Some(peer) = peer else { return Self::default() };
        let mut way = Self { addresses: vec![peer], ..Self::default() };
        if !is_trusted(peer) {
            return way;
        }
        let hops = match forwarded_by {
            ForwardedBy::XForwarded => customary(headers),
            ForwardedBy::Forwarded => standard(headers),
        };
        for hop in hops.into_iter().rev().take(MOST_HOPS) {
            way.host = hop.host.or(way.host);
            way.scheme = hop.scheme.or(way.scheme);
            // Unknown or hidden: nothing before it can be believed.
            let Some(address) = hop.address else { break };
            way.addresses.insert(0, address);
            if !is_trusted(address) {
                break;
            }
        }
        way
    }
}

/// The hops of `Forwarded`, the oldest first. None if its quoting is wrong anywhere: a quote that a client leaves open
/// would take in what a proxy appended.
fn standard(headers: &HeaderMap) -> Vec<Hop> {
    let values = headers.get_all(FORWARDED).iter().filter_map(|value| value.to_str().ok());
    let elements: Option<Vec<_>> = values.map(|value| split_unquoted(value, ',')).collect();
    elements.into_iter().flatten().flatten().map(element).collect()
}

fn element(text: &str) -> Hop {
    let mut hop = Hop::default();
    let pairs = split_unquoted(text, ';').into_iter().flatten();
    for (name, value) in pairs.filter_map(|pair| pair.split_once('=')) {
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "for" => hop.address = address(value),
            "host" => hop.host = value.parse().ok(),
            "proto" => hop.scheme = scheme(value),
            _ => {}
        }
    }
    hop
}

/// The hops of `X-Forwarded-For`, the oldest first; the last proxy says what host and scheme were asked for.
fn customary(headers: &HeaderMap) -> Vec<Hop> {
    let list = |name: &'static str| {
        let values = headers.get_all(HeaderName::from_static(name)).iter();
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
    };
    let mut hops: Vec<_> =
        list("x-forwarded-for").map(|text| Hop { address: address(text), ..Hop::default() }).collect();
    if let Some(last) = hops.last_mut() {
        last.host = list("x-forwarded-host").next_back().and_then(|text| text.parse().ok());
        last.scheme = list("x-forwarded-proto").next_back().and_then(scheme);
    }
    hops
}

/// An address, perhaps in brackets, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

fn scheme(text: &str) -> Option<PublicScheme> {
    if text.eq_ignore_ascii_case("https") {
        Some(PublicScheme::Https)
    } else if text.eq_ignore_ascii_case("http") {
        Some(PublicScheme::Http)
    } else {
        None
    }
}

/// The parts between separators that don't stand in quotes; `None` if a quote stays open or a backslash stands outside
/// of quotes, where it means nothing.
fn split_unquoted(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut quoted, mut escaped, mut stray) = (false, false, false);
    let parts = text
        .split(|letter| {
            if escaped {
                escaped = false;
            } else if letter == '\\' {
                escaped = quoted;
                stray |= !quoted;
            } else {
                quoted ^= letter == '"';
            }
            letter == separator && !quoted
        })
        .collect();
    (!quoted && !stray).then_some(parts)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn network(text: &str) -> Network {
        text.to_owned().try_into().expect("a network")
    }

    fn way(
        peer: &str,
        forwarded_by: ForwardedBy,
        fields: &[(&'static str, &'static str)],
    ) -> (Vec<String>, Option<String>, Option<PublicScheme>) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let trusted = ["10.0.0.0/8", "2001:db8::/32"].map(network);
        let way = Way::of(&headers, peer.parse().ok(), &trusted, forwarded_by);
        let addresses = way.addresses.iter().map(IpAddr::to_string).collect();
        (addresses, way.host.map(|host| host.to_string()), way.scheme)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let claims = [
            ("x-forwarded-for", "192.0.2.9"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=192.0.2.8"),
        ];
        for (forwarded_by, client, scheme) in [
            (ForwardedBy::XForwarded, "192.0.2.9", Some(PublicScheme::Https)),
            (ForwardedBy::Forwarded, "192.0.2.8", None),
        ] {
            let stranger = way("203.0.113.1", forwarded_by, &claims);
            assert_eq!(stranger, (vec!["203.0.113.1".to_owned()], None, None));
            let believed = way("10.1.1.1", forwarded_by, &claims);
            assert_eq!(believed, (vec![client.to_owned(), "10.1.1.1".to_owned()], None, scheme));
        }
    }

    #[test]
    fn what_the_client_wrote_before_the_proxies_is_not_believed() {
        let (addresses, host, scheme) = way(
            "10.1.1.1",
            ForwardedBy::XForwarded,
            &[
                ("x-forwarded-for", "127.0.0.1, 198.51.100.7"),
                ("x-forwarded-for", "10.2.2.2"),
                ("x-forwarded-host", "evil.test, gov.test"),
                ("x-forwarded-proto", "https"),
            ],
        );
        assert_eq!(addresses, ["198.51.100.7", "10.2.2.2", "10.1.1.1"]);
        assert_eq!((host.as_deref(), scheme), (Some("gov.test"), Some(PublicScheme::Https)));
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_has_it() {
        let (addresses, host, scheme) = way(
            "2001:db8::1",
            ForwardedBy::Forwarded,
            &[(
                "forwarded",
                "For=\"[2001:4860::1]:99\";Proto=HTTPS;host=\"gov.test:8443\", for=10.0.0.9:80;by=x",
            )],
        );
        assert_eq!(addresses, ["2001:4860::1", "10.0.0.9", "2001:db8::1"]);
        assert_eq!((host.as_deref(), scheme), (Some("gov.test:8443"), Some(PublicScheme::Https)));
        for hidden in ["for=_hidden", "for=unknown", "for=\"a,b\"", "nonsense", ""] {
            let mut headers = HeaderMap::new();
            headers.append(
                "forwarded",
                HeaderValue::from_str(&format!("for=192.0.2.1, {hidden}")).expect("a value"),
            );
            let trusted = [network("10.0.0.0/8")];
            let peer = "10.0.0.1".parse().expect("an address");
            let way = Way::of(&headers, Some(peer), &trusted, ForwardedBy::Forwarded);
            assert_eq!(way.addresses, [peer], "{hidden}");
        }
    }

    #[test]
    fn a_quote_that_a_client_left_open_takes_nothing_in() {
        for fields in [
            &["for=9.9.9.9;x=\", for=198.51.100.7"][..],
            &["for=9.9.9.9;x=\", for=\"198.51.100.7\""],
            &["for=9.9.9.9;x=\"\\\", for=198.51.100.7"],
            &["for=9.9.9.9;x=\", for=198.51.100.7;host=\"a\\\"b\""],
            &["for=9.9.9.9;x=\"", "for=198.51.100.7"],
        ] {
            let fields: Vec<_> = fields.iter().map(|value| ("forwarded", *value)).collect();
            let seen = way("10.1.1.1", ForwardedBy::Forwarded, &fields);
            assert_eq!(seen, (vec!["10.1.1.1".to_owned()], None, None), "{fields:?}");
        }
        let quoted = [("forwarded", "for=9.9.9.9;x=\"\\\", for=1.1.1.1\", for=198.51.100.7")];
        let (addresses, ..) = way("10.1.1.1", ForwardedBy::Forwarded, &quoted);
        assert_eq!(addresses, ["198.51.100.7", "10.1.1.1"]);
    }
}
