//! A department: whoever registers items.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Aggregate, Context, DepartmentId, Division, DomainEvent, LocalizedText, Role, Violation, Violations,
};

/// A department.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Department {
    /// Not enrolled.
    #[default]
    Unknown,
    /// Enrolled.
    Enrolled {
        /// Its name.
        name: LocalizedText,
        /// The division that it serves.
        region: Division,
        /// Whether it may act.
        standing: Standing,
    },
}

/// Whether a department may act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It may.
    Active,
    /// It may not, for now.
    Suspended {
        /// What the public is told.
        notice: LocalizedText,
    },
    /// Another department took its place.
    Succeeded {
        /// That department.
        by: DepartmentId,
    },
}

/// A command to a department.
#[derive(Debug, Clone)]
pub enum DepartmentCommand {
    /// Takes it into the register; nothing happens when it is there with the same name and region.
    Enrol {
        /// Its name.
        name: LocalizedText,
        /// The division that it serves.
        region: Division,
    },
    /// Gives it another name.
    Rename {
        /// The name.
        name: LocalizedText,
    },
    /// Stops it from acting.
    Suspend {
        /// What the public is told.
        notice: LocalizedText,
    },
    /// Ends a suspension.
    Resume,
    /// Says which department took its place.
    Succeed {
        /// That department.
        by: DepartmentId,
    },
}

/// An event of a department's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum DepartmentEvent {
    /// Taken into the register.
    Enrolled {
        /// Its identifier.
        department: DepartmentId,
        /// Its name.
        name: LocalizedText,
        /// The division that it serves.
        region: Division,
    },
    /// Given another name.
    Renamed {
        /// The name.
        name: LocalizedText,
    },
    /// Stopped from acting.
    Suspended {
        /// What the public is told.
        notice: LocalizedText,
    },
    /// May act again.
    Resumed {},
    /// Another department took its place.
    Succeeded {
        /// That department.
        by: DepartmentId,
    },
}

impl DomainEvent for DepartmentEvent {
    const TYPES: &'static [(&'static str, u16)] =
        &[("Enrolled", 1), ("Renamed", 1), ("Suspended", 1), ("Resumed", 1), ("Succeeded", 1)];

    fn event_type(&self) -> &'static str {
        match self {
            Self::Enrolled { .. } => "Enrolled",
            Self::Renamed { .. } => "Renamed",
            Self::Suspended { .. } => "Suspended",
            Self::Resumed {} => "Resumed",
            Self::Succeeded { .. } => "Succeeded",
        }
    }
}

/// Why a command to a department is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DepartmentRejection {
    /// The role does not allow it.
    #[error("only operators keep the register of departments")]
    NotAllowed,
    /// No such department.
    #[error("the department is not enrolled")]
    NotEnrolled,
    /// It is enrolled under another name or region.
    #[error("the department is already enrolled")]
    AlreadyEnrolled,
    /// Another department took its place.
    #[error("the department was succeeded by {0}")]
    Succeeded(DepartmentId),
    /// It can't succeed itself.
    #[error("a department can't succeed itself")]
    OwnSuccessor,
    /// It is not suspended.
    #[error("the department is not suspended")]
    NotSuspended,
    /// The text breaks rules.
    #[error("the text breaks {} rule(s)", .0.len())]
    Invalid(Vec<Violation>),
}

impl Department {
    /// Whether it may register and change items now.
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Enrolled { standing: Standing::Active, .. })
    }

    /// Its name, if it is enrolled.
    pub fn name(&self) -> Option<&LocalizedText> {
        match self {
            Self::Unknown => None,
            Self::Enrolled { name, .. } => Some(name),
        }
    }
}

impl Aggregate for Department {
    const CATEGORY: &'static str = "department";
    type Id = DepartmentId;
    type Command = (DepartmentId, DepartmentCommand);
    type Event = DepartmentEvent;
    type Rejection = DepartmentRejection;

    fn decide(
        &self,
        (id, command): &Self::Command,
        context: &Context<'_>,
    ) -> Result<Vec<DepartmentEvent>, DepartmentRejection> {
        if context.actor.role != Role::Operator {
            return Err(DepartmentRejection::NotAllowed);
        }
        let (name, region, standing) = match self {
            Self::Unknown => {
                let DepartmentCommand::Enrol { name, region } = command else {
                    return Err(DepartmentRejection::NotEnrolled);
                };
                check_text("/name", name, 200)?;
                return Ok(vec![DepartmentEvent::Enrolled {
                    department: id.clone(),
                    name: name.clone(),
                    region: region.clone(),
                }]);
            }
            Self::Enrolled { name, region, standing } => (name, region, standing),
        };
        if let DepartmentCommand::Enrol { name: new, region: new_region } = command {
            let same = new == name && new_region == region;
            return if same { Ok(Vec::new()) } else { Err(DepartmentRejection::AlreadyEnrolled) };
        }
        if let Standing::Succeeded { by } = standing {
            return Err(DepartmentRejection::Succeeded(by.clone()));
        }
        match command {
            DepartmentCommand::Enrol { .. } => Err(DepartmentRejection::AlreadyEnrolled),
            DepartmentCommand::Rename { name: new } => {
                check_text("/name", new, 200)?;
                Ok(if new == name {
                    Vec::new()
                } else {
                    vec![DepartmentEvent::Renamed { name: new.clone() }]
                })
            }
            DepartmentCommand::Suspend { notice } => {
                check_text("/notice", notice, 2000)?;
                let current = Standing::Suspended { notice: notice.clone() };
                Ok(if *standing == current {
                    Vec::new()
                } else {
                    vec![DepartmentEvent::Suspended { notice: notice.clone() }]
                })
            }
            DepartmentCommand::Resume => match standing {
                Standing::Suspended { .. } => Ok(vec![DepartmentEvent::Resumed {}]),
                Standing::Active | Standing::Succeeded { .. } => Err(DepartmentRejection::NotSuspended),
            },
            DepartmentCommand::Succeed { by } if by == id => Err(DepartmentRejection::OwnSuccessor),
            DepartmentCommand::Succeed { by } => Ok(vec![DepartmentEvent::Succeeded { by: by.clone() }]),
        }
    }

    fn evolve(&mut self, event: &DepartmentEvent) {
        match (&mut *self, event) {
            (Self::Unknown, DepartmentEvent::Enrolled { name, region, .. }) => {
                *self =
                    Self::Enrolled { name: name.clone(), region: region.clone(), standing: Standing::Active };
            }
            (Self::Unknown, _) | (Self::Enrolled { .. }, DepartmentEvent::Enrolled { .. }) => {}
            // A successor is for ever.
            (Self::Enrolled { standing: Standing::Succeeded { .. }, .. }, _) => {}
            (Self::Enrolled { name, .. }, DepartmentEvent::Renamed { name: new }) => *name = new.clone(),
            (Self::Enrolled { standing, .. }, DepartmentEvent::Suspended { notice }) => {
                *standing = Standing::Suspended { notice: notice.clone() };
            }
            (Self::Enrolled { standing, .. }, DepartmentEvent::Resumed {}) => *standing = Standing::Active,
            (Self::Enrolled { standing, .. }, DepartmentEvent::Succeeded { by }) => {
                *standing = Standing::Succeeded { by: by.clone() };
            }
        }
    }
}

fn check_text(pointer: &str, text: &LocalizedText, max: usize) -> Result<(), DepartmentRejection> {
    let mut violations = Violations::default();
    text.check(pointer, max, true, &mut violations);
    let violations = violations.into_vec();
    if violations.is_empty() { Ok(()) } else { Err(DepartmentRejection::Invalid(violations)) }
}

#[cfg(test)]
mod tests;
