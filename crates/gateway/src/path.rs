//! The path of a call: what is matched and asserted is, byte for byte, what is forwarded.
//!
//! Nothing is rewritten. A path that two readers could read differently is refused instead, so that what the gateway
//! decided on can't turn into something else at the backend. RFC 3986 is the measure, and the reasons are the known
//! tricks: encoded separators, dot segments in any spelling (also `..;x`, which servlet containers strip), double
//! encoding, control characters, and bytes that aren't UTF-8 (overlong dots among them).

use std::borrow::Cow;

/// Where calls are mounted.
pub(crate) const CALL_PREFIX: &str = "/call/";

/// The target of a call, in the parts in which it is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallTarget<'a> {
    /// The segment that names the entry, unparsed.
    pub(crate) entry: &'a str,
    /// What follows the entry: empty, or beginning with a slash.
    pub(crate) path: &'a str,
    /// The query with its question mark, or empty.
    pub(crate) query: &'a str,
}

impl<'a> CallTarget<'a> {
    /// Takes apart the path and query of a request; none if it isn't below [`CALL_PREFIX`].
    pub(crate) fn split(path_and_query: &'a str) -> Option<Self> {
        let rest = path_and_query.strip_prefix(CALL_PREFIX)?;
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let (entry, path) = path.split_at(path.find('/').unwrap_or(path.len()));
        Some(Self { entry, path, query })
    }
}

/// Why a path is not forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathRefusal {
    #[error("the path begins with two slashes, which some readers take for a host")]
    NetworkPath,
    #[error("the path contains a backslash or an encoded separator")]
    Separator,
    #[error("the path contains a control character")]
    Control,
    #[error("the path contains bytes that are not percent-encoded UTF-8")]
    NotUtf8,
    #[error("the path contains a percent sign that is not followed by two hexadecimal digits")]
    BadEscape,
    #[error("the path is percent-encoded twice")]
    DoubleEncoding,
    #[error("the path contains a dot segment")]
    DotSegment,
}

/// Refuses a path that two readers could read differently.
pub(crate) fn check(path: &str) -> Result<(), PathRefusal> {
    if path.starts_with("//") {
        return Err(PathRefusal::NetworkPath);
    }
    path.split('/').try_for_each(check_segment)
}

fn check_segment(segment: &str) -> Result<(), PathRefusal> {
    for byte in segment.bytes() {
        match byte {
            b'\\' => return Err(PathRefusal::Separator),
            0..=0x20 | 0x7f => return Err(PathRefusal::Control),
            0x80.. => return Err(PathRefusal::NotUtf8),
            _ => {}
        }
    }
    let decoded = decode(segment)?;
    if decoded.windows(3).any(is_escape) {
        return Err(PathRefusal::DoubleEncoding);
    }
    let text = str::from_utf8(&decoded).map_err(|_| PathRefusal::NotUtf8)?;
    if text.chars().any(char::is_control) {
        return Err(PathRefusal::Control);
    }
    let name = text.split_once(';').map_or(text, |(name, _parameters)| name);
    if matches!(name.trim(), "." | "..") {
        return Err(PathRefusal::DotSegment);
    }
    Ok(())
}

fn decode(segment: &str) -> Result<Cow<'_, [u8]>, PathRefusal> {
    if !segment.contains('%') {
        return Ok(Cow::Borrowed(segment.as_bytes()));
    }
    let mut decoded = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first != b'%' {
            decoded.push(*first);
            rest = tail;
            continue;
        }
        let [high, low, tail @ ..] = tail else { return Err(PathRefusal::BadEscape) };
        let (Some(high), Some(low)) = (hex_value(*high), hex_value(*low)) else {
            return Err(PathRefusal::BadEscape);
        };
        match high << 4 | low {
            b'/' | b'\\' => return Err(PathRefusal::Separator),
            byte => decoded.push(byte),
        }
        rest = tail;
    }
    Ok(Cow::Owned(decoded))
}

const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn is_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use http::uri::PathAndQuery;
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;
    use crate::{Upstream, UpstreamTimeouts, upstream};

    const HOSTILE: &str = include_str!("../tests/corpus/hostile-paths.txt");

    #[test]
    fn every_hostile_path_is_refused() {
        let paths = HOSTILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        for path in paths {
            assert!(check(path).is_err(), "{path}");
        }
        for path in ["/a\0b", "/a\r\nHost: x", "/a b", "/a\tb", "/办事"] {
            assert!(check(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn ordinary_paths_pass() {
        for path in [
            "",
            "/",
            "/echo",
            "/a/b/",
            "/a//b",
            "/a;v=1/b",
            "/a.b/..c/d..",
            "/...",
            "/%E5%8A%9E%E4%BA%8B",
            "/a%20b",
            "/a:b@c",
            "/50%25",
            "/~x/(y)!*'$&+,=",
            "/%7Euser",
            "/{id}|",
        ] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn a_target_splits_where_the_entry_ends() {
        let split = |text| CallTarget::split(text).map(|target| (target.entry, target.path, target.query));
        assert_eq!(split("/call/E/a/b?x=%20+b&&c"), Some(("E", "/a/b", "?x=%20+b&&c")));
        assert_eq!(split("/call/E?"), Some(("E", "", "?")));
        assert_eq!(split("/call/E/a?b?c/d"), Some(("E", "/a", "?b?c/d")));
        assert_eq!(split("/call/"), Some(("", "", "")));
        assert_eq!(split("/catalogue/v1"), None);
    }

    /// Decodes until nothing changes, as a chain of careless readers would.
    fn decoded_to_the_end(path: &str) -> String {
        let mut path = path.to_owned();
        for _ in 0..8 {
            path = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        }
        path
    }

    proptest! {
        #[test]
        fn what_passes_means_the_same_to_every_reader(
            path in "(/([a-z.;%\\\\ ]|%2[0-9a-fA-F]|%5[cC]|%00|%25|%c0%ae|\\.\\.){0,4}){0,4}"
        ) {
            if check(&path).is_ok() {
                let plain = decoded_to_the_end(&path);
                prop_assert_eq!(plain.matches('/').count(), path.matches('/').count());
                prop_assert!(!plain.contains(['\\', '\0']), "{}", plain);
                prop_assert!(plain.split('/').all(|segment| !matches!(segment, "." | "..")), "{}", plain);
                prop_assert!(plain.contains('%') == percent_decode_str(&path).decode_utf8_lossy().contains('%'));
            }
        }

        #[test]
        fn normalisation_is_idempotent(path in "(/[ -~]{0,12}){0,4}") {
            // The only normalisation is the identity: what passes is sent as it came, and a second gateway would say the
            // same of it.
            let Ok(received) = format!("{CALL_PREFIX}entry{path}").parse::<PathAndQuery>() else { return Ok(()) };
            let target = CallTarget::split(received.as_str()).expect("it has the prefix");
            if check(target.path).is_ok() {
                let backend = Upstream::new("http://backend.example", UpstreamTimeouts::default()).expect("a base URL");
                let sent = upstream::target(&backend.path(target.path), target.query).expect("a target");
                let whole = format!("{}{}", if target.path.is_empty() { "/" } else { target.path }, target.query);
                prop_assert_eq!(sent.path_and_query().map(PathAndQuery::as_str), Some(whole.as_str()));
                prop_assert_eq!(check(sent.path()), Ok(()));
                // Nor does a reader that follows the WHATWG's rules resolve anything in it.
                let seen = url::Url::parse(&format!("http://backend.example{sent}")).expect("a URL");
                prop_assert_eq!(seen.path().matches('/').count(), sent.path().matches('/').count());
            }
        }

        #[test]
        fn no_text_panics(path in "\\PC*") {
            let _ = check(&path);
        }
    }
}
