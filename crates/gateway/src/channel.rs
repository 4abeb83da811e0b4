//! 备案审查: a call comes through a channel that was filed and approved, and never from staff.

use domain::{ChannelId, Role};
use identity::{Confirmation, Principal};

use crate::Routes;
use crate::refusal::Refusal;

/// Whether a channel may call. One that waits for its approval, is closed or was never filed is not in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelStanding {
    /// It may, with tokens whose senders prove this.
    Approved(SenderConstraint),
    /// It may not, for now.
    Suspended,
}

/// What whoever sends a channel's tokens has to prove, besides what the tokens themselves are bound to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SenderConstraint {
    /// Nothing more.
    #[default]
    None,
    /// That it holds the key that the token has to be bound to (DPoP, RFC 9449).
    Dpop,
    /// That it holds the certificate that the token has to be bound to (mutual TLS, RFC 8705).
    Mtls,
}

impl SenderConstraint {
    /// Whether a caller may come whose token is bound so. What it is bound to was proved when the caller was identified.
    fn permit(self, bound: &Confirmation) -> Result<(), Refusal> {
        match self {
            Self::Dpop if bound.key.is_none() => Err(Refusal::KeyRequired),
            Self::Mtls if bound.certificate.is_none() => Err(Refusal::CertificateRequired),
            Self::None | Self::Dpop | Self::Mtls => Ok(()),
        }
    }
}

/// The channel through which the caller comes: the client that the token was issued to (`client_id`, RFC 9068).
///
/// Asked of the table on every call, never remembered with the token, so that a suspension takes effect at once.
pub(crate) fn admitted(caller: &Principal, routes: &Routes) -> Result<ChannelId, Refusal> {
    // An operator's or a clerk's token is for the registry; a citizen who works there calls as a citizen.
    if caller.roles().any(|role| Role::from_claim(role).is_some()) {
        return Err(Refusal::StaffToken);
    }
    let named = caller.client.as_deref().and_then(|client| client.parse::<ChannelId>().ok());
    let channel = named.ok_or(Refusal::ChannelNotApproved)?;
    match routes.channel(&channel) {
        Some(ChannelStanding::Approved(constraint)) => {
            constraint.permit(&caller.confirmation).map(|()| channel)
        }
        Some(ChannelStanding::Suspended) => Err(Refusal::ChannelSuspended),
        None => Err(Refusal::ChannelNotApproved),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::RouteTable;

    fn caller(client: Option<&str>, claims: Value) -> Principal {
        Principal {
            issuer: "https://id.example".to_owned(),
            subject: "citizen".to_owned(),
            client: client.map(str::to_owned),
            assurance: None,
            audience: Vec::new(),
            scopes: BTreeSet::new(),
            claims: claims.as_object().cloned().unwrap_or_else(Map::new),
            confirmation: Confirmation::default(),
            expires: Timestamp::UNIX_EPOCH,
        }
    }

    const APPROVED: ChannelStanding = ChannelStanding::Approved(SenderConstraint::None);

    fn routes() -> Routes {
        let id = |text: &str| text.parse().expect("well formed");
        Routes::new(RouteTable::default().with_channels([
            (id("app"), Some(APPROVED)),
            (id("stopped"), Some(ChannelStanding::Suspended)),
            (id("closed"), Some(APPROVED)),
            (id("closed"), None),
        ]))
    }

    #[test]
    fn only_approved_channels_carry_calls() {
        let code = |client: Option<&str>| {
            admitted(&caller(client, json!({})), &routes()).map_err(|refusal| refusal.terms().code).err()
        };
        assert_eq!(code(Some("app")), None);
        assert_eq!(code(Some("stopped")), Some("channel-suspended"));
        for other in [None, Some("APP"), Some("closed"), Some("app "), Some("unheard-of"), Some("人")] {
            assert_eq!(code(other), Some("channel-not-approved"), "{other:?}");
        }
    }

    #[test]
    fn a_token_with_any_staff_role_calls_nothing() {
        let refused = |claims| admitted(&caller(Some("app"), claims), &routes()).is_err();
        for role in ["clerk", "department-reviewer", "reviewer", "steward", "operator", "auditor"] {
            assert!(refused(json!({"roles": ["citizen", role]})), "{role}");
        }
        assert!(!refused(json!({"roles": ["citizen"]})));
        assert!(!refused(json!({"roles": []})));
    }
}
