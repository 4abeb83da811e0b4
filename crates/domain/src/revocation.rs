//! A revocation: a subject or a token of an identity provider that is refused, whatever its token says.
//!
//! The log knows neither: it names what is revoked by a mark, a keyed hash that only the gateway can make.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Aggregate, Context, DomainEvent, RevocationId, Role, StaffId, Violation, Violations};

/// Most characters of a reason.
const REASON_LENGTH: usize = 2000;

/// A revocation.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Revocation {
    /// Nothing is revoked under this mark.
    #[default]
    Unknown,
    /// It was revoked at least once.
    Known {
        /// What is revoked.
        target: RevocationTarget,
        /// Why, and who says so.
        grounds: Grounds,
        /// Whether it is in force.
        standing: RevocationStanding,
    },
}

/// Why something was revoked, and who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grounds {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: StaffId,
}

/// What is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationTarget {
    /// Every token of a subject.
    Subject,
    /// One token.
    Token,
}

/// Whether a revocation is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationStanding {
    /// Tokens are refused.
    InForce,
    /// Tokens are accepted again.
    Lifted,
}

/// A command to a revocation.
#[derive(Debug, Clone)]
pub enum RevocationCommand {
    /// Puts it in force.
    Revoke {
        /// What is revoked.
        target: RevocationTarget,
        /// Why; nothing personal.
        reason: String,
    },
    /// Ends it.
    Lift {
        /// Why; nothing personal.
        reason: String,
    },
}

/// An event of a revocation's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum RevocationEvent {
    /// Tokens are refused from now on.
    Revoked {
        /// What is revoked.
        target: RevocationTarget,
        /// Why.
        #[schema(min_length = 1, max_length = 2000)]
        reason: String,
        /// Who did it.
        by: StaffId,
    },
    /// Tokens are accepted again.
    Lifted {
        /// Why.
        #[schema(min_length = 1, max_length = 2000)]
        reason: String,
    },
}

impl DomainEvent for RevocationEvent {
    const TYPES: &'static [(&'static str, u16)] = &[("Revoked", 1), ("Lifted", 1)];

    fn event_type(&self) -> &'static str {
        match self {
            Self::Revoked { .. } => "Revoked",
            Self::Lifted { .. } => "Lifted",
        }
    }
}

/// Why a command to a revocation is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevocationRejection {
    /// The role does not allow it.
    #[error("the role does not allow it")]
    NotAllowed,
    /// Nothing is revoked under this mark.
    #[error("nothing is revoked under this mark")]
    Unknown,
    /// Where it stands, the command has no meaning.
    #[error("{0}")]
    WrongState(&'static str),
    /// The reason breaks rules.
    #[error("the reason breaks {} rule(s)", .0.len())]
    Invalid(Vec<Violation>),
}

impl Aggregate for Revocation {
    const CATEGORY: &'static str = "revocation";
    type Id = RevocationId;
    type Command = RevocationCommand;
    type Event = RevocationEvent;
    type Rejection = RevocationRejection;

    fn decide(
        &self,
        command: &RevocationCommand,
        context: &Context<'_>,
    ) -> Result<Vec<RevocationEvent>, RevocationRejection> {
        if context.actor.role != Role::Operator {
            return Err(RevocationRejection::NotAllowed);
        }
        let in_force = match self {
            Self::Unknown => false,
            Self::Known { standing, .. } => *standing == RevocationStanding::InForce,
        };
        match (self, command) {
            (_, RevocationCommand::Revoke { .. }) if in_force => {
                Err(RevocationRejection::WrongState("it is revoked already"))
            }
            (_, RevocationCommand::Revoke { target, reason }) => {
                check(reason)?;
                let (reason, by) = (reason.clone(), context.actor.id.clone());
                Ok(vec![RevocationEvent::Revoked { target: *target, reason, by }])
            }
            (Self::Unknown, RevocationCommand::Lift { .. }) => Err(RevocationRejection::Unknown),
            (Self::Known { .. }, RevocationCommand::Lift { .. }) if !in_force => {
                Err(RevocationRejection::WrongState("the revocation is lifted already"))
            }
            (Self::Known { .. }, RevocationCommand::Lift { reason }) => {
                check(reason)?;
                Ok(vec![RevocationEvent::Lifted { reason: reason.clone() }])
            }
        }
    }

    fn evolve(&mut self, event: &RevocationEvent) {
        match (&mut *self, event) {
            (_, RevocationEvent::Revoked { target, reason, by }) => {
                *self = Self::Known {
                    target: *target,
                    grounds: Grounds { reason: reason.clone(), by: by.clone() },
                    standing: RevocationStanding::InForce,
                };
            }
            (Self::Unknown, RevocationEvent::Lifted { .. }) => {}
            (Self::Known { standing, .. }, RevocationEvent::Lifted { .. }) => {
                *standing = RevocationStanding::Lifted;
            }
        }
    }
}

fn check(reason: &str) -> Result<(), RevocationRejection> {
    let mut violations = Violations::default();
    violations.check_text("/reason", reason, REASON_LENGTH);
    if reason.trim().is_empty() {
        violations.add("/reason", "blank", "say why");
    }
    let violations = violations.into_vec();
    if violations.is_empty() { Ok(()) } else { Err(RevocationRejection::Invalid(violations)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{self, Given, auditor, clerk, operator, reviewer, steward};

    fn given(events: impl IntoIterator<Item = RevocationEvent>) -> Given<Revocation> {
        scenario::given(events)
    }

    fn revoke(reason: &str) -> RevocationCommand {
        RevocationCommand::Revoke { target: RevocationTarget::Subject, reason: reason.to_owned() }
    }

    fn lift() -> RevocationCommand {
        RevocationCommand::Lift { reason: "身份已核实".to_owned() }
    }

    fn revoked() -> RevocationEvent {
        let (target, reason) = (RevocationTarget::Subject, "账号被盗".to_owned());
        RevocationEvent::Revoked { target, reason, by: operator().id }
    }

    fn lifted() -> RevocationEvent {
        RevocationEvent::Lifted { reason: "身份已核实".to_owned() }
    }

    #[test]
    fn an_operator_revokes_lifts_and_revokes_again() {
        given([]).when(revoke("账号被盗"), &operator()).then([revoked()]);
        given([revoked()]).when(lift(), &operator()).then([lifted()]);
        given([revoked(), lifted()]).when(revoke("账号被盗"), &operator()).then([revoked()]);
    }

    #[test]
    fn nobody_else_does() {
        for other in [clerk(), reviewer(), steward(), auditor()] {
            given([]).when(revoke("x"), &other).refused(&RevocationRejection::NotAllowed);
            given([revoked()]).when(lift(), &other).refused(&RevocationRejection::NotAllowed);
        }
    }

    #[test]
    fn what_is_in_force_is_not_revoked_twice_nor_lifted_before() {
        let already = RevocationRejection::WrongState("it is revoked already");
        given([revoked()]).when(revoke("x"), &operator()).refused(&already);
        given([]).when(lift(), &operator()).refused(&RevocationRejection::Unknown);
        let lifted_already = RevocationRejection::WrongState("the revocation is lifted already");
        given([revoked(), lifted()]).when(lift(), &operator()).refused(&lifted_already);
    }

    #[test]
    fn it_says_why() {
        for reason in ["", "  ", "\u{7}"] {
            let refusal = given([]).when(revoke(reason), &operator()).rejection();
            assert!(matches!(refusal, RevocationRejection::Invalid(_)), "{refusal:?}");
        }
    }
}
