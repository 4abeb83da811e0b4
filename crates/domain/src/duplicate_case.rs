//! Two items that may be the same service: a case for a steward, remembered for ever.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Aggregate, Basis, CaseId, Context, DomainEvent, ItemId, Role, Violation, Violations};

/// A duplicate case.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum DuplicateCase {
    /// Nobody suspects the pair.
    #[default]
    Unsuspected,
    /// Suspected, decided or reopened.
    Suspected {
        /// The two items, lower identifier first.
        items: [ItemId; 2],
        /// Why they are suspected.
        basis: Basis,
        /// What a steward decided.
        decision: Decision,
    },
}

/// What was decided of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Decision {
    /// Nothing yet.
    Open,
    /// The same service.
    Confirmed {
        /// What becomes of the two.
        resolution: Resolution,
    },
    /// Different services; the pair is not suspected again.
    Dismissed {
        /// Why.
        #[schema(min_length = 1, max_length = 4000)]
        comment: String,
    },
}

/// What becomes of two items of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Resolution {
    /// One speaks for both; the other's department is asked to retire its own.
    KeepPrimary {
        /// The one that stays.
        primary: ItemId,
    },
    /// Both stay, under one entry.
    BothStay {
        /// Why.
        #[schema(min_length = 1, max_length = 4000)]
        comment: String,
    },
}

/// A command to a case.
#[derive(Debug, Clone)]
pub enum DuplicateCaseCommand {
    /// Opens the case; nothing happens to one that was ever opened.
    Suspect {
        /// The two items, in either order.
        items: [ItemId; 2],
        /// Why.
        basis: Basis,
    },
    /// Says that they are the same service.
    Confirm {
        /// What becomes of them.
        resolution: Resolution,
    },
    /// Says that they are different services.
    Dismiss {
        /// Why.
        comment: String,
    },
    /// Takes a decision back.
    Reopen,
}

/// An event of a case's stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum DuplicateCaseEvent {
    /// The pair is suspected.
    Suspected {
        /// The two items, lower identifier first.
        items: [ItemId; 2],
        /// Why.
        basis: Basis,
    },
    /// They are the same service.
    Confirmed {
        /// What becomes of them.
        resolution: Resolution,
    },
    /// They are different services.
    Dismissed {
        /// Why.
        comment: String,
    },
    /// The decision was taken back.
    Reopened {},
}

impl DomainEvent for DuplicateCaseEvent {
    const TYPES: &'static [(&'static str, u16)] =
        &[("Suspected", 1), ("Confirmed", 1), ("Dismissed", 1), ("Reopened", 1)];

    fn event_type(&self) -> &'static str {
        match self {
            Self::Suspected { .. } => "Suspected",
            Self::Confirmed { .. } => "Confirmed",
            Self::Dismissed { .. } => "Dismissed",
            Self::Reopened {} => "Reopened",
        }
    }
}

/// Why a command to a case is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DuplicateCaseRejection {
    /// The role does not allow it.
    #[error("only stewards decide duplicate cases")]
    NotAllowed,
    /// No such case.
    #[error("there is no such case")]
    NotSuspected,
    /// An item can't be its own duplicate.
    #[error("a case has two different items")]
    SameItem,
    /// It was decided; reopen it first.
    #[error("the case is decided; reopen it first")]
    Decided,
    /// It is not decided.
    #[error("the case is open")]
    StillOpen,
    /// The primary is neither of the two items.
    #[error("the primary has to be one of the two items")]
    ForeignPrimary,
    /// The comment breaks rules.
    #[error("the comment breaks {} rule(s)", .0.len())]
    Invalid(Vec<Violation>),
}

impl Aggregate for DuplicateCase {
    const CATEGORY: &'static str = "duplicate";
    type Id = CaseId;
    type Command = DuplicateCaseCommand;
    type Event = DuplicateCaseEvent;
    type Rejection = DuplicateCaseRejection;

    fn decide(
        &self,
        command: &DuplicateCaseCommand,
        context: &Context<'_>,
    ) -> Result<Vec<DuplicateCaseEvent>, DuplicateCaseRejection> {
        if !context.actor.is_any_of(&[Role::Steward, Role::System]) {
            return Err(DuplicateCaseRejection::NotAllowed);
        }
        let (items, decision) = match (self, command) {
            (Self::Unsuspected, DuplicateCaseCommand::Suspect { items: [a, b], basis }) => {
                return suspect(*a, *b, basis);
            }
            (Self::Suspected { .. }, DuplicateCaseCommand::Suspect { .. }) => return Ok(Vec::new()),
            (Self::Unsuspected, _) => return Err(DuplicateCaseRejection::NotSuspected),
            (Self::Suspected { items, decision, .. }, _) => (items, decision),
        };
        if context.actor.role != Role::Steward {
            return Err(DuplicateCaseRejection::NotAllowed);
        }
        match (command, decision) {
            (DuplicateCaseCommand::Suspect { .. }, _) => Ok(Vec::new()),
            (DuplicateCaseCommand::Reopen, Decision::Open) => Err(DuplicateCaseRejection::StillOpen),
            (DuplicateCaseCommand::Reopen, _) => Ok(vec![DuplicateCaseEvent::Reopened {}]),
            (_, Decision::Confirmed { .. } | Decision::Dismissed { .. }) => {
                Err(DuplicateCaseRejection::Decided)
            }
            (DuplicateCaseCommand::Confirm { resolution }, Decision::Open) => {
                check_resolution(resolution, items)?;
                Ok(vec![DuplicateCaseEvent::Confirmed { resolution: resolution.clone() }])
            }
            (DuplicateCaseCommand::Dismiss { comment }, Decision::Open) => {
                check_comment(comment)?;
                Ok(vec![DuplicateCaseEvent::Dismissed { comment: comment.clone() }])
            }
        }
    }

    fn evolve(&mut self, event: &DuplicateCaseEvent) {
        match (&mut *self, event) {
            (Self::Unsuspected, DuplicateCaseEvent::Suspected { items, basis }) => {
                *self = Self::Suspected { items: *items, basis: basis.clone(), decision: Decision::Open };
            }
            (Self::Unsuspected, _) | (Self::Suspected { .. }, DuplicateCaseEvent::Suspected { .. }) => {}
            (Self::Suspected { decision, .. }, DuplicateCaseEvent::Confirmed { resolution }) => {
                *decision = Decision::Confirmed { resolution: resolution.clone() };
            }
            (Self::Suspected { decision, .. }, DuplicateCaseEvent::Dismissed { comment }) => {
                *decision = Decision::Dismissed { comment: comment.clone() };
            }
            (Self::Suspected { decision, .. }, DuplicateCaseEvent::Reopened {}) => *decision = Decision::Open,
        }
    }
}

fn suspect(a: ItemId, b: ItemId, basis: &Basis) -> Result<Vec<DuplicateCaseEvent>, DuplicateCaseRejection> {
    if a == b {
        return Err(DuplicateCaseRejection::SameItem);
    }
    Ok(vec![DuplicateCaseEvent::Suspected { items: [a.min(b), a.max(b)], basis: basis.recordable() }])
}

fn check_resolution(resolution: &Resolution, items: &[ItemId; 2]) -> Result<(), DuplicateCaseRejection> {
    match resolution {
        Resolution::KeepPrimary { primary } if items.contains(primary) => Ok(()),
        Resolution::KeepPrimary { .. } => Err(DuplicateCaseRejection::ForeignPrimary),
        Resolution::BothStay { comment } => check_comment(comment),
    }
}

fn check_comment(comment: &str) -> Result<(), DuplicateCaseRejection> {
    let mut violations = Violations::default();
    violations.check_text("/comment", comment, 4000);
    if comment.trim().is_empty() {
        violations.add("/comment", "blank", "say why");
    }
    let violations = violations.into_vec();
    if violations.is_empty() { Ok(()) } else { Err(DuplicateCaseRejection::Invalid(violations)) }
}

#[cfg(test)]
mod tests;
