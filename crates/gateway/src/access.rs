//! Who may call an offering, and what its backend is told of the caller.

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use identity::{Assertion, Principal, ProofField, Sender, Thumbprint, Verifier};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::{Access, Gateway, Offering};

/// The header field in which a backend gets the signed assertion, a JWT that [`identity::AssertionVerifier`] checks.
pub const ASSERTION: HeaderName = HeaderName::from_static("yimen-assertion");

/// The header field in which a sender proves that it holds the key of its token (RFC 9449, section 4.1).
const DPOP: HeaderName = HeaderName::from_static("dpop");

/// The certificate that the client has shown on its connection, and whose key it holds: an extension of the request, from
/// whoever serves the connection. No header field can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownCertificate(pub Thumbprint);

/// Who calls. Every call needs a credential, and exactly one; with a token that is bound, also the proof that it is the
/// caller's own.
pub(crate) async fn identify(
    verifier: &Verifier,
    head: &Parts,
) -> Result<std::sync::Arc<Principal>, Refusal> {
    let fields = head.headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    let sender = Sender {
        method: head.method.as_str(),
        path: head.uri.path(),
        proof: ProofField::of(head.headers.get_all(DPOP).iter().map(HeaderValue::as_bytes)),
        certificate: head.extensions.get::<ShownCertificate>().map(|shown| shown.0),
    };
    verifier.verify_sent(fields, sender).await.map_err(Refusal::Credential)
}

impl Access {
    /// Whether the caller may call, given the order of the assurance levels, lowest first.
    pub(crate) fn permit(&self, caller: &Principal, order: &[String]) -> Result<(), Refusal> {
        if let Some(least) = &self.assurance {
            let levels = levels_from(least, order);
            if !caller.assurance.as_ref().is_some_and(|level| levels.contains(&level)) {
                return Err(Refusal::InsufficientAuthentication {
                    levels: levels.into_iter().cloned().collect(),
                });
            }
        }
        if !self.scopes.is_subset(&caller.scopes) {
            return Err(Refusal::InsufficientScope { required: self.scopes.iter().cloned().collect() });
        }
        Ok(())
    }

    /// The claims of the caller that the backend may know; one that the caller doesn't have is left out.
    fn release(&self, caller: &Principal) -> Map<String, Value> {
        self.claims
            .iter()
            .filter_map(|name| caller.claims.get(name).map(|value| (name.clone(), value.clone())))
            .collect()
    }
}

/// The level and those above it. One that isn't in the order has nothing above it.
fn levels_from<'a>(least: &'a String, order: &'a [String]) -> Vec<&'a String> {
    match order.iter().position(|level| level == least) {
        Some(place) => order.iter().skip(place).collect(),
        None => vec![least],
    }
}

/// A new assertion for one call, ready to be sent.
pub(crate) fn assertion(
    gateway: &Gateway,
    offering: &Offering,
    caller: &Principal,
    method: &str,
    path: &str,
    now: Timestamp,
) -> Result<HeaderValue, Refusal> {
    let minted = gateway.signer().mint(Assertion {
        audience: offering.department.audience(),
        department: offering.department.id(),
        caller: Some(caller),
        method,
        path,
        claims: offering.access.release(caller),
        now,
    });
    let token = minted.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "an assertion can't be minted");
        Refusal::AssertionUnavailable
    })?;
    let mut value = HeaderValue::try_from(token).map_err(|_| Refusal::AssertionUnavailable)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use identity::Confirmation;
    use serde_json::json;

    use super::*;

    fn caller(assurance: Option<&str>, scopes: &[&str]) -> Principal {
        Principal {
            issuer: "https://id.example".to_owned(),
            subject: "citizen".to_owned(),
            client: None,
            assurance: assurance.map(str::to_owned),
            audience: Vec::new(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            claims: Map::from_iter([("name".to_owned(), json!("张三")), ("phone".to_owned(), json!("1"))]),
            confirmation: Confirmation::default(),
            expires: Timestamp::UNIX_EPOCH,
        }
    }

    fn access(assurance: Option<&str>, scopes: &[&str]) -> Access {
        Access {
            assurance: assurance.map(str::to_owned),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            claims: BTreeSet::from(["name".to_owned(), "id_number".to_owned()]),
        }
    }

    #[test]
    fn levels_are_ordered_and_an_unknown_one_satisfies_only_itself() {
        let order = ["low", "middle", "high"].map(str::to_owned);
        for (required, shown, permitted) in [
            (None, None, true),
            (Some("low"), None, false),
            (Some("middle"), Some("low"), false),
            (Some("middle"), Some("middle"), true),
            (Some("middle"), Some("high"), true),
            (Some("middle"), Some("other"), false),
            (Some("other"), Some("high"), false),
            (Some("other"), Some("other"), true),
        ] {
            let outcome = access(required, &[]).permit(&caller(shown, &[]), &order);
            assert_eq!(outcome.is_ok(), permitted, "{required:?} {shown:?}");
        }
    }

    #[test]
    fn every_scope_is_needed() {
        assert!(access(None, &["a", "b"]).permit(&caller(None, &["a", "b", "c"]), &[]).is_ok());
        let refusal = access(None, &["a", "b"]).permit(&caller(None, &["a"]), &[]).expect_err("b is missing");
        assert_eq!(
            refusal.challenge().as_deref(),
            Some(r#"Bearer realm="yimen", error="insufficient_scope", scope="a b""#)
        );
    }

    #[test]
    fn only_declared_claims_are_released() {
        let released = access(None, &[]).release(&caller(None, &[]));
        assert_eq!(released, Map::from_iter([("name".to_owned(), json!("张三"))]));
    }
}
