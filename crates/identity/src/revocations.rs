//! What is revoked, known by marks from which nobody gets back to a subject or a token.

use std::collections::HashSet;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::{CredentialError, Principal, PseudonymSecret, SignError};

/// The list of what is revoked: written by whoever follows the log, asked on every verification, remembered verdicts
/// included. Cheap to clone; clones share the list.
///
/// A mark is `base64url(HMAC-SHA256(key, kind ‖ 0x00 ‖ issuer ‖ 0x00 ‖ value))` with a key derived from the secret behind
/// pseudonyms: the log can be read by auditors, and subjects are often numbers that could be tried out one by one.
/// Losing that secret loses the revocations.
#[derive(Debug, Clone)]
pub struct Revocations {
    secret: Arc<PseudonymSecret>,
    issuers: Arc<HashSet<String>>,
    in_force: Arc<ArcSwap<HashSet<String>>>,
}

/// The marks of one principal: of the subject, and of the token if it has a `jti`.
#[derive(Debug, Clone)]
pub(crate) struct Marks {
    subject: String,
    token: Option<String>,
}

impl Revocations {
    /// An empty list for tokens of these issuers, whose marks are made with `secret`.
    pub fn new(secret: PseudonymSecret, issuers: impl IntoIterator<Item = String>) -> Self {
        let issuers = Arc::new(issuers.into_iter().collect());
        Self { secret: Arc::new(secret), issuers, in_force: Arc::default() }
    }

    /// Whether tokens of this issuer are accepted anywhere here, so that there is something to revoke.
    pub fn concern(&self, issuer: &str) -> bool {
        self.issuers.contains(issuer)
    }

    /// The mark of every token of a subject (`sub`) of an issuer (`iss`).
    ///
    /// # Errors
    /// When the cryptographic library refuses, which it has no documented reason for.
    pub fn mark_of_subject(&self, issuer: &str, subject: &str) -> Result<String, SignError> {
        self.secret.mark("subject", issuer, subject)
    }

    /// The mark of one token, by the issuer's name for it (`jti`).
    ///
    /// # Errors
    /// As [`Self::mark_of_subject`].
    pub fn mark_of_token(&self, issuer: &str, id: &str) -> Result<String, SignError> {
        self.secret.mark("token", issuer, id)
    }

    /// Puts another list in place at once.
    pub fn replace(&self, in_force: HashSet<String>) {
        self.in_force.store(Arc::new(in_force));
    }

    pub(crate) fn marks(&self, principal: &Principal) -> Result<Marks, CredentialError> {
        let failed = |_| CredentialError::KeysUnavailable;
        let id = principal.claims.get("jti").and_then(serde_json::Value::as_str);
        Ok(Marks {
            subject: self.mark_of_subject(&principal.issuer, &principal.subject).map_err(failed)?,
            token: id.map(|id| self.mark_of_token(&principal.issuer, id)).transpose().map_err(failed)?,
        })
    }

    /// Refuses who is on the list.
    pub(crate) fn check(&self, marks: &Marks) -> Result<(), CredentialError> {
        let in_force = self.in_force.load();
        let listed = |mark: &String| in_force.contains(mark);
        if !in_force.is_empty() && (listed(&marks.subject) || marks.token.as_ref().is_some_and(listed)) {
            return Err(CredentialError::Revoked);
        }
        Ok(())
    }
}
