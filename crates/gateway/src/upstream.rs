//! A department's backend, as the gateway reaches it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::Uri;
use http::uri::{InvalidUri, PathAndQuery, Scheme};

use crate::backend::{Backend, Backends, Origin};
use crate::health::Health;
use crate::path;

/// Where an offering's calls go. What the gateway learns of a backend while it calls it is kept here, and survives
/// a change of the route table that leaves the backend as it is.
#[derive(Debug)]
pub struct Upstream {
    origin: Origin,
    /// Found on the first call.
    backend: OnceLock<Arc<Backend>>,
    /// Without the slash at its end.
    prefix: String,
    timeouts: UpstreamTimeouts,
    /// Where it says whether it is well.
    health_path: Option<String>,
    health: Health,
    in_flight: AtomicUsize,
}

/// A backend's own limits on waiting; the gateway's where absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpstreamTimeouts {
    /// Until a connection stands.
    pub connect: Option<Duration>,
    /// Until the head of the response.
    pub first_byte: Option<Duration>,
    /// Between two pieces of a body.
    pub idle: Option<Duration>,
}

/// Why a base URL can't be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// Not an absolute URL.
    #[error("the base URL is not an absolute URL")]
    NotAbsolute,
    /// Neither `http` nor `https`.
    #[error("the base URL's scheme is neither http nor https")]
    Scheme,
    /// Credentials, a query or a fragment have no place in it.
    #[error("the base URL has credentials, a query or a fragment")]
    Excess,
    /// Its path could be read in two ways.
    #[error("the base URL's path is ambiguous: {0}")]
    Path(String),
}

impl Upstream {
    /// A backend whose paths lie below `base_url`, for example `https://api.example.gov.cn/licences`.
    ///
    /// # Errors
    /// When the URL isn't absolute `http` or `https`, or holds more than host, port and an unambiguous path.
    pub fn new(base_url: &str, timeouts: UpstreamTimeouts) -> Result<Self, UpstreamError> {
        if base_url.contains(['?', '#', '@']) {
            return Err(UpstreamError::Excess);
        }
        let url = base_url.parse::<Uri>().map_err(|_| UpstreamError::NotAbsolute)?;
        let origin = Origin::of(&url).ok_or(UpstreamError::NotAbsolute)?;
        if url.scheme() != Some(&Scheme::HTTP) && url.scheme() != Some(&Scheme::HTTPS) {
            return Err(UpstreamError::Scheme);
        }
        let path = url.path();
        path::check(path).map_err(|refusal| UpstreamError::Path(refusal.to_string()))?;
        let prefix = path.strip_suffix('/').unwrap_or(path).to_owned();
        Ok(Self {
            origin,
            backend: OnceLock::new(),
            prefix,
            timeouts,
            health_path: None,
            health: Health::new(),
            in_flight: AtomicUsize::new(0),
        })
    }

    /// The same with a path below the base URL that answers 2xx when the backend is well, and may be asked often.
    ///
    /// # Errors
    /// When the path could be read in two ways.
    pub fn with_health_path(self, path: &str) -> Result<Self, UpstreamError> {
        let plain = path.split('?').next().unwrap_or_default();
        path::check(plain).map_err(|refusal| UpstreamError::Path(refusal.to_string()))?;
        Ok(Self { health_path: Some(path.to_owned()), ..self })
    }

    /// The backend's own limits.
    pub const fn timeouts(&self) -> UpstreamTimeouts {
        self.timeouts
    }

    /// How many calls it is answering now.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// What is known of it.
    pub(crate) const fn health(&self) -> &Health {
        &self.health
    }

    /// The target of a probe, if it may be probed.
    pub(crate) fn probe_target(&self) -> Option<Uri> {
        let path = self.health_path.as_deref()?;
        target(&self.path(path), "").ok()
    }

    /// One more call.
    pub(crate) fn enters(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// One call less.
    pub(crate) fn leaves(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether both are the same backend, probed at the same path, under the same limits.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.origin == other.origin
            && self.prefix == other.prefix
            && self.timeouts == other.timeouts
            && self.health_path == other.health_path
    }

    /// The path of a call at the backend: the base path, then `path` as it was received.
    pub(crate) fn path(&self, path: &str) -> String {
        let whole = format!("{}{path}", self.prefix);
        if whole.is_empty() { "/".to_owned() } else { whole }
    }

    /// The server; where a route table is shared, all calls meet the servers of the gateway that calls first.
    pub(crate) fn backend(&self, backends: &Backends) -> &Arc<Backend> {
        self.backend.get_or_init(|| backends.at(&self.origin))
    }
}

/// The target of a request for a path from [`Upstream::path`] and a query with its question mark, both as they are.
pub(crate) fn target(path: &str, query: &str) -> Result<Uri, InvalidUri> {
    PathAndQuery::try_from(format!("{path}{query}")).map(Uri::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream(base_url: &str) -> Result<Upstream, UpstreamError> {
        Upstream::new(base_url, UpstreamTimeouts::default())
    }

    #[test]
    fn paths_are_appended_and_nothing_else_happens_to_them() {
        for (base, path, query, expected) in [
            ("http://b.example", "", "", "/"),
            ("http://b.example/", "/a", "", "/a"),
            ("http://b.example/x", "", "", "/x"),
            ("http://b.example/x/", "/a/", "?", "/x/a/?"),
            ("https://[::1]:8443/x", "/%E4%BA%8B;v=1//", "?a=%20+b&&c", "/x/%E4%BA%8B;v=1//?a=%20+b&&c"),
        ] {
            let backend = upstream(base).expect("a base URL");
            let target = target(&backend.path(path), query).expect("a target");
            assert_eq!(target.to_string(), expected);
        }
    }

    #[test]
    fn another_health_path_makes_another_upstream() {
        let probed = |path: &str| upstream("http://b.example").and_then(|it| it.with_health_path(path));
        let at = |path: &str| probed(path).expect("a path");
        assert!(at("/health").is_same_as(&at("/health")));
        assert!(!at("/health").is_same_as(&at("/healthz")));
        assert!(!at("/health").is_same_as(&upstream("http://b.example").expect("a base URL")));
    }

    #[test]
    fn only_plain_base_urls_are_taken() {
        for (base, expected) in [
            ("/x", UpstreamError::NotAbsolute),
            ("b.example", UpstreamError::NotAbsolute),
            ("ftp://b.example", UpstreamError::Scheme),
            ("http://u:p@b.example", UpstreamError::Excess),
            ("http://b.example/?q", UpstreamError::Excess),
            ("http://b.example/#f", UpstreamError::Excess),
        ] {
            assert_eq!(upstream(base).expect_err("refused"), expected, "{base}");
        }
        assert!(matches!(upstream("http://b.example/a/../b"), Err(UpstreamError::Path(_))));
    }
}
