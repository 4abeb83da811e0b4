//! The fold of the whole log: what each event changes, and what has to be derived anew because of it.

mod derive;
mod disclosures;
mod entries;
mod items;
mod register;
mod usage;

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use domain::{
    Aggregate, CallCount, Channel, Department, DuplicateCase, Entry, EntryId, Item, Placement, Revocation,
    StaffId,
};
use event_store::{Position, Recorded, decode};
use jiff::Timestamp;

use crate::Snapshot;

/// The snapshot in the making.
///
/// [`apply`](Self::apply) folds events into the states; [`derive`](Self::derive) then brings up to date what
/// readers see of the entries that they touched. What is derived depends on the states alone, and the states
/// on nothing but the log: how events were batched leaves no trace.
#[derive(Debug, Default)]
pub(crate) struct Projection {
    now: Snapshot,
    /// Entries whose views no longer say what the states say.
    stale: BTreeSet<EntryId>,
    /// Time of the last event that told its time.
    last_at: Timestamp,
}

/// Where an event stands, and who caused it when.
#[derive(Debug, Clone)]
struct Stamp {
    position: Position,
    revision: u64,
    at: Timestamp,
    actor: Option<StaffId>,
}

impl Projection {
    /// The position of the last event that was folded.
    pub(crate) fn position(&self) -> Position {
        self.now.position
    }

    /// Folds events, in order of the log. Those that can't be read are counted and passed over.
    pub(crate) fn apply(&mut self, events: &[Recorded]) {
        for recorded in events {
            self.now.log.get_or_insert(recorded.id);
            let stamp = self.stamp(recorded);
            self.now.position = recorded.position;
            self.dispatch(recorded, &stamp);
        }
    }

    /// The state as it is now. Up to date for readers only after [`derive`](Self::derive).
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(self.now.clone())
    }

    /// An event without readable metadata is an event all the same: the aggregates count it too.
    fn stamp(&mut self, recorded: &Recorded) -> Stamp {
        let actor = match recorded.metadata() {
            Ok(metadata) => {
                self.last_at = metadata.at;
                Some(metadata.actor)
            }
            Err(error) => {
                tracing::warn!(position = %recorded.position, %error, "an event's metadata can't be read");
                None
            }
        };
        Stamp { position: recorded.position, revision: recorded.revision, at: self.last_at, actor }
    }

    fn dispatch(&mut self, recorded: &Recorded, stamp: &Stamp) {
        match recorded.stream.category() {
            Item::CATEGORY => self.fold::<Item>(recorded, |this, id, event| this.item(id, &event, stamp)),
            Placement::CATEGORY => {
                self.fold::<Placement>(recorded, |this, id, event| this.placement(id, &event, stamp));
            }
            Entry::CATEGORY => self.fold::<Entry>(recorded, |this, id, event| this.entry(id, &event, stamp)),
            Department::CATEGORY => {
                self.fold::<Department>(recorded, |this, id, event| this.department(id, &event, stamp));
            }
            Channel::CATEGORY => {
                self.fold::<Channel>(recorded, |this, id, event| this.channel(id, &event, stamp))
            }
            Revocation::CATEGORY => {
                self.fold::<Revocation>(recorded, |this, id, event| this.revocation(id, &event, stamp));
            }
            DuplicateCase::CATEGORY => {
                self.fold::<DuplicateCase>(recorded, |this, id, event| this.case(id, &event, stamp));
            }
            // About the log itself, and nothing that readers ask for.
            event_store::ANCHOR_CATEGORY => {}
            CallCount::CATEGORY => {
                self.fold::<CallCount>(recorded, |this, _, event| this.calls(&event, stamp));
            }
            _ => self.skip(recorded.position, "its stream is of no kind that is known"),
        }
    }

    fn fold<A: Aggregate>(&mut self, recorded: &Recorded, with: impl FnOnce(&mut Self, A::Id, A::Event)) {
        match (A::Id::from_str(recorded.stream.key()), decode::<A::Event>(recorded)) {
            (Ok(id), Ok(Some(event))) => with(self, id, event),
            (_, Ok(None)) => self.skip(recorded.position, "its type is not known"),
            (Err(_), _) => self.skip(recorded.position, "its stream's key is no identifier"),
            (_, Err(_)) => self.skip(recorded.position, "its data can't be read"),
        }
    }

    fn skip(&mut self, position: Position, reason: &'static str) {
        self.now.skipped += 1;
        metrics::counter!("yimen_projection_skipped_total").increment(1);
        tracing::warn!(%position, reason, "an event was passed over");
    }
}
