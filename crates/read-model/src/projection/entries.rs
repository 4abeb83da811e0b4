//! Entries and their merges.

use std::sync::Arc;

use domain::{Aggregate, EntryEvent, EntryId};
use event_store::Position;

use super::{Projection, Stamp};
use crate::node::Node;

impl Projection {
    pub(super) fn entry(&mut self, id: EntryId, event: &EntryEvent, stamp: &Stamp) {
        let node = self.node(id, stamp);
        node.revision = Some(stamp.revision);
        let (formed, before) = (node.formed, node.merged_into());
        if let EntryEvent::MergedInto { entry } = event
            && self.now.chain(*entry).any(|above| above == id)
        {
            self.mark_stale(id);
            return self.skip(stamp.position, "the merge would close a loop");
        }
        let node = self.node(id, stamp);
        node.state.evolve(event);
        let now = node.merged_into();
        if before != now {
            self.relink(id, formed, before, now, stamp);
        }
        self.touch(id, false, stamp);
    }

    /// Hangs an entry, and whatever hangs below it, under another one.
    fn relink(
        &mut self,
        id: EntryId,
        formed: Position,
        before: Option<EntryId>,
        now: Option<EntryId>,
        stamp: &Stamp,
    ) {
        if let Some(before) = before {
            self.now.merged.remove(&(before, formed));
            self.touch(before, false, stamp);
        }
        if let Some(now) = now {
            self.now.merged.insert((now, formed), id);
        }
        let node = self.node(id, stamp);
        // The alias itself changes, and not only the entry that it now leads to.
        node.changed = stamp.position;
        node.updated_at = stamp.at;
        let was_public = node.was_public;
        for below in self.now.family(id) {
            self.mark_stale(below);
        }
        self.touch(id, was_public, stamp);
    }

    /// Something changed that is seen under the entry's survivor.
    ///
    /// With `live`, something public came to the entry: it, and all that it is merged into, are known outside.
    pub(super) fn touch(&mut self, id: EntryId, live: bool, stamp: &Stamp) {
        let mut survivor = id;
        for above in self.now.lineage(id) {
            survivor = above;
            let node = self.node(above, stamp);
            if live && !node.was_public {
                node.was_public = true;
                self.mark_stale(above);
            }
        }
        let node = self.node(survivor, stamp);
        node.changed = stamp.position;
        node.updated_at = stamp.at;
        self.mark_stale(survivor);
    }

    fn mark_stale(&mut self, id: EntryId) {
        self.stale.insert(id);
    }

    fn node(&mut self, id: EntryId, stamp: &Stamp) -> &mut Node {
        let nodes = &mut self.now.nodes;
        let node =
            nodes.entry(id).or_insert_with(|| Arc::new(Node::first_mentioned(stamp.position, stamp.at)));
        Arc::make_mut(node)
    }
}
