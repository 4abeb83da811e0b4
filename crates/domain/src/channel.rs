//! A channel: an app, mini-program or site through which citizens call; filed and approved (备案审查) before it may.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Aggregate, ChannelId, Context, DomainEvent, LocalizedText, Role, StaffId, Violation, Violations,
};

/// A channel.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Channel {
    /// Not filed.
    #[default]
    Unfiled,
    /// Filed.
    Filed {
        /// What was filed.
        filing: Filing,
        /// Who filed it.
        filed_by: StaffId,
        /// Who changed since what its senders have to prove.
        sender_changed_by: Option<StaffId>,
        /// Whether it may call.
        standing: ChannelStanding,
    },
}

/// What is filed about a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Filing {
    /// Its name.
    pub name: LocalizedText,
    /// What it is.
    pub kind: ChannelKind,
    /// 主办单位: who answers for it.
    pub owner: LocalizedText,
    /// What whoever sends its tokens has to prove.
    #[serde(default)]
    pub sender_constraint: SenderConstraint,
}

/// What whoever sends a channel's tokens has to prove: that the token was issued to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SenderConstraint {
    /// Nothing, unless the token itself is bound.
    #[default]
    None,
    /// That it holds the key that the token is bound to (DPoP, RFC 9449).
    Dpop,
    /// That it holds the certificate that the token is bound to (mutual TLS, RFC 8705).
    Mtls,
}

/// What a channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelKind {
    /// A native app.
    App,
    /// A mini-program inside another app.
    MiniProgram,
    /// A web site.
    Site,
}

/// Whether a channel may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChannelStanding {
    /// Waits for approval.
    Pending,
    /// It may.
    Approved,
    /// It may not, for now.
    Suspended {
        /// Why.
        reason: String,
    },
    /// It never will again.
    Closed,
}

/// A command to a channel.
#[derive(Debug, Clone)]
pub enum ChannelCommand {
    /// Files it for approval.
    File {
        /// What is filed.
        filing: Filing,
    },
    /// Lets it call; also ends a suspension.
    Approve,
    /// Stops it from calling.
    Suspend {
        /// Why.
        reason: String,
    },
    /// Changes what its senders have to prove; if that is not more than before, only while it may not call.
    ConstrainSender {
        /// From now on.
        constraint: SenderConstraint,
    },
    /// Ends it for good.
    Close,
}

/// An event of a channel's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum ChannelEvent {
    /// Filed for approval.
    Filed {
        /// Its client identifier.
        channel: ChannelId,
        /// What was filed.
        filing: Filing,
        /// Who filed it.
        by: StaffId,
    },
    /// May call.
    Approved {},
    /// May not call, for now.
    Suspended {
        /// Why.
        reason: String,
    },
    /// Its senders have to prove something else.
    SenderConstrained {
        /// From now on.
        constraint: SenderConstraint,
        /// Who changed it.
        by: StaffId,
    },
    /// Ended for good.
    Closed {},
}

impl DomainEvent for ChannelEvent {
    const TYPES: &'static [(&'static str, u16)] =
        &[("Filed", 2), ("Approved", 1), ("Suspended", 1), ("SenderConstrained", 1), ("Closed", 1)];

    fn event_type(&self) -> &'static str {
        match self {
            Self::Filed { .. } => "Filed",
            Self::Approved {} => "Approved",
            Self::Suspended { .. } => "Suspended",
            Self::SenderConstrained { .. } => "SenderConstrained",
            Self::Closed {} => "Closed",
        }
    }
}

/// Why a command to a channel is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelRejection {
    /// The role does not allow it.
    #[error("the role does not allow it")]
    NotAllowed,
    /// No such channel.
    #[error("the channel is not filed")]
    NotFiled,
    /// The client identifier is taken.
    #[error("the channel is already filed")]
    AlreadyFiled,
    /// Whoever filed it, or changed what its senders have to prove, may not approve it.
    #[error("a channel is approved by somebody other than who filed or changed it")]
    FourEyes,
    /// Where it stands, the command has no meaning.
    #[error("{0}")]
    WrongState(&'static str),
    /// The filing breaks rules.
    #[error("the filing breaks {} rule(s)", .0.len())]
    Invalid(Vec<Violation>),
}

impl Aggregate for Channel {
    const CATEGORY: &'static str = "channel";
    type Id = ChannelId;
    type Command = (ChannelId, ChannelCommand);
    type Event = ChannelEvent;
    type Rejection = ChannelRejection;

    fn decide(
        &self,
        (id, command): &Self::Command,
        context: &Context<'_>,
    ) -> Result<Vec<ChannelEvent>, ChannelRejection> {
        let allowed = match command {
            ChannelCommand::Approve => context.actor.is_any_of(&[Role::Operator, Role::Reviewer]),
            ChannelCommand::File { .. }
            | ChannelCommand::Suspend { .. }
            | ChannelCommand::ConstrainSender { .. }
            | ChannelCommand::Close => context.actor.role == Role::Operator,
        };
        if !allowed {
            return Err(ChannelRejection::NotAllowed);
        }
        let (filing, makers, standing) = match (self, command) {
            (Self::Unfiled, ChannelCommand::File { filing }) => {
                check(filing)?;
                let by = context.actor.id.clone();
                return Ok(vec![ChannelEvent::Filed { channel: id.clone(), filing: filing.clone(), by }]);
            }
            (Self::Unfiled, _) => return Err(ChannelRejection::NotFiled),
            (Self::Filed { .. }, ChannelCommand::File { .. }) => return Err(ChannelRejection::AlreadyFiled),
            (Self::Filed { filing, filed_by, sender_changed_by, standing }, _) => {
                (filing, (filed_by, sender_changed_by.as_ref()), standing)
            }
        };
        match (command, standing) {
            (_, ChannelStanding::Closed) => Err(ChannelRejection::WrongState("the channel is closed")),
            (ChannelCommand::Approve, ChannelStanding::Approved) => {
                Err(ChannelRejection::WrongState("the channel is already approved"))
            }
            (ChannelCommand::Approve, _)
                if context.actor.id == *makers.0 || Some(&context.actor.id) == makers.1 =>
            {
                Err(ChannelRejection::FourEyes)
            }
            (ChannelCommand::Approve, _) => Ok(vec![ChannelEvent::Approved {}]),
            (ChannelCommand::Suspend { reason }, ChannelStanding::Approved) => {
                check_reason(reason)?;
                Ok(vec![ChannelEvent::Suspended { reason: reason.clone() }])
            }
            (ChannelCommand::Suspend { .. }, _) => {
                Err(ChannelRejection::WrongState("the channel is not approved"))
            }
            (ChannelCommand::ConstrainSender { constraint }, standing) => {
                let constraint = *constraint;
                check_change(filing.sender_constraint, constraint, standing)?;
                let by = context.actor.id.clone();
                Ok(vec![ChannelEvent::SenderConstrained { constraint, by }])
            }
            (ChannelCommand::Close, _) => Ok(vec![ChannelEvent::Closed {}]),
            (ChannelCommand::File { .. }, _) => Err(ChannelRejection::AlreadyFiled),
        }
    }

    fn evolve(&mut self, event: &ChannelEvent) {
        match (&mut *self, event) {
            (Self::Unfiled, ChannelEvent::Filed { filing, by, .. }) => {
                *self = Self::Filed {
                    filing: filing.clone(),
                    filed_by: by.clone(),
                    sender_changed_by: None,
                    standing: ChannelStanding::Pending,
                };
            }
            (Self::Unfiled, _) | (Self::Filed { .. }, ChannelEvent::Filed { .. }) => {}
            // Closed is for ever.
            (Self::Filed { standing: ChannelStanding::Closed, .. }, _) => {}
            (Self::Filed { standing, .. }, ChannelEvent::Approved {}) => {
                *standing = ChannelStanding::Approved
            }
            (Self::Filed { standing, .. }, ChannelEvent::Suspended { reason }) => {
                *standing = ChannelStanding::Suspended { reason: reason.clone() };
            }
            (
                Self::Filed { filing, sender_changed_by, .. },
                ChannelEvent::SenderConstrained { constraint, by },
            ) => {
                filing.sender_constraint = *constraint;
                *sender_changed_by = Some(by.clone());
            }
            (Self::Filed { standing, .. }, ChannelEvent::Closed {}) => *standing = ChannelStanding::Closed,
        }
    }
}

/// To ask for more than nothing takes one operator, at any time; anything else, that somebody approves it again.
fn check_change(
    before: SenderConstraint,
    after: SenderConstraint,
    standing: &ChannelStanding,
) -> Result<(), ChannelRejection> {
    if before == after {
        return Err(ChannelRejection::WrongState("the channel's senders have to prove that already"));
    }
    match standing {
        ChannelStanding::Approved if before != SenderConstraint::None => {
            Err(ChannelRejection::WrongState("suspend the channel before its senders have to prove less"))
        }
        ChannelStanding::Pending
        | ChannelStanding::Approved
        | ChannelStanding::Suspended { .. }
        | ChannelStanding::Closed => Ok(()),
    }
}

fn check(filing: &Filing) -> Result<(), ChannelRejection> {
    let mut violations = Violations::default();
    filing.name.check("/name", 200, true, &mut violations);
    filing.owner.check("/owner", 200, true, &mut violations);
    refuse_if_any(violations)
}

fn check_reason(reason: &str) -> Result<(), ChannelRejection> {
    let mut violations = Violations::default();
    violations.check_text("/reason", reason, 2000);
    if reason.trim().is_empty() {
        violations.add("/reason", "blank", "say why");
    }
    refuse_if_any(violations)
}

fn refuse_if_any(violations: Violations) -> Result<(), ChannelRejection> {
    let violations = violations.into_vec();
    if violations.is_empty() { Ok(()) } else { Err(ChannelRejection::Invalid(violations)) }
}

#[cfg(test)]
mod tests;
