//! Header fields that are for one connection only (RFC 9110, section 7.6.1).

use http::header::{CONNECTION, HeaderMap, HeaderName};

/// Fields that end here even when `Connection` doesn't name them.
const FIELDS: [&str; 10] = [
    "connection",
    "proxy-connection",
    "keep-alive",
    "http2-settings",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authenticate",
    "proxy-authorization",
];

/// Removes every field that ends at this hop, those that `Connection` nominates among them.
///
/// Do this before any field of our own is added: else a client could name ours away.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let nominated: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    // A request has a few fields of which hardly one is such: looking at those that are there costs least.
    let ends = |name: &&HeaderName| FIELDS.contains(&name.as_str());
    let ending: Vec<HeaderName> = headers.keys().filter(ends).cloned().collect();
    for name in nominated.iter().chain(&ending) {
        headers.remove(name);
    }
}

/// Whether a list of tokens in fields of this name holds `wanted`, in any case.
pub(crate) fn lists(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|token| token.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn nominated_fields_go_with_the_known_ones_and_others_stay() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-One"),
            ("connection", " x-two ,, not a name"),
            ("x-one", "1"),
            ("x-one", "1b"),
            ("x-two", "2"),
            ("x-three", "3"),
            ("x-three", "3b"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("te", "trailers"),
            ("trailer", "x-sum"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAMAAABk"),
            ("transfer-encoding", "chunked"),
            ("proxy-authorization", "Basic eA=="),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        strip(&mut headers);
        let left: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(left, [("x-three", b"3".as_slice()), ("x-three", b"3b")]);
    }

    #[test]
    fn tokens_are_found_in_any_case_and_place() {
        let mut headers = HeaderMap::new();
        headers.append("connection", HeaderValue::from_static("keep-alive"));
        headers.append("connection", HeaderValue::from_static("close , Upgrade"));
        assert!(lists(&headers, &CONNECTION, "upgrade"));
        assert!(!lists(&headers, &CONNECTION, "grade"));
    }
}
