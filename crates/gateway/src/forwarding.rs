//! The header fields of a call on either side of the gateway.

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::header::{CONTENT_LENGTH, EXPECT, FORWARDED, HOST, TRANSFER_ENCODING, VIA};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Version};
use http_body::Body;

use crate::forwarded::Way;
use crate::trace_context::TraceContext;
use crate::{ASSERTION, PublicScheme, Settings, claimed_identity, hop_by_hop};

/// What `Forwarded` seldom exceeds, in bytes.
const LENGTH: usize = 96;
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What the gateway itself knows of a request, and tells the backend.
#[derive(Debug)]
pub(crate) struct Received {
    /// The client first, then the trusted proxies that the request came through.
    way: Vec<IpAddr>,
    host: Option<Authority>,
    version: Version,
    scheme: PublicScheme,
}

impl Received {
    pub(crate) fn of(head: &Parts, settings: &Settings) -> Self {
        let peer = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
        let Way { addresses, host, scheme } =
            Way::of(&head.headers, peer, &settings.trusted_proxies, settings.forwarded_by);
        let named = || head.headers.get(HOST).and_then(|value| Authority::try_from(value.as_bytes()).ok());
        Self {
            way: addresses,
            host: host
                .or_else(|| head.uri.authority().cloned())
                .or_else(named)
                .filter(|host| !host.as_str().contains('@')),
            version: head.version,
            scheme: scheme.unwrap_or(settings.public_scheme),
        }
    }

    /// RFC 7239: the hops that we have seen ourselves, or believe those who have.
    fn forwarded(&self) -> String {
        let mut text = String::with_capacity(LENGTH);
        // Writing to a String can't fail.
        let hop = |text: &mut String, address: &IpAddr| {
            let _ = match address {
                IpAddr::V4(address) => write!(text, "for={address}"),
                IpAddr::V6(address) => write!(text, "for=\"[{address}]\""),
            };
        };
        match self.way.first() {
            Some(client) => hop(&mut text, client),
            None => text.push_str("for=unknown"),
        }
        if let Some(host) = &self.host {
            let _ = write!(text, ";host=\"{host}\"");
        }
        let _ = write!(text, ";proto={}", self.scheme.as_str());
        for proxy in self.way.iter().skip(1) {
            text.push_str(", ");
            hop(&mut text, proxy);
        }
        text
    }

    /// The same as a list of addresses; none if nobody is known.
    fn addresses(&self) -> Option<String> {
        let (client, proxies) = self.way.split_first()?;
        let mut text = client.to_string();
        for proxy in proxies {
            let _ = write!(text, ", {proxy}");
        }
        Some(text)
    }
}

/// Turns the fields that a client sent into those that the backend gets: first everything that isn't the client's to
/// say goes, then ours come. `Host` is the backend's own, and comes with the connection.
pub(crate) fn rewrite_request(
    headers: &mut HeaderMap,
    received: &Received,
    trace: TraceContext,
    assertion: HeaderValue,
) {
    hop_by_hop::strip(headers);
    claimed_identity::strip(headers);
    headers.remove(HOST);
    // The server side answers 100-continue itself, once the body is wanted.
    headers.remove(EXPECT);
    let mut set = |name: HeaderName, value: Option<HeaderValue>| {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    };
    set(FORWARDED, HeaderValue::try_from(received.forwarded()).ok());
    set(X_FORWARDED_FOR, received.addresses().and_then(|text| HeaderValue::try_from(text).ok()));
    set(X_FORWARDED_HOST, received.host.as_ref().and_then(|host| HeaderValue::from_str(host.as_str()).ok()));
    set(X_FORWARDED_PROTO, Some(HeaderValue::from_static(received.scheme.as_str())));
    headers.append(VIA, via(received.version));
    trace.write(headers);
    headers.insert(ASSERTION, assertion);
}

/// Says that a body follows whose length isn't known. hyper's client would leave it out with a method that seldom has
/// a body; where the length is known, it writes it.
pub(crate) fn announce_unknown_length(headers: &mut HeaderMap, body: &impl Body) {
    if !body.is_end_stream() && body.size_hint().exact().is_none() {
        headers.remove(CONTENT_LENGTH);
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}

/// Turns the fields of a backend's response into those that the client gets.
pub(crate) fn rewrite_response(headers: &mut HeaderMap, received: Version) {
    hop_by_hop::strip(headers);
    // One that sends back what it received must not hand our word for the caller to whoever listens.
    headers.remove(ASSERTION);
    headers.append(VIA, via(received));
}

/// RFC 9110, section 7.6.3: the protocol of the message as it was received, and a name for the gateway.
const fn via(version: Version) -> HeaderValue {
    HeaderValue::from_static(match version {
        Version::HTTP_10 => "1.0 yimen",
        Version::HTTP_2 => "2 yimen",
        _ => "1.1 yimen",
    })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn received(peer: &str, host: &'static str) -> Received {
        let mut request = Request::builder().uri("/call/x").header(HOST, host).body(()).expect("a request");
        let peer: SocketAddr = peer.parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(peer));
        let settings = Settings { public_scheme: PublicScheme::Https, ..Settings::default() };
        Received::of(&request.into_parts().0, &settings)
    }

    #[test]
    fn forwarded_is_written_in_the_form_of_rfc_7239() {
        for (peer, host, expected) in [
            ("192.0.2.1:5", "gw.example", "for=192.0.2.1;host=\"gw.example\";proto=https"),
            (
                "[2001:db8::1]:5",
                "gw.example:8443",
                "for=\"[2001:db8::1]\";host=\"gw.example:8443\";proto=https",
            ),
            ("[::ffff:192.0.2.1]:5", "[::1]:80", "for=192.0.2.1;host=\"[::1]:80\";proto=https"),
            ("192.0.2.1:5", "user@gw.example", "for=192.0.2.1;proto=https"),
            ("192.0.2.1:5", "gw\";by=evil", "for=192.0.2.1;proto=https"),
        ] {
            assert_eq!(received(peer, host).forwarded(), expected);
        }
    }
}
