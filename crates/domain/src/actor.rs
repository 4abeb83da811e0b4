//! Who acts, and in which role.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::DepartmentId;

/// What somebody may do in Yimen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Drafts, revises, submits and withdraws the items of their own department.
    Clerk,
    /// First-stage review inside the department.
    DepartmentReviewer,
    /// Second-stage review of the catalogue, except of own work.
    Reviewer,
    /// Duplicate cases; merges, splits and renames entries.
    Steward,
    /// Enrols departments, files channels, suspends in an emergency; can't approve content.
    Operator,
    /// Reads everything, changes nothing.
    Auditor,
    /// Yimen itself: the curator and the calendar. Never granted to a token.
    System,
}

impl Role {
    /// The role's name as tokens and events write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::DepartmentReviewer => "department-reviewer",
            Self::Reviewer => "reviewer",
            Self::Steward => "steward",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::System => "system",
        }
    }

    /// The role of that name, if a token may carry it.
    pub fn from_claim(name: &str) -> Option<Self> {
        [Self::Clerk, Self::DepartmentReviewer, Self::Reviewer, Self::Steward, Self::Operator, Self::Auditor]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Somebody who gives a command: a member of staff, or Yimen itself. Never a citizen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// Stable staff identifier as the identity provider knows it (`sub`).
    pub id: StaffId,
    /// The role in which the command is given.
    pub role: Role,
    /// The department that the actor belongs to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
}

impl Actor {
    /// Yimen itself, acting under a component's name, for example `curator`.
    pub fn system(component: &str) -> Self {
        Self { id: StaffId(format!("system:{component}")), role: Role::System, department: None }
    }

    /// Whether the actor has one of `roles`.
    pub fn is_any_of(&self, roles: &[Role]) -> bool {
        roles.contains(&self.role)
    }
}

/// Identifier of a member of staff, as the identity provider knows them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, min_length = 1, max_length = 255)]
pub struct StaffId(pub String);

impl fmt::Display for StaffId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everybody who wrote part of a revision: none of them may review it (four eyes).
pub type Authors = BTreeSet<StaffId>;
