//! Every reason why a call isn't carried, and what the client is told.
//!
//! The table in [`Refusal::terms`] is the documentation of the `urn:yimen:problem:` types of the call path, besides
//! those that [`CredentialError::code`] names.

use std::time::Duration;

use domain::{DepartmentId, Division, LocalizedText};
use http::StatusCode;
use identity::{CredentialError, dpop_challenge};
use serde_json::{Value, json};

use crate::Settings;
use crate::outcome::{Fault, Outcome};
use crate::path::PathRefusal;
use crate::selection::Choice;
use crate::upload::UploadFault;

/// Why a call isn't carried.
#[derive(Debug)]
pub(crate) enum Refusal {
    MalformedPath(PathRefusal),
    MalformedDepartment(String),
    MalformedRegion(String),
    MethodNotAllowed,
    ExpectationFailed,
    UpgradeNotSupported,
    UnknownEntry,
    Retired {
        explanation: LocalizedText,
    },
    RegionRequired {
        choices: Vec<Choice>,
    },
    NotOfferedByDepartment {
        department: DepartmentId,
        choices: Vec<Choice>,
    },
    NotOfferedInRegion {
        region: Division,
        choices: Vec<Choice>,
    },
    Suspended {
        notice: LocalizedText,
    },
    NotCallable,
    Credential(CredentialError),
    /// None of the levels that would do is the caller's; lowest first.
    InsufficientAuthentication {
        levels: Vec<String>,
    },
    /// The token is a member of staff's.
    StaffToken,
    /// The token's client is no channel that may call.
    ChannelNotApproved,
    /// The token's client may not call for now.
    ChannelSuspended,
    /// The channel takes only tokens that are bound to a key, and this one isn't.
    KeyRequired,
    /// The channel takes only tokens that are bound to a certificate, and this one isn't.
    CertificateRequired,
    /// The token lacks some of these.
    InsufficientScope {
        required: Vec<String>,
    },
    /// The caller, or the channel, has made all the calls that it may for now.
    RateLimited {
        policy: &'static str,
        wait: Duration,
    },
    BodyTooLarge,
    Upload(UploadFault),
    Overloaded,
    BackendUnreachable,
    /// It has as many calls as it is given, and as many wait.
    BackendBusy,
    /// It is where no backend may be.
    BackendAddressRefused,
    /// It has failed too often, and isn't asked for a while.
    CircuitOpen {
        wait: Duration,
    },
    BackendTimeout(Phase),
    BackendBrokeOff,
    /// The assertion couldn't be made.
    AssertionUnavailable,
    /// A bug.
    Internal,
}

/// What was waited for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Connect,
    FirstByte,
    Body,
    /// The whole call.
    Total,
}

/// What every answer to a refusal has.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) fault: Fault,
    pub(crate) title: &'static str,
}

impl Refusal {
    pub(crate) const fn terms(&self) -> Terms {
        use Fault::{Backend, Client, Gateway};
        use StatusCode as S;
        let (status, code, fault, title) = match self {
            Self::MalformedPath(_) => {
                (S::BAD_REQUEST, "malformed-path", Client, "The path can be read in more than one way")
            }
            Self::MalformedDepartment(_) => (
                S::BAD_REQUEST,
                "malformed-department",
                Client,
                "Service-Department is not one department's identifier",
            ),
            Self::MalformedRegion(_) => {
                (S::BAD_REQUEST, "malformed-region", Client, "Service-Region is not one division code")
            }
            Self::RegionRequired { .. } => {
                (S::BAD_REQUEST, "region-required", Client, "The service is offered in several regions")
            }
            Self::Credential(error) => return credential_terms(*error),
            Self::InsufficientAuthentication { .. } => (
                S::UNAUTHORIZED,
                "insufficient-user-authentication",
                Client,
                "A stronger authentication is required",
            ),
            Self::InsufficientScope { .. } => {
                (S::FORBIDDEN, "insufficient-scope", Client, "The token lacks a scope")
            }
            Self::StaffToken => (S::FORBIDDEN, "staff-token", Client, "Staff don't call as citizens"),
            Self::ChannelNotApproved => {
                (S::FORBIDDEN, "channel-not-approved", Client, "The channel is not approved")
            }
            Self::ChannelSuspended => (S::FORBIDDEN, "channel-suspended", Client, "The channel is suspended"),
            Self::KeyRequired => (
                S::UNAUTHORIZED,
                "channel-requires-dpop",
                Client,
                "The channel's tokens have to be bound to a key",
            ),
            Self::CertificateRequired => (
                S::UNAUTHORIZED,
                "channel-requires-certificate",
                Client,
                "The channel's tokens have to be bound to a certificate",
            ),
            Self::UnknownEntry => (S::NOT_FOUND, "unknown-entry", Client, "There is no such entry"),
            Self::NotOfferedByDepartment { .. } => (
                S::NOT_FOUND,
                "not-offered-by-department",
                Client,
                "The department does not offer the service",
            ),
            Self::NotOfferedInRegion { .. } => {
                (S::NOT_FOUND, "not-offered-in-region", Client, "The service is not offered there")
            }
            Self::MethodNotAllowed => {
                (S::METHOD_NOT_ALLOWED, "method-not-allowed", Client, "The method can't be used")
            }
            Self::Upload(UploadFault::ClientIdle) => {
                (S::REQUEST_TIMEOUT, "request-timeout", Client, "The request's body stopped coming")
            }
            Self::Upload(UploadFault::ClientGone) => {
                (S::BAD_REQUEST, "request-incomplete", Client, "The request's body broke off")
            }
            Self::Upload(UploadFault::Malformed) => {
                (S::BAD_REQUEST, "malformed-chunk", Client, "The request's body is malformed")
            }
            Self::NotCallable => {
                (S::CONFLICT, "not-callable", Client, "The service can't be called through the gateway")
            }
            Self::Retired { .. } => (S::GONE, "retired", Client, "The service is retired"),
            Self::BodyTooLarge | Self::Upload(UploadFault::TooLarge) => {
                (S::PAYLOAD_TOO_LARGE, "content-too-large", Client, "The request's body is too large")
            }
            Self::RateLimited { .. } => {
                (S::TOO_MANY_REQUESTS, "rate-limited", Client, "Too many calls in a short time")
            }
            Self::ExpectationFailed => {
                (S::EXPECTATION_FAILED, "expectation-failed", Client, "Only 100-continue can be expected")
            }
            Self::AssertionUnavailable => (
                S::INTERNAL_SERVER_ERROR,
                "assertion-unavailable",
                Gateway,
                "The identity assertion can't be made",
            ),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", Gateway, "The gateway failed"),
            Self::UpgradeNotSupported => {
                (S::NOT_IMPLEMENTED, "upgrade-not-supported", Gateway, "Calls can't change to this protocol")
            }
            Self::BackendUnreachable => {
                (S::BAD_GATEWAY, "backend-unreachable", Backend, "The department's service can't be reached")
            }
            Self::BackendAddressRefused => (
                S::BAD_GATEWAY,
                "backend-address-refused",
                Backend,
                "The department's service is where none may be",
            ),
            Self::BackendBrokeOff => (
                S::BAD_GATEWAY,
                "backend-broke-off",
                Backend,
                "The department's service gave no valid answer",
            ),
            Self::Suspended { .. } => {
                (S::SERVICE_UNAVAILABLE, "suspended", Backend, "The service is suspended")
            }
            Self::BackendBusy => {
                (S::SERVICE_UNAVAILABLE, "backend-busy", Backend, "The department's service is busy")
            }
            Self::CircuitOpen { .. } => (
                S::SERVICE_UNAVAILABLE,
                "backend-circuit-open",
                Backend,
                "The department's service has failed too often",
            ),
            Self::Overloaded => (S::SERVICE_UNAVAILABLE, "overloaded", Gateway, "Too many calls at once"),
            Self::BackendTimeout(_) => {
                (S::GATEWAY_TIMEOUT, "backend-timeout", Backend, "The department's service took too long")
            }
        };
        Terms { status, code, fault, title }
    }

    pub(crate) const fn outcome(&self) -> Outcome {
        let Terms { code, fault, .. } = self.terms();
        Outcome { code, fault: Some(fault) }
    }

    /// What this very call did not get, in a sentence.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::MalformedPath(refusal) => sentence(&refusal.to_string()),
            Self::MalformedDepartment(reason) | Self::MalformedRegion(reason) => sentence(reason),
            Self::RegionRequired { .. } => {
                "Name the region in Service-Region, the department in Service-Department, or both; see choices."
                    .to_owned()
            }
            Self::NotOfferedByDepartment { department, .. } => {
                format!("{department} does not offer the service; choices lists who does, and where.")
            }
            Self::NotOfferedInRegion { region, .. } => {
                format!(
                    "What was asked for is not offered in {region} or above it; choices lists where it is."
                )
            }
            Self::Credential(error) => sentence(&error.to_string()),
            Self::InsufficientAuthentication { levels } => {
                format!("Authenticate at one of the levels: {}.", levels.join(", "))
            }
            Self::InsufficientScope { required } => {
                format!("The service needs the scopes: {}.", required.join(", "))
            }
            Self::StaffToken => "The token carries a role of staff; call with a citizen's token.".to_owned(),
            Self::ChannelNotApproved => {
                "The token's client_id names no channel that was filed and approved.".to_owned()
            }
            Self::ChannelSuspended => {
                "The channel that the token's client_id names may not call for now.".to_owned()
            }
            Self::KeyRequired => {
                "Get a token that is bound to a key of yours, and send it with the DPoP scheme and a proof."
                    .to_owned()
            }
            Self::CertificateRequired => {
                "Get a token that is bound to your certificate, and show that when you connect.".to_owned()
            }
            Self::UnknownEntry => "The catalogue knows no entry with this identifier.".to_owned(),
            Self::MethodNotAllowed => "TRACE and CONNECT are never forwarded.".to_owned(),
            Self::Upload(fault) => sentence(&fault.to_string()),
            Self::NotCallable => {
                "The department has registered no backend for it; see the entry's other channels.".to_owned()
            }
            Self::Retired { explanation } => explanation.default_text().to_owned(),
            Self::Suspended { notice } => notice.default_text().to_owned(),
            Self::BodyTooLarge => sentence(&UploadFault::TooLarge.to_string()),
            Self::ExpectationFailed => "The expectation in Expect is not known here.".to_owned(),
            Self::UpgradeNotSupported => "Only a WebSocket can be asked for: GET, HTTP/1.1, no body, and Upgrade: websocket alone.".to_owned(),
            Self::RateLimited { policy, .. } => {
                format!("The {policy} has made all the calls that it may for now; see Retry-After.")
            }
            Self::Overloaded => "The gateway carries as many calls as it may; try again.".to_owned(),
            Self::BackendUnreachable => "No connection to the department's service could be made.".to_owned(),
            Self::CircuitOpen { .. } => {
                "The department's service is not asked for a while; try again.".to_owned()
            }
            Self::BackendTimeout(Phase::Total) => "The call took too long as a whole.".to_owned(),
            Self::BackendBusy => {
                "The department's service answers as many calls as it may; try again.".to_owned()
            }
            Self::BackendAddressRefused => {
                "The registered address lies outside the networks that the gateway may call.".to_owned()
            }
            Self::BackendTimeout(Phase::Connect) => {
                "The connection to the department's service did not stand in time.".to_owned()
            }
            Self::BackendTimeout(Phase::FirstByte) => {
                "The department's service did not begin its answer in time.".to_owned()
            }
            Self::BackendTimeout(Phase::Body) => {
                "The department's service stopped in the middle of its answer.".to_owned()
            }
            Self::BackendBrokeOff => "The connection ended before a whole, well-formed answer.".to_owned(),
            Self::AssertionUnavailable | Self::Internal => {
                "The cause is in the gateway's log under this trace id.".to_owned()
            }
        }
    }

    /// The member of the problem that only this kind of refusal has.
    pub(crate) fn member(&self) -> Option<(&'static str, Value)> {
        if let Self::RegionRequired { choices }
        | Self::NotOfferedByDepartment { choices, .. }
        | Self::NotOfferedInRegion { choices, .. } = self
        {
            Some(("choices", json!(choices)))
        } else if let Self::Suspended { notice } = self {
            Some(("notice", json!(notice)))
        } else if let Self::Retired { explanation } = self {
            Some(("explanation", json!(explanation)))
        } else if let Self::InsufficientAuthentication { levels } = self {
            Some(("acrValues", json!(levels)))
        } else if let Self::InsufficientScope { required } = self {
            Some(("scopes", json!(required)))
        } else {
            None
        }
    }

    /// The value of `WWW-Authenticate`, where another credential would help.
    pub(crate) fn challenge(&self) -> Option<String> {
        if let Self::Credential(error) = self {
            error.www_authenticate()
        } else if let Self::InsufficientAuthentication { levels } = self {
            // RFC 9470, section 3.
            let levels = levels.join(" ");
            Some(format!(
                r#"Bearer realm="yimen", error="insufficient_user_authentication", error_description="a stronger authentication is required", acr_values="{levels}""#
            ))
        } else if matches!(self, Self::KeyRequired) {
            let description = "the channel takes only tokens that are bound to a key";
            Some(dpop_challenge("invalid_token", description))
        } else if matches!(self, Self::CertificateRequired) {
            // RFC 8705, section 3.
            Some(
                r#"Bearer realm="yimen", error="invalid_token", error_description="the channel takes only tokens that are bound to a certificate""#
                    .to_owned(),
            )
        } else if let Self::InsufficientScope { required } = self {
            // RFC 6750, section 3.1.
            let scopes = required.join(" ");
            Some(format!(r#"Bearer realm="yimen", error="insufficient_scope", scope="{scopes}""#))
        } else {
            None
        }
    }

    /// Whether the client may still be sending what won't be read.
    pub(crate) const fn leaves_body_unread(&self) -> bool {
        matches!(self, Self::BodyTooLarge | Self::Upload(_))
    }

    /// The value of `Retry-After`, where waiting is all that helps.
    pub(crate) fn retry_after(&self, settings: &Settings) -> Option<u64> {
        let wait = if let Self::Suspended { .. } = self {
            settings.suspended_retry_after
        } else if let Self::RateLimited { wait, .. } | Self::CircuitOpen { wait } = self {
            *wait
        } else if matches!(self, Self::Overloaded | Self::BackendBusy)
            || matches!(self, Self::Credential(error) if error.fault() == identity::Fault::Provider)
        {
            settings.overloaded_retry_after
        } else {
            return None;
        };
        Some(whole_seconds(wait))
    }
}

/// At least one, and rounded up: who comes back a moment too soon has come in vain.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

const fn credential_terms(error: CredentialError) -> Terms {
    let (status, fault, title) = match error.fault() {
        identity::Fault::NoCredential => {
            (StatusCode::UNAUTHORIZED, Fault::Client, "A credential is required")
        }
        identity::Fault::Request => (StatusCode::BAD_REQUEST, Fault::Client, "The credential is malformed"),
        identity::Fault::Token => (StatusCode::UNAUTHORIZED, Fault::Client, "The token is not accepted"),
        identity::Fault::Proof => {
            (StatusCode::UNAUTHORIZED, Fault::Client, "The sender has not proved that the token is its own")
        }
        identity::Fault::Provider => {
            (StatusCode::SERVICE_UNAVAILABLE, Fault::Gateway, "The token can't be checked at present")
        }
    };
    Terms { status, code: error.code(), fault, title }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests;
