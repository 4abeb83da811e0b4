//! Who calls, as an issuer that we trust has said.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::Confirmation;

/// A verified caller: a citizen, a member of staff, or a machine client.
#[derive(Clone, PartialEq)]
pub struct Principal {
    /// The issuer that vouches for the caller (`iss`), one of the configured ones.
    pub issuer: String,
    /// The caller's identifier at that issuer (`sub`), 1 to 255 bytes without control characters or white space at an
    /// end. Personal data: never log it.
    pub subject: String,
    /// The client that the token was issued to (`client_id`, RFC 9068).
    pub client: Option<String>,
    /// The authentication context class (`acr`), as the issuer names its levels.
    pub assurance: Option<String>,
    /// Whom the token is for (`aud`); at least one of the configured audiences is among them.
    pub audience: Vec<String>,
    /// What the token allows (`scope`, split at spaces).
    pub scopes: BTreeSet<String>,
    /// Every other claim of the token, as it was signed. Personal data: never log it.
    pub claims: Map<String, Value>,
    /// What the token is bound to (`cnf`), so that nobody else can send it.
    pub confirmation: Confirmation,
    /// The end of the token's life (`exp`).
    pub expires: Timestamp,
}

impl Principal {
    /// The caller's roles: the strings of the claim `roles`, none if it isn't an array.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.claims.get("roles").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The department that the caller works for: the claim `department`.
    pub fn department(&self) -> Option<&str> {
        self.text_claim("department")
    }

    /// The division where the caller lives, from the claim that the configuration names.
    pub fn region(&self, claim: &str) -> Option<&str> {
        self.text_claim(claim)
    }

    fn text_claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }
}

/// Leaves out the subject and the claims' values: they are personal data, and `Debug` ends in logs.
impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("issuer", &self.issuer)
            .field("subject", &"[redacted]")
            .field("client", &self.client)
            .field("assurance", &self.assurance)
            .field("audience", &self.audience)
            .field("scopes", &self.scopes)
            .field("claims", &format_args!("[{} redacted]", self.claims.len()))
            .field("confirmation", &self.confirmation)
            .field("expires", &self.expires)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn principal(claims: Value) -> Principal {
        Principal {
            issuer: "https://id.example".to_owned(),
            subject: "citizen-330102".to_owned(),
            client: None,
            assurance: None,
            audience: vec!["https://gateway.example".to_owned()],
            scopes: BTreeSet::new(),
            claims: claims.as_object().cloned().expect("an object literal"),
            confirmation: Confirmation::default(),
            expires: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn roles_are_the_strings_of_an_array() {
        let staff = principal(json!({"roles": ["clerk", 7, "steward"]}));
        assert_eq!(staff.roles().collect::<Vec<_>>(), ["clerk", "steward"]);
        assert_eq!(principal(json!({"roles": "operator"})).roles().count(), 0);
    }

    #[test]
    fn empty_or_structured_text_claims_count_as_absent() {
        let caller = principal(json!({"department": "", "region": {"code": "330100"}, "home": "330106"}));
        assert_eq!(caller.department(), None);
        assert_eq!(caller.region("region"), None);
        assert_eq!(caller.region("home"), Some("330106"));
    }

    #[test]
    fn debug_shows_neither_subject_nor_claims() {
        let shown = format!("{:?}", principal(json!({"name": "张三"})));
        assert!(!shown.contains("330102"), "{shown}");
        assert!(!shown.contains("张三"), "{shown}");
    }
}
