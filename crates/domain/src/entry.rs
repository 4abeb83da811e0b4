//! 办事入口: one entry of the catalogue, under which the same service of many departments stands.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Aggregate, Context, DomainEvent, EntryId, ItemId, LocalizedText, Role, Violation, Violations};

/// An entry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// Not formed.
    #[default]
    Unformed,
    /// Formed; `name` is absent until a steward chooses one other than the primary item's.
    Formed {
        /// The name that a steward chose.
        name: Option<LocalizedText>,
        /// The item that a steward chose to speak for the entry.
        primary: Option<ItemId>,
        /// The entry that this one is an alias of.
        merged_into: Option<EntryId>,
    },
}

/// A command to an entry.
#[derive(Debug, Clone)]
pub enum EntryCommand {
    /// Founds the entry; nothing happens to one that is founded.
    Form,
    /// Gives it a name of its own.
    Rename {
        /// The name.
        name: LocalizedText,
    },
    /// Takes that name back: it has its primary item's again.
    WithdrawName,
    /// Chooses the item whose content speaks for the entry.
    ChoosePrimary {
        /// The item.
        item: ItemId,
    },
    /// Takes that choice back: its founder speaks for it again.
    WithdrawPrimary,
    /// Makes it an alias of another entry.
    Merge {
        /// The entry that becomes an alias: this one.
        entry: EntryId,
        /// The entry that survives.
        into: EntryId,
        /// The surviving entry and all that it is itself an alias of, as far as is known.
        lineage: Vec<EntryId>,
    },
    /// Undoes a merge: every item has its old entry back.
    Restore,
}

/// An event of an entry's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum EntryEvent {
    /// Founded.
    Formed {},
    /// Given a name of its own.
    Renamed {
        /// The name.
        name: LocalizedText,
    },
    /// The name of its own was taken back.
    NameWithdrawn {},
    /// An item was chosen to speak for it.
    PrimaryChosen {
        /// The item.
        item: ItemId,
    },
    /// The choice of that item was taken back.
    PrimaryWithdrawn {},
    /// Became an alias.
    MergedInto {
        /// The entry that survives.
        entry: EntryId,
    },
    /// Became an entry of its own again.
    Restored {
        /// The entry that it was an alias of.
        from: EntryId,
    },
}

impl DomainEvent for EntryEvent {
    const TYPES: &'static [(&'static str, u16)] = &[
        ("Formed", 1),
        ("Renamed", 1),
        ("NameWithdrawn", 1),
        ("PrimaryChosen", 1),
        ("PrimaryWithdrawn", 1),
        ("MergedInto", 1),
        ("Restored", 1),
    ];

    fn event_type(&self) -> &'static str {
        match self {
            Self::Formed {} => "Formed",
            Self::Renamed { .. } => "Renamed",
            Self::NameWithdrawn {} => "NameWithdrawn",
            Self::PrimaryChosen { .. } => "PrimaryChosen",
            Self::PrimaryWithdrawn {} => "PrimaryWithdrawn",
            Self::MergedInto { .. } => "MergedInto",
            Self::Restored { .. } => "Restored",
        }
    }
}

/// Why a command to an entry is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryRejection {
    /// The role does not allow it.
    #[error("only stewards change entries")]
    NotAllowed,
    /// No such entry.
    #[error("there is no such entry")]
    NotFormed,
    /// It is an alias: change the entry that survives.
    #[error("the entry is merged into {0}")]
    Merged(EntryId),
    /// It is not an alias.
    #[error("the entry is not merged")]
    NotMerged,
    /// The merge would close a loop of aliases.
    #[error("the other entry is this one, or is itself merged into it")]
    Loop,
    /// The name breaks rules.
    #[error("the name breaks {} rule(s)", .0.len())]
    Invalid(Vec<Violation>),
}

impl Aggregate for Entry {
    const CATEGORY: &'static str = "entry";
    type Id = EntryId;
    type Command = EntryCommand;
    type Event = EntryEvent;
    type Rejection = EntryRejection;

    fn decide(
        &self,
        command: &EntryCommand,
        context: &Context<'_>,
    ) -> Result<Vec<EntryEvent>, EntryRejection> {
        let founds = matches!(command, EntryCommand::Form) && context.actor.role == Role::System;
        if context.actor.role != Role::Steward && !founds {
            return Err(EntryRejection::NotAllowed);
        }
        let (name, primary, merged_into) = match (self, command) {
            (Self::Unformed, EntryCommand::Form) => return Ok(vec![EntryEvent::Formed {}]),
            (Self::Unformed, _) => return Err(EntryRejection::NotFormed),
            (Self::Formed { name, primary, merged_into }, _) => (name, primary, merged_into),
        };
        match (command, merged_into) {
            (EntryCommand::Form, _) => Ok(Vec::new()),
            (EntryCommand::Merge { entry, into, lineage }, _) if into == entry || lineage.contains(entry) => {
                Err(EntryRejection::Loop)
            }
            (EntryCommand::Merge { into, .. }, Some(current)) if into == current => Ok(Vec::new()),
            (EntryCommand::Restore, Some(from)) => Ok(vec![EntryEvent::Restored { from: *from }]),
            (EntryCommand::Restore, None) => Err(EntryRejection::NotMerged),
            (_, Some(survivor)) => Err(EntryRejection::Merged(*survivor)),
            (EntryCommand::Rename { name: new }, None) => {
                check_name(new)?;
                Ok(changed(name.as_ref() != Some(new), || EntryEvent::Renamed { name: new.clone() }))
            }
            (EntryCommand::WithdrawName, None) => {
                Ok(changed(name.is_some(), || EntryEvent::NameWithdrawn {}))
            }
            (EntryCommand::ChoosePrimary { item }, None) => {
                Ok(changed(*primary != Some(*item), || EntryEvent::PrimaryChosen { item: *item }))
            }
            (EntryCommand::WithdrawPrimary, None) => {
                Ok(changed(primary.is_some(), || EntryEvent::PrimaryWithdrawn {}))
            }
            (EntryCommand::Merge { into, .. }, None) => Ok(vec![EntryEvent::MergedInto { entry: *into }]),
        }
    }

    fn evolve(&mut self, event: &EntryEvent) {
        match (&mut *self, event) {
            (Self::Unformed, EntryEvent::Formed {}) => {
                *self = Self::Formed { name: None, primary: None, merged_into: None };
            }
            (Self::Unformed, _) | (Self::Formed { .. }, EntryEvent::Formed {}) => {}
            (Self::Formed { name, .. }, EntryEvent::Renamed { name: new }) => *name = Some(new.clone()),
            (Self::Formed { name, .. }, EntryEvent::NameWithdrawn {}) => *name = None,
            (Self::Formed { primary, .. }, EntryEvent::PrimaryChosen { item }) => *primary = Some(*item),
            (Self::Formed { primary, .. }, EntryEvent::PrimaryWithdrawn {}) => *primary = None,
            (Self::Formed { merged_into, .. }, EntryEvent::MergedInto { entry }) => {
                *merged_into = Some(*entry)
            }
            (Self::Formed { merged_into, .. }, EntryEvent::Restored { .. }) => *merged_into = None,
        }
    }
}

fn changed(different: bool, event: impl FnOnce() -> EntryEvent) -> Vec<EntryEvent> {
    if different { vec![event()] } else { Vec::new() }
}

fn check_name(name: &LocalizedText) -> Result<(), EntryRejection> {
    let mut violations = Violations::default();
    name.check("/name", 200, true, &mut violations);
    let violations = violations.into_vec();
    if violations.is_empty() { Ok(()) } else { Err(EntryRejection::Invalid(violations)) }
}

#[cfg(test)]
mod tests;
