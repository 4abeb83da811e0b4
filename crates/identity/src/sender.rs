//! Who sends a token: what a request shows of it, and whether that is whom the token was issued to.

use std::sync::Arc;

use jiff::Timestamp;

use crate::bearer::Scheme;
use crate::dpop::Proofs;
use crate::{CredentialError, Principal, Thumbprint, Verifier, bearer};

/// What a request shows by which its sender can prove that a token was issued to it.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The request's method, as it came.
    pub method: &'a str,
    /// The request's path, as it came, without the query.
    pub path: &'a str,
    /// Its `DPoP` header fields.
    pub proof: ProofField<'a>,
    /// The certificate that the client showed on the connection, whose key it has proved to hold.
    pub certificate: Option<Thumbprint>,
}

/// The `DPoP` header fields of a request, of which there may be one (RFC 9449, section 4.3).
#[derive(Debug, Clone, Copy)]
pub enum ProofField<'a> {
    /// There is none.
    Absent,
    /// The value of the only one.
    One(&'a [u8]),
    /// There are several.
    Repeated,
}

impl<'a> ProofField<'a> {
    /// From the values of all fields.
    pub fn of(fields: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut fields = fields.into_iter();
        match (fields.next(), fields.next()) {
            (None, _) => Self::Absent,
            (Some(only), None) => Self::One(only),
            (Some(_), Some(_)) => Self::Repeated,
        }
    }
}

impl Verifier {
    /// Verifies the credential of a request like [`Verifier::verify`], and takes tokens that are bound to the sender's key
    /// (DPoP, RFC 9449) or certificate (RFC 8705), too, once the sender has proved to hold it. A proof is checked with each
    /// request, whatever is remembered of the token; a bound token is never taken without one.
    ///
    /// # Errors
    /// As [`Verifier::verify`], and where the proof is missing or none.
    pub fn verify_sent<'a>(
        &'a self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        sender: Sender<'a>,
    ) -> impl Future<Output = Result<Arc<Principal>, CredentialError>> + Send + 'a {
        let shown = bearer::token(authorization, self.max_token_bytes());
        async move {
            let (scheme, token) = self.read(shown)?;
            let proofs = match scheme {
                Scheme::Bearer => None,
                Scheme::Dpop => Some(self.proofs().ok_or(CredentialError::UnsupportedScheme)?),
            };
            let principal = self.verify_token(token).await?;
            check(&principal, token, proofs, &sender, self.now())?;
            Ok(principal)
        }
    }
}

/// Whether the sender is whom the token is bound to; `proofs` are those of the scheme by which it was sent.
fn check(
    principal: &Principal,
    token: &str,
    proofs: Option<&Proofs>,
    sender: &Sender<'_>,
    now: Timestamp,
) -> Result<(), CredentialError> {
    let bound = &principal.confirmation;
    if bound.certificate.is_some() && bound.certificate != sender.certificate {
        return Err(CredentialError::BoundToCertificate);
    }
    match (&bound.key, proofs) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(CredentialError::BoundToKey),
        (None, Some(_)) => Err(CredentialError::NotBoundToKey),
        (Some(key), Some(proofs)) => proofs.check(sender, token, key, now),
    }
}
