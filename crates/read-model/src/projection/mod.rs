//! The fold of the whole log: what each event changes, and what has to be derived anew because of it.

mod derive;
mod disclosures;
mod entries;
mod happened;
mod items;
mod register;
mod resume;
mod usage;

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{EntryId, StaffId};
use event_store::{Cause, Position, Recorded};
use jiff::Timestamp;

pub(crate) use self::happened::Happened;
use self::happened::What;
use crate::Snapshot;
use crate::kept::Reached;

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
        self.fold(events, events.iter().map(Happened::read));
    }

    /// The same of events that were read already.
    pub(crate) fn fold(&mut self, events: &[Recorded], happened: impl IntoIterator<Item = Happened>) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        self.now.log.get_or_insert(first.id);
        for (recorded, happened) in events.iter().zip(happened) {
            self.now.position = recorded.position;
            let stamp = self.stamp(recorded, happened.cause);
            self.dispatch(happened.what, &stamp);
        }
        self.now.reached = Some(Reached::of(last));
    }

    /// The state as it is now. Up to date for readers only after [`derive`](Self::derive).
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(self.now.clone())
    }

    /// An event without readable metadata is an event all the same: the aggregates count it too.
    fn stamp(&mut self, recorded: &Recorded, cause: Option<Cause>) -> Stamp {
        if cause.is_none() {
            tracing::warn!(position = %recorded.position, "an event's metadata can't be read");
        }
        let actor = cause.map(|Cause { actor, at }| {
            self.now.last_at = at;
            actor
        });
        Stamp { position: recorded.position, revision: recorded.revision, at: self.now.last_at, actor }
    }

    fn dispatch(&mut self, what: What, stamp: &Stamp) {
        match what {
            What::Item(id, event) => self.item(id, &event, stamp),
            What::Placement(id, event) => self.placement(id, &event, stamp),
            What::Entry(id, event) => self.entry(id, &event, stamp),
            What::Department(id, event) => self.department(id, &event, stamp),
            What::Channel(id, event) => self.channel(id, &event, stamp),
            What::Revocation(id, event) => self.revocation(id, &event, stamp),
            What::Case(id, event) => self.case(id, &event, stamp),
            What::Calls(event) => self.calls(&event, stamp),
            What::OfTheLog => {}
            What::PassedOver(reason) => self.skip(stamp.position, reason),
        }
    }

    fn skip(&mut self, position: Position, reason: &'static str) {
        self.now.skipped += 1;
        metrics::counter!("yimen_projection_skipped_total").increment(1);
        tracing::warn!(%position, reason, "an event was passed over");
    }
}
