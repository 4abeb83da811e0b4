//! How a call ended, in the few words that logs and metrics use.

use http::StatusCode;
use serde::Serialize;

/// Whose fault it is that a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fault {
    Client,
    Backend,
    Gateway,
}

impl Fault {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Backend => "backend",
            Self::Gateway => "gateway",
        }
    }
}

/// A code from a bounded set, and whose fault it is if it is a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: &'static str,
    pub(crate) fault: Option<Fault>,
}

/// Every outcome, the most frequent first: what metrics keep a number for. The refusals' tests see to it that none of
/// theirs is missing.
pub(crate) const OUTCOMES: [Outcome; 67] = {
    use Fault::{Backend, Client, Gateway};
    const fn failure(code: &'static str, fault: Fault) -> Outcome {
        Outcome { code, fault: Some(fault) }
    }
    [
        Outcome::ANSWERED,
        Outcome::BACKEND_ERROR,
        Outcome::CLIENT_GONE,
        Outcome::REDIRECTED,
        Outcome::TUNNEL_IDLE,
        failure("token-expired", Client),
        failure("credentials-absent", Client),
        failure("overloaded", Gateway),
        failure("rate-limited", Client),
        failure("backend-unreachable", Backend),
        failure("backend-timeout", Backend),
        failure("backend-broke-off", Backend),
        failure("backend-busy", Backend),
        failure("backend-circuit-open", Backend),
        failure("backend-address-refused", Backend),
        failure("suspended", Backend),
        failure("malformed-path", Client),
        failure("malformed-department", Client),
        failure("malformed-region", Client),
        failure("region-required", Client),
        failure("insufficient-user-authentication", Client),
        failure("insufficient-scope", Client),
        failure("staff-token", Client),
        failure("channel-not-approved", Client),
        failure("channel-suspended", Client),
        failure("unknown-entry", Client),
        failure("not-offered-by-department", Client),
        failure("not-offered-in-region", Client),
        failure("method-not-allowed", Client),
        failure("request-timeout", Client),
        failure("request-incomplete", Client),
        failure("malformed-chunk", Client),
        failure("not-callable", Client),
        failure("retired", Client),
        failure("content-too-large", Client),
        failure("expectation-failed", Client),
        failure("upgrade-not-supported", Gateway),
        failure("assertion-unavailable", Gateway),
        failure("internal", Gateway),
        failure("authorization-scheme", Client),
        failure("authorization-repeated", Client),
        failure("authorization-malformed", Client),
        failure("token-too-long", Client),
        failure("token-malformed", Client),
        failure("token-algorithm", Client),
        failure("token-critical-header", Client),
        failure("token-type", Client),
        failure("token-issuer", Client),
        failure("token-key", Client),
        failure("token-signature", Client),
        failure("token-inactive", Client),
        failure("token-not-yet-valid", Client),
        failure("token-revoked", Client),
        failure("token-audience", Client),
        failure("token-claim", Client),
        failure("token-sender-constrained", Client),
        failure("token-bound-to-key", Client),
        failure("token-not-bound", Client),
        failure("token-bound-to-certificate", Client),
        failure("dpop-proof", Client),
        failure("dpop-key", Client),
        failure("dpop-proof-replayed", Client),
        failure("dpop-exhausted", Gateway),
        failure("channel-requires-dpop", Client),
        failure("channel-requires-certificate", Client),
        failure("keys-unavailable", Gateway),
        failure("introspection-unavailable", Gateway),
    ]
};

impl Outcome {
    /// A response was delivered to its end.
    pub(crate) const ANSWERED: Self = Self { code: "answered", fault: None };
    /// The same, and the backend said that it failed.
    pub(crate) const BACKEND_ERROR: Self = Self { code: "backend-error", fault: Some(Fault::Backend) };
    /// The client was sent to the entry that replaces a retired one.
    pub(crate) const REDIRECTED: Self = Self { code: "redirected", fault: None };
    /// The client left before the end.
    pub(crate) const CLIENT_GONE: Self = Self { code: "client-gone", fault: Some(Fault::Client) };

    /// A tunnel was ended, because neither side had anything to say for too long.
    pub(crate) const TUNNEL_IDLE: Self = Self { code: "tunnel-idle", fault: None };

    /// A response that was delivered to its end.
    pub(crate) fn answered(status: StatusCode) -> Self {
        if status.is_server_error() { Self::BACKEND_ERROR } else { Self::ANSWERED }
    }

    /// Its place in [`OUTCOMES`].
    pub(crate) fn place(self) -> Option<usize> {
        OUTCOMES.iter().position(|known| known.code == self.code)
    }
}
