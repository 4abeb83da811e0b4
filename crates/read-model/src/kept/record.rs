//! The states one by one, as they are written.

use std::borrow::Cow;
use std::sync::Arc;

use domain::{EntryId, ItemId};
use serde::{Deserialize, Serialize};

use crate::Snapshot;
use crate::node::Node;
use crate::views::{
    CaseView, ChannelView, DepartmentView, Disclosure, EntryUsage, ItemView, Join, RevocationView,
};

/// One state. What readers see of entries is not among them: it is derived from all the others.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Record<'s> {
    Department(Cow<'s, Arc<DepartmentView>>),
    Channel(Cow<'s, Arc<ChannelView>>),
    Revocation(Cow<'s, Arc<RevocationView>>),
    Item(Cow<'s, Arc<ItemView>>),
    Join(ItemId, Cow<'s, Arc<Join>>),
    Case(Cow<'s, Arc<CaseView>>),
    Disclosure(Cow<'s, Arc<Disclosure>>),
    Entry(EntryId, Cow<'s, Arc<Node>>),
    Usage(EntryId, Cow<'s, Arc<EntryUsage>>),
}

impl<'s> Record<'s> {
    /// How many states a snapshot has.
    pub(super) fn count(snapshot: &Snapshot) -> u64 {
        let parts = [
            snapshot.departments.len(),
            snapshot.channels.len(),
            snapshot.revocations.len(),
            snapshot.items.len(),
            snapshot.joins.len(),
            snapshot.cases.len(),
            snapshot.disclosures.len(),
            snapshot.nodes.len(),
            snapshot.usage.len(),
        ];
        parts.iter().sum::<usize>() as u64
    }

    /// Every state of a snapshot.
    pub(super) fn all(snapshot: &'s Snapshot) -> impl Iterator<Item = Self> {
        let departments = snapshot.departments.values().map(|view| Self::Department(Cow::Borrowed(view)));
        let channels = snapshot.channels.values().map(|view| Self::Channel(Cow::Borrowed(view)));
        let revocations = snapshot.revocations.values().map(|view| Self::Revocation(Cow::Borrowed(view)));
        let items = snapshot.items.values().map(|view| Self::Item(Cow::Borrowed(view)));
        let joins = snapshot.joins.iter().map(|(item, join)| Self::Join(*item, Cow::Borrowed(join)));
        let cases = snapshot.cases.values().map(|view| Self::Case(Cow::Borrowed(view)));
        let disclosures = snapshot.disclosures.values().map(|view| Self::Disclosure(Cow::Borrowed(view)));
        let nodes = snapshot.nodes.iter().map(|(id, node)| Self::Entry(*id, Cow::Borrowed(node)));
        let usage = snapshot.usage.iter().map(|(id, usage)| Self::Usage(*id, Cow::Borrowed(usage)));
        departments
            .chain(channels)
            .chain(revocations)
            .chain(items)
            .chain(joins)
            .chain(cases)
            .chain(disclosures)
            .chain(nodes)
            .chain(usage)
    }
}
