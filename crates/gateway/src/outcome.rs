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

impl Outcome {
    /// The client was sent to the entry that replaces a retired one.
    pub(crate) const REDIRECTED: Self = Self { code: "redirected", fault: None };
    /// The client left before the end.
    pub(crate) const CLIENT_GONE: Self = Self { code: "client-gone", fault: Some(Fault::Client) };

    /// A response that was delivered to its end.
    pub(crate) fn answered(status: StatusCode) -> Self {
        if status.is_server_error() {
            Self { code: "backend-error", fault: Some(Fault::Backend) }
        } else {
            Self { code: "answered", fault: None }
        }
    }
}
