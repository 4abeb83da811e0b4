//! The city's configurable rules.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::item::Kind;

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
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            notice_days: 30,
            single_stage_kinds: BTreeSet::new(),
            approved_by_rule: BTreeSet::from([RuleField::Keywords, RuleField::Office, RuleField::Complaint]),
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
