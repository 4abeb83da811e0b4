//! The city's configurable rules.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::item::Kind;
use crate::{Violation, Violations};

/// What a city may decide for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Shortest time, in days, between the announcement of a transfer or a retirement and its effect.
    pub notice_days: u16,
    /// Kinds of items for which the catalogue reviewer alone decides; all others pass the department first.
    pub single_stage_kinds: BTreeSet<Kind>,
    /// Fields whose change alone is approved by rule. Name, owner, backend, access, claims and entry
    /// points are always reviewed, so they have no name here.
    pub approved_by_rule: BTreeSet<RuleField>,
    /// Names of the assurance levels that an item may require. Not a setting of its own: the binary takes them from
    /// those that the gateway knows, so that nobody registers what no caller can ever show.
    #[serde(skip)]
    pub assurance_levels: BTreeSet<String>,
}

impl Policy {
    /// What is wrong with the level that an item requires: nothing where it requires none, or one that is known.
    pub fn check_assurance(&self, required: Option<&str>) -> Option<Violation> {
        let unknown = required.filter(|level| !self.assurance_levels.contains(*level))?;
        let known: Vec<_> = self.assurance_levels.iter().map(String::as_str).collect();
        let detail = if known.is_empty() {
            format!("{unknown:?} is not known: the gateway has no assurance levels")
        } else {
            format!("{unknown:?} is not known; the levels are {}", known.join(", "))
        };
        let mut found = Violations::default();
        found.add("/access/assurance", "unknown-level", detail);
        found.into_vec().pop()
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            notice_days: 30,
            single_stage_kinds: BTreeSet::new(),
            approved_by_rule: BTreeSet::from([RuleField::Keywords, RuleField::Office, RuleField::Complaint]),
            assurance_levels: BTreeSet::new(),
        }
    }
}

/// A field of an item that a city may call insensitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleField {
    /// Summary text.
    Summary,
    /// Search words.
    Keywords,
    /// Office contact.
    Office,
    /// Complaint channel.
    Complaint,
    /// Steps of the procedure.
    Steps,
    /// Fees.
    Fees,
    /// Materials to bring.
    Materials,
}
