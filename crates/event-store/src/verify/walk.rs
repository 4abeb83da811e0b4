//! The hash chains: each event against its hash, its predecessor, and its place.

use std::collections::{BTreeSet, HashMap};

use super::{Fault, Finding, Report};
use crate::{Capabilities, Digest, Position, Recorded, Seal, StreamName};

/// Missing revisions that are looked for further on; it bounds the memory that a hostile log can take.
const AWAITED: usize = 10_000;

/// The end of a stream as far as it has been walked.
#[derive(Debug)]
struct Tail {
    revision: u64,
    position: Position,
    /// The hash that the next event must name; `None` if the last one carries none that can be read.
    hash: Option<Digest>,
}

/// A walk along the hash chains.
#[derive(Debug, Default)]
pub(super) struct Walk {
    dense: bool,
    after: Position,
    tails: HashMap<StreamName, Tail>,
    /// Revisions that were passed over; whatever is left at the end is gone.
    missing: BTreeSet<(StreamName, u64)>,
    report: Report,
}

impl Walk {
    pub(super) fn of(capabilities: Capabilities) -> Self {
        Self { dense: capabilities.dense_positions, ..Self::default() }
    }

    /// The position of the last event that was met.
    pub(super) fn after(&self) -> Position {
        self.after
    }

    /// Events that were read.
    pub(super) fn events(&self) -> u64 {
        self.report.events
    }

    /// Takes the next event of the log, whose content has that hash.
    pub(super) fn step(&mut self, recorded: &Recorded, hash: Digest) {
        self.report.events += 1;
        self.advance(recorded.position);
        let seal = recorded.seal();
        let own = seal.is_some_and(|seal| seal.hash == hash);
        let due = self.tails.get(&recorded.stream).map_or(0, |tail| tail.revision.saturating_add(1));
        if recorded.revision < due {
            self.out_of_turn(recorded, own);
            return;
        }
        let gap = self.pass_over(recorded, due);
        if !own {
            let fault = if gap || self.follows(recorded, seal) { Fault::Altered } else { Fault::Inserted };
            let detail =
                if seal.is_some() { "its hash is not that of its content" } else { "it has no seal" };
            self.find(fault, recorded, detail.to_owned());
        } else if !gap && !self.follows(recorded, seal) {
            self.unlinked(recorded);
        }
        let tail = Tail {
            revision: recorded.revision,
            position: recorded.position,
            hash: seal.map(|seal| seal.hash),
        };
        self.tails.insert(recorded.stream.clone(), tail);
    }

    /// Whether the event names the hash of the one before it; so does one without a readable predecessor.
    fn follows(&self, recorded: &Recorded, seal: Option<Seal>) -> bool {
        let due = match self.tails.get(&recorded.stream) {
            Some(tail) => tail.hash,
            None => Some(Digest::ZERO),
        };
        match (due, seal) {
            (Some(due), Some(seal)) => seal.previous_hash == due,
            (None, _) => true,
            (Some(_), None) => false,
        }
    }

    /// The event is sound and names another predecessor than the one before it: that one was rewritten.
    fn unlinked(&mut self, recorded: &Recorded) {
        let Some(tail) = self.tails.get(&recorded.stream) else {
            self.find(Fault::Inserted, recorded, "it is the first and names a predecessor".to_owned());
            return;
        };
        let finding = Finding {
            fault: Fault::Altered,
            stream: Some(recorded.stream.clone()),
            revision: Some(tail.revision),
            position: Some(tail.position),
            detail: format!("revision {} names another hash than it has", recorded.revision),
        };
        self.report.push(finding);
    }

    /// An event whose revision has been passed: moved here from its place, or never appended.
    fn out_of_turn(&mut self, recorded: &Recorded, own: bool) {
        if self.missing.remove(&(recorded.stream.clone(), recorded.revision)) {
            self.find(Fault::Reordered, recorded, "later events of its stream come before it".to_owned());
            if !own {
                self.find(Fault::Altered, recorded, "its hash is not that of its content".to_owned());
            }
        } else {
            self.find(Fault::Inserted, recorded, "its revision is taken".to_owned());
        }
    }

    /// Notes the revisions between the one that is due and this one; whether there are any.
    fn pass_over(&mut self, recorded: &Recorded, due: u64) -> bool {
        let room = AWAITED.saturating_sub(self.missing.len()) as u64;
        let awaited = recorded.revision.min(due.saturating_add(room));
        self.missing.extend((due..awaited).map(|revision| (recorded.stream.clone(), revision)));
        if recorded.revision > awaited {
            let detail = format!("revisions {awaited} to {} are not before it", recorded.revision - 1);
            self.find(Fault::Removed, recorded, detail);
        }
        recorded.revision > due
    }

    /// What is at this position can't be read as an event.
    pub(super) fn unreadable(&mut self, position: Position, detail: String) {
        self.advance(position);
        self.report.push(Finding {
            fault: Fault::Altered,
            stream: None,
            revision: None,
            position: Some(position),
            detail,
        });
    }

    fn advance(&mut self, position: Position) {
        let due = self.after.raw().saturating_add(1);
        if self.dense && position.raw() > due {
            self.gap(due, position.raw() - 1);
        }
        self.after = position;
    }

    /// Positions `first` to `last` are empty in a log that has no gaps.
    fn gap(&mut self, first: u64, last: u64) {
        let (first, last) = (Position::from_raw(first), Position::from_raw(last));
        self.report.push(Finding {
            fault: Fault::Removed,
            stream: None,
            revision: None,
            position: Some(first),
            detail: format!("nothing is left at positions {first} to {last}"),
        });
    }

    /// What was found, in a log that once went as far as `high_water`.
    pub(super) fn finish(mut self, high_water: Position) -> Report {
        if high_water > self.after {
            self.gap(self.after.raw().saturating_add(1), high_water.raw());
        }
        for (stream, revision) in std::mem::take(&mut self.missing) {
            self.report.push(Finding {
                fault: Fault::Removed,
                stream: Some(stream),
                revision: Some(revision),
                position: None,
                detail: "later events of its stream are there".to_owned(),
            });
        }
        self.report.streams = self.tails.len();
        self.report
    }

    fn find(&mut self, fault: Fault, recorded: &Recorded, detail: String) {
        self.report.push(Finding {
            fault,
            stream: Some(recorded.stream.clone()),
            revision: Some(recorded.revision),
            position: Some(recorded.position),
            detail,
        });
    }
}
