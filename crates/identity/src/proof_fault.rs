//! What is wrong with a proof of possession, in words that are safe to send back.

/// Why a proof (DPoP, RFC 9449, section 4.3) was not accepted.
///
/// The text never quotes the proof; it is plain ASCII without quotation marks, as `error_description` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProofFault {
    /// There is no `DPoP` header field.
    #[error("no DPoP proof was sent")]
    Absent,
    /// There is more than one.
    #[error("more than one DPoP header field was sent")]
    Repeated,
    /// It isn't a JWS with every claim that is needed, or is too long.
    #[error("the DPoP proof is malformed, incomplete or too long")]
    Malformed,
    /// `typ` isn't `dpop+jwt`.
    #[error("the DPoP proof is of the wrong type")]
    WrongType,
    /// The algorithm is none of those that the challenge names.
    #[error("the DPoP proof is signed with an algorithm that is not accepted")]
    Algorithm,
    /// It has a critical extension; none is understood here.
    #[error("the DPoP proof needs an extension that is not supported")]
    CriticalHeader,
    /// The key isn't a public key for the algorithm, or has private parts.
    #[error("the key in the DPoP proof is not a public key for its algorithm")]
    Key,
    /// The signature isn't that key's.
    #[error("the signature of the DPoP proof is not valid")]
    Signature,
    /// The token is bound to another key.
    #[error("the token is bound to another key than that of the DPoP proof")]
    OtherKey,
    /// It was made for another token, or says none (`ath`).
    #[error("the DPoP proof was made for another token")]
    OtherToken,
    /// It was made for another method (`htm`).
    #[error("the DPoP proof was made for another method")]
    OtherMethod,
    /// It was made for another address (`htu`), or one with a query.
    #[error("the DPoP proof was made for another address")]
    OtherAddress,
    /// It was made too long ago, or says that it is still to be made.
    #[error("the DPoP proof was not made just now")]
    NotNow,
    /// It was shown before.
    #[error("the DPoP proof was shown before")]
    Replayed,
}

impl ProofFault {
    /// The stable code, for problem details, logs and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherKey => "dpop-key",
            Self::Replayed => "dpop-proof-replayed",
            Self::Absent
            | Self::Repeated
            | Self::Malformed
            | Self::WrongType
            | Self::Algorithm
            | Self::CriticalHeader
            | Self::Key
            | Self::Signature
            | Self::OtherToken
            | Self::OtherMethod
            | Self::OtherAddress
            | Self::NotNow => "dpop-proof",
        }
    }

    /// The `error` of the challenge (RFC 9449, section 7.1).
    pub const fn error(self) -> &'static str {
        match self {
            Self::OtherKey => "invalid_token",
            Self::Absent
            | Self::Repeated
            | Self::Malformed
            | Self::WrongType
            | Self::Algorithm
            | Self::CriticalHeader
            | Self::Key
            | Self::Signature
            | Self::OtherToken
            | Self::OtherMethod
            | Self::OtherAddress
            | Self::NotNow
            | Self::Replayed => "invalid_dpop_proof",
        }
    }
}
