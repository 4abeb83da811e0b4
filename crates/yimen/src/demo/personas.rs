//! The people of the demo, and their tokens.

use std::time::Duration;

use clap::ValueEnum;
use domain::{Actor, DepartmentId, Role, StaffId};
use identity::{DevelopmentIssuer, TokenRequest};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// Whom tokens of the demo are for (`aud`).
pub const AUDIENCE: &str = "yimen-demo";
/// The app through which the demo's citizen calls; filed and approved like any other.
pub const CITIZEN_APP: &str = "hangzhou-app";
/// The app of the demo's staff.
const STAFF_APP: &str = "yimen-desk";
/// How long the demo's tokens live: a day of trying out, and some.
pub const LIFETIME: Duration = Duration::from_secs(36 * 60 * 60);
/// Levels of assurance in the demo, lowest first.
pub const ASSURANCE: [&str; 3] = ["low", "substantial", "high"];
/// The claim that holds where the citizen lives.
pub const REGION_CLAIM: &str = "region";
/// The citizen lives in Xihu.
const REGION: &str = "330106";

/// Somebody in the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Persona {
    /// A citizen, made up.
    Citizen,
    /// Drafts and submits for a department.
    Clerk,
    /// Reviews for a department.
    DepartmentReviewer,
    /// Reviews for the catalogue.
    Reviewer,
    /// Decides duplicate cases.
    Steward,
    /// Runs the gateway.
    Operator,
    /// Reads everything.
    Auditor,
}

impl Persona {
    /// The role in which they act; citizens have none.
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::Citizen => None,
            Self::Clerk => Some(Role::Clerk),
            Self::DepartmentReviewer => Some(Role::DepartmentReviewer),
            Self::Reviewer => Some(Role::Reviewer),
            Self::Steward => Some(Role::Steward),
            Self::Operator => Some(Role::Operator),
            Self::Auditor => Some(Role::Auditor),
        }
    }

    /// Whether they belong to a department.
    pub const fn is_of_a_department(self) -> bool {
        matches!(self, Self::Clerk | Self::DepartmentReviewer)
    }

    fn subject(self, department: Option<&DepartmentId>) -> String {
        match (self.role(), department) {
            (None, _) => "demo-citizen".to_owned(),
            (Some(role), Some(department)) => format!("demo-{role}@{department}"),
            (Some(role), None) => format!("demo-{role}"),
        }
    }

    /// The person as commands name them. A citizen gives no commands.
    pub fn actor(self, department: Option<&DepartmentId>) -> Option<Actor> {
        let department = department.filter(|_| self.is_of_a_department());
        let id = StaffId(self.subject(department));
        self.role().map(|role| Actor { id, role, department: department.cloned() })
    }
}

/// What differs from one token to the next.
#[derive(Debug, Clone, Default)]
pub struct Variation {
    /// The department of those who have one.
    pub department: Option<DepartmentId>,
    /// Another subject than the demo's own.
    pub subject: Option<String>,
    /// Another division than the demo's own, for citizens.
    pub region: Option<String>,
    /// How long the token lives; [`LIFETIME`] without it.
    pub lifetime: Option<Duration>,
}

/// An access token for somebody.
pub fn token(
    issuer: &DevelopmentIssuer,
    persona: Persona,
    variation: Variation,
    now: Timestamp,
) -> Result<String, Failure> {
    let department = variation.department.filter(|_| persona.is_of_a_department());
    let subject = variation.subject.unwrap_or_else(|| persona.subject(department.as_ref()));
    let client = if persona == Persona::Citizen { CITIZEN_APP } else { STAFF_APP };
    let mut request = TokenRequest::new(subject, AUDIENCE, client);
    request.lifetime = variation.lifetime.unwrap_or(LIFETIME);
    request.assurance = Some("high".to_owned());
    request.roles = persona.role().map(|role| role.as_str().to_owned()).into_iter().collect();
    request.department = department.map(|department| department.to_string());
    if persona == Persona::Citizen {
        request.claims = citizen_claims(variation.region.as_deref().unwrap_or(REGION));
    }
    issuer.token(request, now).map_err(|error| Failure::because("a token can't be signed", &error))
}

/// Nobody's data: the identity number belongs to a division that doesn't exist.
fn citizen_claims(region: &str) -> Map<String, Value> {
    let claims = json!({
        "name": "示例市民",
        "id_number": "999999199001010000",
        "phone_number": "+86 100 0000 0000",
        "address": "杭州市西湖区示例路 1 号",
        "birthdate": "1990-01-01",
        "gender": "unknown",
        "organization_name": "示例有限公司",
        "credit_code": "91330106YMDEMO0000",
        REGION_CLAIM: region,
    });
    claims.as_object().cloned().unwrap_or_default()
}

/// One token for everybody.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// The citizen's.
    pub citizen: String,
    /// The clerk's.
    pub clerk: String,
    /// The reviewer's in the clerk's department.
    pub department_reviewer: String,
    /// The catalogue reviewer's.
    pub reviewer: String,
    /// The steward's.
    pub steward: String,
    /// The operator's.
    pub operator: String,
    /// The auditor's.
    pub auditor: String,
}

impl Tokens {
    /// Signs them; clerk and department reviewer are of `department`.
    pub fn sign(
        issuer: &DevelopmentIssuer,
        department: &DepartmentId,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let of = |persona| {
            let variation = Variation { department: Some(department.clone()), ..Variation::default() };
            token(issuer, persona, variation, now)
        };
        Ok(Self {
            citizen: of(Persona::Citizen)?,
            clerk: of(Persona::Clerk)?,
            department_reviewer: of(Persona::DepartmentReviewer)?,
            reviewer: of(Persona::Reviewer)?,
            steward: of(Persona::Steward)?,
            operator: of(Persona::Operator)?,
            auditor: of(Persona::Auditor)?,
        })
    }
}

impl Tokens {
    /// Each token with the name that the ready file gives it.
    pub fn named(&self) -> [(&'static str, &str); 7] {
        [
            ("citizen", &self.citizen),
            ("clerk", &self.clerk),
            ("departmentReviewer", &self.department_reviewer),
            ("reviewer", &self.reviewer),
            ("steward", &self.steward),
            ("operator", &self.operator),
            ("auditor", &self.auditor),
        ]
    }
}

/// Tokens are secrets, even a demo's.
impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use domain::{OrganisationCode, Uscc};

    use super::*;

    #[test]
    fn only_clerks_and_their_reviewers_belong_to_the_department() {
        let department: DepartmentId = OrganisationCode::new("local", "示例").expect("a code").into();
        for persona in Persona::value_variants() {
            let actor = persona.actor(Some(&department));
            assert_eq!(actor.is_none(), *persona == Persona::Citizen);
            assert_eq!(actor.and_then(|actor| actor.department).is_some(), persona.is_of_a_department());
        }
    }

    #[test]
    fn the_citizens_data_is_nobodys() {
        let claims = citizen_claims(REGION);
        let code = claims["credit_code"].as_str().expect("text");
        assert!(code.parse::<Uscc>().is_err(), "a valid code could be somebody's");
        assert!(claims["id_number"].as_str().expect("text").starts_with("999999"));
    }
}
