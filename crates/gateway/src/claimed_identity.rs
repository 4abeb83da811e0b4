//! Header fields by which a client could pretend to be somebody to the backend, or turn one call into another.
//!
//! Stripped on every call, in every spelling: case, and any character that some server folds to `-` or `_` (CGI, WSGI,
//! PHP and servlet containers hand `X-User`, `X_User` and `X.User` to the application under one name).

use http::header::{HeaderMap, HeaderName};

/// Names, in lower case with `-` for every character that isn't a letter or digit.
const NAMES: [&str; 23] = [
    // The caller's credentials never leave the gateway; cookies of the gateway's origin aren't for backends either.
    "authorization",
    "proxy-authorization",
    "dpop",
    "cookie",
    "cookie2",
    "x-authorization",
    "x-access-token",
    "x-id-token",
    "x-token",
    // Who calls, and from where: written by the gateway alone.
    "forwarded",
    "from",
    "client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-real-ip",
    // Another method or path than the one that was authorised.
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-rewrite-url",
    // What PHP and CGI make of a `Proxy` field: the variable that names an outgoing proxy (CVE-2016-5385).
    "proxy",
];

/// Fields that say where a message ends. A backend that folds names would take another spelling for them; HTTP/1.1
/// requests with one are refused at the connection, HTTP/2 has framing of its own and lets it pass.
const FRAMING: [&str; 2] = ["content-length", "transfer-encoding"];

/// Beginnings of names, written like [`NAMES`].
const PREFIXES: [&str; 26] = [
    "yimen-",
    "x-yimen-",
    "x-forwarded-",
    "x-original-",
    "x-user",
    "x-remote-",
    "remote-",
    "x-identity",
    "x-principal",
    "x-subject",
    "x-auth-",
    "x-authenticated",
    "x-jwt",
    "x-claim",
    "x-account",
    "x-citizen",
    "x-consumer-",
    "x-credential",
    "x-client-cert",
    "x-client-dn",
    "x-client-verify",
    "x-ssl-",
    "ssl-",
    "x-ms-client-principal",
    "x-amzn-oidc-",
    "x-goog-",
];

/// Removes every such field.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let claimed: Vec<HeaderName> = headers.keys().filter(|name| is_claim(name.as_str())).cloned().collect();
    for name in claimed {
        headers.remove(name);
    }
}

fn is_claim(name: &str) -> bool {
    NAMES.iter().any(|known| same(name, known) && name.len() == known.len())
        || PREFIXES.iter().any(|prefix| same(name, prefix))
        || FRAMING.iter().any(|known| same(name, known) && name.len() == known.len() && name != *known)
}

/// Whether `name` begins with `known`, with every character of `name` that isn't a letter or digit read as `-`.
fn same(name: &str, known: &str) -> bool {
    let folded = |byte: u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' };
    name.len() >= known.len() && name.bytes().zip(known.bytes()).all(|(found, known)| folded(found) == known)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn every_spelling_of_an_identity_field_is_recognised() {
        for name in [
            "authorization",
            "Cookie",
            "X-User",
            "x_user",
            "X-User-Id",
            "X_User_ID",
            "x.user",
            "x-username",
            "X-Remote-User",
            "Remote_User",
            "X-Forwarded-User",
            "X_Forwarded_For",
            "X-Forwarded-Preferred-Username",
            "Yimen-Assertion",
            "content_length",
            "transfer.encoding",
            "yimen_assertion",
            "X-Yimen-Subject",
            "X-Identity-Sub",
            "X-Auth-Request-Email",
            "X-Original-URL",
            "X-Rewrite-URL",
            "X-HTTP-Method-Override",
            "Forwarded",
            "X-Real-IP",
            "SSL_CLIENT_S_DN",
            "X-Ms-Client-Principal-Name",
            "Proxy",
            "X-Authenticated-Userid",
            "X-Consumer-Username",
            "X-JWT-Assertion",
        ] {
            assert!(is_claim(name), "{name}");
        }
    }

    #[test]
    fn ordinary_fields_stay() {
        for name in [
            "accept",
            "content-type",
            "content-length",
            "x-request-id",
            "idempotency-key",
            "content-length",
            "content-length-x",
            "origin",
            "referer",
            "user-agent",
            "if-match",
            "service-region",
            "service-department",
            "x-forward",
            "x-authors",
            "forwarded-by",
            "proxy-status",
            "cookies",
        ] {
            assert!(!is_claim(name), "{name}");
        }
    }

    #[test]
    fn repeated_fields_go_altogether() {
        let mut headers = HeaderMap::new();
        for name in ["x-user", "x_user", "accept"] {
            headers.append(name, HeaderValue::from_static("1"));
            headers.append(name, HeaderValue::from_static("2"));
        }
        strip(&mut headers);
        assert_eq!(headers.keys().collect::<Vec<_>>(), ["accept"]);
        assert_eq!(headers.len(), 2);
    }
}
