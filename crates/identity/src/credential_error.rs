//! Why a credential was not accepted, in words that are safe to send back.

use crate::ProofFault;
use crate::dpop::ALGORITHM_NAMES;

/// The reason why a request's credential was not accepted.
///
/// The text never quotes the token; it is plain ASCII without quotation marks, so that it fits the
/// `error_description` of RFC 6750.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CredentialError {
    /// There is no `Authorization` header field.
    #[error("no credentials were sent")]
    Absent,
    /// The `Authorization` header field uses a scheme that isn't taken here.
    #[error("the authorization scheme is not accepted here")]
    UnsupportedScheme,
    /// There is more than one `Authorization` header field.
    #[error("more than one Authorization header field was sent")]
    RepeatedAuthorization,
    /// The header field isn't the scheme and one token.
    #[error("the Authorization header field is malformed")]
    MalformedAuthorization,
    /// The token is longer than the configured bound.
    #[error("the token is too long")]
    TokenTooLong,
    /// The token isn't a JWS in compact serialisation with JSON inside (RFC 7515, RFC 7519).
    #[error("the token is malformed")]
    MalformedToken,
    /// `alg` is not in the issuer's allow-list, or the named key is of another type.
    #[error("the signature algorithm is not accepted")]
    AlgorithmRefused,
    /// The header carries `crit`; no critical extension is understood here.
    #[error("the token needs an extension that is not supported")]
    CriticalHeader,
    /// `typ` is not one that the issuer may use.
    #[error("the token is of the wrong type")]
    WrongType,
    /// `iss` is not a configured issuer.
    #[error("the issuer is not trusted")]
    UnknownIssuer,
    /// The issuer publishes no such key.
    #[error("the signing key is not known")]
    UnknownKey,
    /// The signature doesn't verify.
    #[error("the signature is not valid")]
    BadSignature,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// The provider says that the token isn't active (RFC 7662, section 2.2): it ended, was withdrawn, or is none.
    #[error("the token is not active")]
    Inactive,
    /// `nbf` or `iat` is still to come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The subject or the token is on the list of [`crate::Revocations`].
    #[error("the token is revoked")]
    Revoked,
    /// None of the configured audiences is in `aud`.
    #[error("the token is meant for another audience")]
    WrongAudience,
    /// A claim is missing or not of the form that its specification gives.
    #[error("the claim {0} is missing or malformed")]
    MalformedClaim(&'static str),
    /// The token carries `cnf` where nobody can prove anything, or in a way that isn't known here: it must not pass as a
    /// mere bearer token (RFC 9449, section 7.2; RFC 8705, section 3).
    #[error("the token is bound to a key that was not shown")]
    SenderConstrained,
    /// The token is bound to its sender's key (`jkt`), and was sent as a mere bearer token (RFC 9449, section 7.2).
    #[error("the token is bound to a key: send it with the DPoP scheme and a proof")]
    BoundToKey,
    /// The token was sent with the `DPoP` scheme and is bound to no key (RFC 9449, section 7.1).
    #[error("the token is not bound to a key: it can not be sent with the DPoP scheme")]
    NotBoundToKey,
    /// The token is bound to a certificate (`x5t#S256`) that the client didn't show (RFC 8705, section 3).
    #[error("the token is bound to a certificate that was not shown on this connection")]
    BoundToCertificate,
    /// The proof that was sent with the token is none.
    #[error(transparent)]
    Proof(#[from] ProofFault),
    /// So many proofs were shown lately that another couldn't be remembered. Not the caller's fault.
    #[error("too many proofs were shown in a short time")]
    ProofsExhausted,
    /// No keys of the issuer could be had, or a newly named key couldn't be looked up. Not the caller's fault.
    #[error("the keys of the issuer are not available")]
    KeysUnavailable,
    /// The provider couldn't be asked about an opaque token. Not the caller's fault.
    #[error("the provider can not be asked about the token")]
    IntrospectionUnavailable,
}

/// What kind of answer a [`CredentialError`] calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No usable credential was shown: challenge without an error code (RFC 6750, section 3.1).
    NoCredential,
    /// The request is malformed: `invalid_request`.
    Request,
    /// The token is not good: `invalid_token`.
    Token,
    /// The sender hasn't proved that the token was issued to it: `invalid_token` or `invalid_dpop_proof`.
    Proof,
    /// The provider's fault or ours: the caller may try again later.
    Provider,
}

impl CredentialError {
    /// The stable code, for problem details, logs and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Absent => "credentials-absent",
            Self::UnsupportedScheme => "authorization-scheme",
            Self::RepeatedAuthorization => "authorization-repeated",
            Self::MalformedAuthorization => "authorization-malformed",
            Self::TokenTooLong => "token-too-long",
            Self::MalformedToken => "token-malformed",
            Self::AlgorithmRefused => "token-algorithm",
            Self::CriticalHeader => "token-critical-header",
            Self::WrongType => "token-type",
            Self::UnknownIssuer => "token-issuer",
            Self::UnknownKey => "token-key",
            Self::BadSignature => "token-signature",
            Self::Expired => "token-expired",
            Self::Inactive => "token-inactive",
            Self::NotYetValid => "token-not-yet-valid",
            Self::Revoked => "token-revoked",
            Self::WrongAudience => "token-audience",
            Self::MalformedClaim(_) => "token-claim",
            Self::SenderConstrained => "token-sender-constrained",
            Self::BoundToKey => "token-bound-to-key",
            Self::NotBoundToKey => "token-not-bound",
            Self::BoundToCertificate => "token-bound-to-certificate",
            Self::Proof(fault) => fault.code(),
            Self::ProofsExhausted => "dpop-exhausted",
            Self::KeysUnavailable => "keys-unavailable",
            Self::IntrospectionUnavailable => "introspection-unavailable",
        }
    }

    /// Whose fault it is, and so which kind of answer to give.
    pub const fn fault(self) -> Fault {
        match self {
            Self::Absent | Self::UnsupportedScheme => Fault::NoCredential,
            Self::RepeatedAuthorization | Self::MalformedAuthorization | Self::TokenTooLong => Fault::Request,
            Self::MalformedToken
            | Self::AlgorithmRefused
            | Self::CriticalHeader
            | Self::WrongType
            | Self::UnknownIssuer
            | Self::UnknownKey
            | Self::BadSignature
            | Self::Expired
            | Self::Inactive
            | Self::NotYetValid
            | Self::Revoked
            | Self::WrongAudience
            | Self::MalformedClaim(_)
            | Self::SenderConstrained
            | Self::BoundToCertificate => Fault::Token,
            Self::BoundToKey | Self::NotBoundToKey | Self::Proof(_) => Fault::Proof,
            Self::KeysUnavailable | Self::IntrospectionUnavailable | Self::ProofsExhausted => Fault::Provider,
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750, section 3; RFC 9449, section 7.1); none when the fault is the provider's.
    pub fn www_authenticate(self) -> Option<String> {
        let error = match self.fault() {
            Fault::Provider => return None,
            Fault::NoCredential => return Some(r#"Bearer realm="yimen""#.to_owned()),
            Fault::Proof => return Some(dpop_challenge(self.proof_error(), &self.to_string())),
            Fault::Request => "invalid_request",
            Fault::Token => "invalid_token",
        };
        Some(format!(r#"Bearer realm="yimen", error="{error}", error_description="{self}""#))
    }

    const fn proof_error(self) -> &'static str {
        if let Self::Proof(fault) = self { fault.error() } else { "invalid_token" }
    }
}

/// A challenge (RFC 9449, section 7.1) to send a token that is bound to a key, with a proof. The description is ASCII
/// without quotation marks or backslashes.
pub fn dpop_challenge(error: &str, description: &str) -> String {
    format!(
        r#"DPoP realm="yimen", error="{error}", error_description="{description}", algs="{ALGORITHM_NAMES}""#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_credentials_are_challenged_without_an_error() {
        assert_eq!(CredentialError::Absent.www_authenticate().as_deref(), Some(r#"Bearer realm="yimen""#));
    }

    #[test]
    fn a_bad_token_names_its_reason() {
        assert_eq!(
            CredentialError::Expired.www_authenticate().as_deref(),
            Some(r#"Bearer realm="yimen", error="invalid_token", error_description="the token has expired""#)
        );
    }

    #[test]
    fn a_bad_proof_is_challenged_as_rfc_9449_asks() {
        assert_eq!(
            CredentialError::Proof(ProofFault::Replayed).www_authenticate().as_deref(),
            Some(
                r#"DPoP realm="yimen", error="invalid_dpop_proof", error_description="the DPoP proof was shown before", algs="ES256 EdDSA""#
            )
        );
        for other in [CredentialError::Proof(ProofFault::OtherKey), CredentialError::BoundToKey] {
            let challenge = other.www_authenticate().expect("a challenge");
            assert!(challenge.starts_with(r#"DPoP realm="yimen", error="invalid_token""#), "{challenge}");
        }
    }

    #[test]
    fn a_provider_outage_is_not_blamed_on_the_caller() {
        assert_eq!(CredentialError::KeysUnavailable.www_authenticate(), None);
        assert_eq!(CredentialError::KeysUnavailable.fault(), Fault::Provider);
    }
}
