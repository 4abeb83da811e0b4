//! One department's implementation of an entry's service.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{DepartmentId, Division, ItemId, LocalizedText};

use crate::{Tally, Upstream};

/// An item as the call path sees it. Plain data: the binary fills it in from the read model.
#[derive(Debug, Clone)]
pub struct Offering {
    /// The item.
    pub item: ItemId,
    /// Whose item it is.
    pub department: Arc<Department>,
    /// The divisions whose people it serves.
    pub regions: Box<[Division]>,
    /// Whether it goes before other offerings for the same division.
    pub primary: bool,
    /// Whether it takes calls at present.
    pub standing: Standing,
    /// Where its calls go; none when it can't be called.
    pub upstream: Option<Arc<Upstream>>,
    /// Who may call, and what the backend learns of them.
    pub access: Access,
    /// What its calls come to; a new one for an offering that nobody has called.
    pub tally: Tally,
}

/// A department, with what every call to it needs ready-made.
#[derive(Debug, Clone)]
pub struct Department {
    id: String,
    name: LocalizedText,
    audience: String,
}

impl Department {
    /// A department by its identifier and name.
    pub fn new(id: &DepartmentId, name: LocalizedText) -> Self {
        Self { id: id.to_string(), name, audience: format!("urn:yimen:backend:{id}") }
    }

    /// The identifier, as `scheme:code`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name.
    pub const fn name(&self) -> &LocalizedText {
        &self.name
    }

    /// The `aud` of assertions for its backends: `urn:yimen:backend:<department>`.
    pub fn audience(&self) -> &str {
        &self.audience
    }
}

/// Whether an offering takes calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Available,
    /// It was suspended; callers get the notice.
    Suspended {
        /// What the public is told.
        notice: LocalizedText,
    },
}

/// What an item declared and a reviewer approved about its callers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Name of the least level of assurance; any where absent.
    pub assurance: Option<String>,
    /// Scopes that the caller's token must have.
    pub scopes: BTreeSet<String>,
    /// Names of the claims that the backend gets, and no others.
    pub claims: BTreeSet<String>,
}
