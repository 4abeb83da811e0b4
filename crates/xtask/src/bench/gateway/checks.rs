//! Whoever doesn't do the job isn't measured: a peer that checks identity refuses every bad token, and says who calls.

use std::collections::BTreeSet;

use super::Proxy;
use super::http::ask;
use super::tokens::Tokens;

/// What is wrong with it, if anything.
pub(super) fn check(proxy: &Proxy, tokens: &Tokens) -> Result<(), String> {
    let path = format!("{}/echo", proxy.prefixes.first().map_or("", String::as_str));
    let good = tokens.of("user-00000007", &[])?;
    let answer = ask(proxy.address, "GET", &path, Some(&good), None)?;
    let told = String::from_utf8_lossy(&answer.body).into_owned();
    if answer.status != 200 {
        return Err(format!("a good token is answered {}: {told}", answer.status));
    }
    if told.contains("authorization:") {
        return Err("the backend gets the caller's token".to_owned());
    }
    if !proxy.checks_identity {
        return Ok(());
    }
    if !told.contains("x-identity-sub: user-00000007") && !told.contains("yimen-assertion: ") {
        return Err(format!("the backend isn't told who calls: {told}"));
    }
    // RFC 6750 asks for 401; Envoy answers a wrong audience with 403, which is a refusal, too.
    let is_refused = |status: u16| matches!(status, 401 | 403);
    let mut accepted = BTreeSet::new();
    for (wrong, token) in tokens.bad()? {
        // Twice: the second time from what is remembered.
        for _ in 0..2 {
            if !is_refused(ask(proxy.address, "GET", &path, Some(&token), None)?.status) {
                accepted.insert(wrong);
            }
        }
    }
    if !is_refused(ask(proxy.address, "GET", &path, None, None)?.status) {
        accepted.insert("absence");
    }
    if accepted.is_empty() { Ok(()) } else { Err(format!("it accepts a wrong {accepted:?}")) }
}
