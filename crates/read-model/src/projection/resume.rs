//! Puts the states of a snapshot on disk together again, and what is indexed of them.

use std::sync::Arc;

use super::Projection;
use crate::Snapshot;
use crate::kept::{Heading, Record};

impl Projection {
    /// One without any states yet, at the position of a snapshot.
    pub(crate) fn resumed(heading: &Heading) -> Self {
        let now = Snapshot {
            position: heading.reached.position,
            log: Some(heading.log),
            reached: Some(heading.reached.clone()),
            last_at: heading.last_at,
            skipped: heading.skipped,
            counted_since: heading.counted_since,
            ..Snapshot::default()
        };
        Self { now, ..Self::default() }
    }

    /// Takes a state in, those of a kind in the order in which they were kept. Readers see it after [`derive`](Self::derive).
    pub(crate) fn resume(&mut self, record: Record<'static>) {
        match record {
            Record::Department(view) => {
                let view = view.into_owned();
                self.now.departments.insert(view.id.clone(), view);
            }
            Record::Channel(view) => {
                let view = view.into_owned();
                self.now.channels.insert(view.id.clone(), view);
            }
            Record::Revocation(view) => {
                let view = view.into_owned();
                self.now.revocations.insert(view.id.clone(), view);
            }
            Record::Item(view) => {
                let view = view.into_owned();
                self.index(None, &view);
                if let Some(entry) = view.entry() {
                    self.now.members.insert((entry, view.registered), view.id);
                }
                self.now.items.insert(view.id, view);
            }
            Record::Join(item, join) => {
                self.now.joins.insert(item, join.into_owned());
            }
            Record::Case(view) => self.list_case(Arc::clone(&view)),
            Record::Disclosure(disclosure) => self.list_disclosure(disclosure.into_owned()),
            Record::Entry(id, node) => {
                if let Some(into) = node.merged_into() {
                    self.now.merged.insert((into, node.formed), id);
                }
                self.now.nodes.insert(id, node.into_owned());
                self.stale.insert(id);
            }
            Record::Usage(entry, usage) => {
                self.now.usage.insert(entry, usage.into_owned());
            }
        }
    }
}
