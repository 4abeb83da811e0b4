//! Walks the whole log and names every event that is not as it was written.
//!
//! What it can't see by itself: a last event of a stream that was rewritten together with its hash, a
//! well-formed event that was forged onto a stream's end, and two events of different streams that
//! changed places. Those need a witness outside the log.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::fmt;

use crate::{Digest, EventStore, Position, Recorded, Seal, StoreError, StreamName};

/// Events per page.
const PAGE: usize = 1024;
/// Findings that a report lists; the rest is counted.
const LISTED: usize = 1000;
/// Missing revisions that are looked for further on; it bounds the memory that a hostile log can take.
const AWAITED: usize = 10_000;

/// What a walk through the log found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Events read.
    pub events: u64,
    /// Streams that they belong to.
    pub streams: usize,
    /// What is wrong, in the order of the log, as far as it is listed.
    pub findings: Vec<Finding>,
    /// How many findings there are, listed or not.
    pub found: u64,
}

impl Report {
    /// Whether every event is as it was written.
    pub fn is_clean(&self) -> bool {
        self.found == 0
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was done to the log.
    pub fault: Fault,
    /// The stream that it was done to, if that can be told.
    pub stream: Option<StreamName>,
    /// The place in the stream, if that can be told.
    pub revision: Option<u64>,
    /// The place in the log, if there is one.
    pub position: Option<Position>,
    /// What gives it away.
    pub detail: String,
}

/// What can have been done to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Its content is not what was written.
    Altered,
    /// It is not there any more.
    Removed,
    /// It is there at another place of the log than it was written to.
    Reordered,
    /// It was not written by an append to its stream.
    Inserted,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Altered => "altered",
            Self::Removed => "removed",
            Self::Reordered => "reordered",
            Self::Inserted => "inserted",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.fault)?;
        if let Some(stream) = &self.stream {
            write!(f, " in {stream}")?;
        }
        if let Some(revision) = self.revision {
            write!(f, ", revision {revision}")?;
        }
        if let Some(position) = self.position {
            write!(f, ", position {position}")?;
        }
        write!(f, ": {}", self.detail)
    }
}

/// Walks the whole log and checks every event against its hash, its predecessor and its place.
///
/// `seen` is told the number of events after each page. Memory grows with the number of streams only.
pub async fn verify(store: &dyn EventStore, mut seen: impl FnMut(u64) + Send) -> Result<Report, StoreError> {
    // Taken first: what is appended while we walk may or may not be met.
    let high_water = store.high_water().await?;
    let mut walk = Walk { dense: store.capabilities().dense_positions, ..Walk::default() };
    loop {
        match store.read_all(walk.after, PAGE).await {
            Ok(page) if page.is_empty() => break,
            Ok(page) => page.iter().for_each(|recorded| walk.step(recorded)),
            Err(StoreError::Corrupt { position: Some(position), detail }) if position > walk.after => {
                walk.unreadable(position, detail);
            }
            Err(error) => return Err(error),
        }
        seen(walk.report.events);
    }
    Ok(walk.finish(high_water))
}

/// The end of a stream as far as it has been walked.
#[derive(Debug)]
struct Tail {
    revision: u64,
    position: Position,
    /// The hash that the next event must name; `None` if the last one carries none that can be read.
    hash: Option<Digest>,
}

#[derive(Debug, Default)]
struct Walk {
    dense: bool,
    after: Position,
    tails: HashMap<StreamName, Tail>,
    /// Revisions that were passed over; whatever is left at the end is gone.
    missing: BTreeSet<(StreamName, u64)>,
    report: Report,
}

impl Walk {
    fn step(&mut self, recorded: &Recorded) {
        self.report.events += 1;
        self.advance(recorded.position);
        let seal = recorded.seal();
        let own = seal.is_some_and(|seal| seal.hash == recorded.computed_hash());
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
        self.push(finding);
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

    fn unreadable(&mut self, position: Position, detail: String) {
        self.advance(position);
        self.push(Finding {
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
        self.push(Finding {
            fault: Fault::Removed,
            stream: None,
            revision: None,
            position: Some(first),
            detail: format!("nothing is left at positions {first} to {last}"),
        });
    }

    fn finish(mut self, high_water: Position) -> Report {
        if high_water > self.after {
            self.gap(self.after.raw().saturating_add(1), high_water.raw());
        }
        for (stream, revision) in std::mem::take(&mut self.missing) {
            self.push(Finding {
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
        self.push(Finding {
            fault,
            stream: Some(recorded.stream.clone()),
            revision: Some(recorded.revision),
            position: Some(recorded.position),
            detail,
        });
    }

    fn push(&mut self, finding: Finding) {
        self.report.found += 1;
        if self.report.findings.len() < LISTED {
            self.report.findings.push(finding);
        }
    }
}
