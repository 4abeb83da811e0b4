//! What a token of one issuer must say to be accepted.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::jws::{Header, media_type};
use crate::{
    Algorithm, Confirmation, CredentialError, IntrospectionConfig, IssuerConfig, Principal, TicketConfig,
};

/// The longest `sub` (OpenID Connect Core, section 2) and the longest `jti`, in bytes: what revocations name.
const MAX_NAME_BYTES: usize = 255;
/// The type of access tokens (RFC 9068, section 2.1).
const ACCESS_TOKEN_TYPE: &str = "at+jwt";

type Claims = Map<String, Value>;

/// An issuer's configuration in the form in which tokens are checked.
#[derive(Debug)]
pub(crate) struct TokenRules {
    issuer: String,
    audience: Vec<String>,
    algorithms: Vec<Algorithm>,
    types: Vec<String>,
    skew: SignedDuration,
}

impl TokenRules {
    pub(crate) fn new(config: &IssuerConfig) -> Self {
        let types = match &config.require_type {
            Some(types) => types.iter().map(|typ| media_type(typ)).collect(),
            None => vec![ACCESS_TOKEN_TYPE.to_owned()],
        };
        Self {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            algorithms: config.algorithms.clone(),
            types,
            skew: SignedDuration::try_from(config.skew).unwrap_or(SignedDuration::ZERO),
        }
    }

    /// The rules for what a provider says of opaque tokens, which have neither header nor signature.
    pub(crate) fn of_answers(config: &IntrospectionConfig) -> Self {
        Self {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            algorithms: Vec::new(),
            types: Vec::new(),
            skew: SignedDuration::try_from(config.skew).unwrap_or(SignedDuration::ZERO),
        }
    }

    /// The rules for what a portal says of its tickets, which are for us alone: we are the app that they are exchanged by.
    pub(crate) fn of_tickets(config: &TicketConfig) -> Self {
        Self {
            issuer: config.issuer.clone(),
            audience: vec![config.issuer.clone()],
            algorithms: Vec::new(),
            types: Vec::new(),
            skew: SignedDuration::ZERO,
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(crate) fn is_for(&self, issuer: &str) -> bool {
        self.issuer == issuer
    }

    /// Checks the header, and gives the algorithm that the signature must be checked with.
    pub(crate) fn check_header(&self, header: &Header) -> Result<Algorithm, CredentialError> {
        let algorithm = Algorithm::from_name(&header.alg)
            .filter(|algorithm| self.algorithms.contains(algorithm))
            .ok_or(CredentialError::AlgorithmRefused)?;
        if header.has_critical_extensions() {
            return Err(CredentialError::CriticalHeader);
        }
        if !header.is_of_type(&self.types) {
            return Err(CredentialError::WrongType);
        }
        Ok(algorithm)
    }

    /// Turns claims whose signature has been verified, or that the provider itself has told us, into a principal.
    pub(crate) fn principal(&self, mut claims: Claims, now: Timestamp) -> Result<Principal, CredentialError> {
        let issuer = required_text(&mut claims, "iss")?;
        if !self.is_for(&issuer) {
            return Err(CredentialError::UnknownIssuer);
        }
        let audience = audience(&mut claims)?;
        let expires = claims
            .remove("exp")
            .as_ref()
            .and_then(numeric_date)
            .ok_or(CredentialError::MalformedClaim("exp"))?;
        // A token that says it will be issued later comes from a clock, or a forger, that can't be relied on.
        for name in ["nbf", "iat"] {
            if let Some(date) = optional_date(&claims, name)?
                && now.saturating_add(self.skew).is_ok_and(|latest| latest < date)
            {
                return Err(CredentialError::NotYetValid);
            }
        }
        let confirmation = Confirmation::from_claim(claims.remove("cnf"))?;
        let subject = required_text(&mut claims, "sub")?;
        if !is_name(&subject) {
            return Err(CredentialError::MalformedClaim("sub"));
        }
        if claims.get("jti").is_some_and(|id| !id.as_str().is_some_and(is_name)) {
            return Err(CredentialError::MalformedClaim("jti"));
        }
        let scopes = optional_text(&mut claims, "scope")?;
        let principal = Principal {
            issuer,
            subject,
            client: optional_text(&mut claims, "client_id")?,
            assurance: optional_text(&mut claims, "acr")?,
            audience,
            scopes: scopes
                .iter()
                .flat_map(|scopes| scopes.split(' '))
                .filter(|s| !s.is_empty())
                .map(str::to_owned)
                .collect::<BTreeSet<_>>(),
            claims,
            confirmation,
            expires,
        };
        self.check_still_good(&principal, now)?;
        Ok(principal)
    }

    /// What is checked again each time a verdict is taken from the cache.
    pub(crate) fn check_still_good(
        &self,
        principal: &Principal,
        now: Timestamp,
    ) -> Result<(), CredentialError> {
        if !principal.audience.iter().any(|audience| self.audience.contains(audience)) {
            return Err(CredentialError::WrongAudience);
        }
        match now.saturating_sub(self.skew) {
            Ok(earliest) if earliest < principal.expires => Ok(()),
            Ok(_) | Err(_) => Err(CredentialError::Expired),
        }
    }
}

/// `aud` is one string or an array of strings (RFC 7519, section 4.1.3).
fn audience(claims: &mut Claims) -> Result<Vec<String>, CredentialError> {
    let malformed = CredentialError::MalformedClaim("aud");
    match claims.remove("aud") {
        Some(Value::String(one)) => Ok(vec![one]),
        Some(Value::Array(many)) => many
            .into_iter()
            .map(|value| match value {
                Value::String(one) => Ok(one),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    Err(malformed)
                }
            })
            .collect(),
        None | Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => Err(malformed),
    }
}

fn required_text(claims: &mut Claims, name: &'static str) -> Result<String, CredentialError> {
    optional_text(claims, name)?.ok_or(CredentialError::MalformedClaim(name))
}

fn optional_text(claims: &mut Claims, name: &'static str) -> Result<Option<String>, CredentialError> {
    match claims.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
        Some(_) => Err(CredentialError::MalformedClaim(name)),
    }
}

/// Whether an operator can name this to revoke it, and tell it from others: one with white space at an end looks like one
/// without.
fn is_name(text: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&text.len()) && text.trim() == text && !text.contains(char::is_control)
}

fn optional_date(claims: &Claims, name: &'static str) -> Result<Option<Timestamp>, CredentialError> {
    claims.get(name).map(|value| numeric_date(value).ok_or(CredentialError::MalformedClaim(name))).transpose()
}

/// A NumericDate: seconds since 1970, a JSON number with or without a fraction (RFC 7519, section 2).
pub(crate) fn numeric_date(value: &Value) -> Option<Timestamp> {
    let seconds =
        value.as_i64().or_else(|| value.as_f64().filter(|f| f.is_finite()).map(|f| f.floor() as i64))?;
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_are_numbers_within_range() {
        let second = |value: Value| numeric_date(&value).map(Timestamp::as_second);
        assert_eq!(second(json!(1_700_000_000)), Some(1_700_000_000));
        assert_eq!(second(json!(1_700_000_000.9)), Some(1_700_000_000));
        assert_eq!(second(json!("1700000000")), None);
        assert_eq!(second(json!(u64::MAX)), None);
        assert_eq!(second(json!(1e300)), None);
        assert_eq!(second(json!(null)), None);
    }
}
