//! Entries of the catalogue.

use std::sync::Arc;

use domain::item::Outcome;
use domain::{EntryId, ItemContent, ItemId, LocalizedText};
use event_store::Position;
use jiff::Timestamp;

use super::OfferingView;

/// An identifier of the catalogue, whatever has become of it.
#[derive(Debug, Clone, PartialEq)]
pub enum EntryStanding {
    /// It has at least one live offering.
    Live(Arc<EntryView>),
    /// It was merged: readers go on to the survivor.
    Alias {
        /// The entry at the end of the chain of merges; never itself an alias.
        into: EntryId,
    },
    /// Everything that it offered has ended.
    Retired(Arc<RetiredView>),
}

/// A live entry of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryView {
    /// Its identifier.
    pub id: EntryId,
    /// The name that a steward gave it, if any.
    pub own_name: Option<LocalizedText>,
    /// The item that speaks for it: the steward's choice if live, else the founder if live, else the earliest.
    pub primary: ItemId,
    /// The primary item's content.
    pub content: Arc<ItemContent>,
    /// Its live offerings, in order of the items' registration.
    pub offerings: Vec<OfferingView>,
    /// The identifiers that are aliases of it, in order of their formation.
    pub aliases: Vec<EntryId>,
    /// Place of the last event in its own stream (the `If-Match` of its commands); `None` if it has none.
    pub revision: Option<u64>,
    /// Place in the log at which it first appeared: the order of lists, and their cursor.
    pub formed: Position,
    /// Place in the log of the last change of anything in this view: its entity tag.
    pub changed: Position,
    /// When that was.
    pub updated_at: Timestamp,
}

impl EntryView {
    /// Its name: the steward's, else the primary item's.
    pub fn name(&self) -> &LocalizedText {
        self.own_name.as_ref().unwrap_or(&self.content.name)
    }

    /// Whether `offering` is the primary one.
    pub fn is_primary(&self, offering: &OfferingView) -> bool {
        offering.item == self.primary
    }
}

/// An entry that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RetiredView {
    /// Its identifier.
    pub id: EntryId,
    /// The name that a steward gave it, if any.
    pub own_name: Option<LocalizedText>,
    /// What the item that retired last said at the end.
    pub content: Arc<ItemContent>,
    /// Why that item ended, and what people can do instead.
    pub explanation: LocalizedText,
    /// What takes its place.
    pub outcome: Outcome,
    /// The identifiers that are aliases of it, in order of their formation.
    pub aliases: Vec<EntryId>,
    /// Place in the log of the last change of this view.
    pub changed: Position,
    /// When that was.
    pub updated_at: Timestamp,
}

impl RetiredView {
    /// The name that it had.
    pub fn name(&self) -> &LocalizedText {
        self.own_name.as_ref().unwrap_or(&self.content.name)
    }
}
