//! Scheme, host and port: what tells one server from another (RFC 9110, section 4.3.1).

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};

/// A server's address as departments register it, in lower case and without the scheme's own port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    scheme: Scheme,
    authority: Authority,
    host_field: HeaderValue,
}

impl Origin {
    /// The origin of an absolute URI.
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        let (scheme, registered) = (uri.scheme()?.clone(), uri.authority()?);
        // RFC 9110, section 7.2: no port where it is the scheme's own.
        let named = match registered.port_u16() {
            Some(port) if port != own_port(&scheme) => format!("{}:{port}", registered.host()),
            Some(_) | None => registered.host().to_owned(),
        };
        // Two spellings of a server are one server.
        let named = named.to_ascii_lowercase();
        let authority = named.parse().ok()?;
        let host_field = HeaderValue::try_from(named).ok()?;
        Some(Self { scheme, authority, host_field })
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// The host without the brackets of an IPv6 address.
    pub(crate) fn host(&self) -> &str {
        let host = self.authority.host();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// `host:port` in lower case, the port in any case.
    pub(crate) fn server(&self) -> String {
        let port = self.authority.port_u16().unwrap_or(own_port(&self.scheme));
        format!("{}:{port}", self.authority.host())
    }

    /// The value of `Host`.
    pub(crate) fn host_field(&self) -> &HeaderValue {
        &self.host_field
    }

    /// The URI of a path there, or of the server as a whole.
    pub(crate) fn uri(&self, path_and_query: Option<PathAndQuery>) -> Result<Uri, http::Error> {
        let path_and_query = path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
        let uri = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        uri.path_and_query(path_and_query).build()
    }
}

fn own_port(scheme: &Scheme) -> u16 {
    if *scheme == Scheme::HTTPS { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_written_without_the_schemes_own_port() {
        for (url, host) in [
            ("http://B.example:80/x", "b.example"),
            ("http://b.example:443/x", "b.example:443"),
            ("https://b.example:443/x", "b.example"),
            ("https://b.example", "b.example"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("http://[::1]:80", "[::1]"),
        ] {
            let origin = Origin::of(&url.parse().expect("a URL")).expect("an origin");
            assert_eq!(origin.host_field(), host, "{url}");
        }
    }

    #[test]
    fn two_spellings_are_one_origin() {
        let origin = |url: &str| Origin::of(&url.parse().expect("a URL")).expect("an origin");
        assert_eq!(origin("http://b.example"), origin("http://B.example:80/x"));
        assert_eq!(origin("https://b.example:443"), origin("https://b.example"));
        assert_eq!(origin("http://[::1]:80"), origin("http://[::1]"));
        assert_ne!(origin("http://b.example:443"), origin("http://b.example"));
        assert_ne!(origin("https://b.example"), origin("http://b.example"));
    }

    #[test]
    fn a_server_is_named_with_its_port() {
        for (url, server) in [
            ("http://B.example/x", "b.example:80"),
            ("https://b.example", "b.example:443"),
            ("http://[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(Origin::of(&url.parse().expect("a URL")).expect("an origin").server(), server);
        }
    }
}
