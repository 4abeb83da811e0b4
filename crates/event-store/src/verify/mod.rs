//! Walks the whole log and names every event that is not as it was written.
//!
//! The hash chains tell what was done within a stream. Anchors tell the rest of what they cover: a stream's end that was
//! rewritten with its hashes, events of different streams that changed places, a whole stream taken away, positions
//! renumbered over a gap.
//!
//! What can't be seen: anything that was done to events before the first anchor over them was written; a well-formed
//! event that was forged onto the end of the log after its last anchor; an end of the log that was cut off together with
//! its anchors and the file's own memory of how far it went, unless a witness outside (a file of anchors, a backup)
//! holds an anchor of it; and whatever somebody does who has the signing key.

mod align;
mod anchored;
mod walk;

use std::fmt;

pub use self::anchored::{Anchored, Opened, Witnesses};
use self::anchored::{Expectations, locate};
use self::walk::Walk;
use crate::{EventStore, Position, StoreError, StreamName};

/// Events per page.
const PAGE: usize = 1024;
/// Findings that a report lists; the rest is counted.
const LISTED: usize = 1000;

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
    /// What the anchors say, where they were asked.
    pub anchored: Option<Anchored>,
}

impl Report {
    /// Whether every event is as it was written, and the log holds what its anchors say.
    pub fn is_clean(&self) -> bool {
        self.found == 0 && self.anchored.as_ref().is_none_or(|anchored| anchored.holds)
    }

    fn push(&mut self, finding: Finding) {
        self.found += 1;
        if self.findings.len() < LISTED {
            self.findings.push(finding);
        }
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

/// Walks the whole log and checks every event against its hash, its predecessor and its place; with `witnesses`, against
/// the anchors too.
///
/// `seen` is told the number of events after each page. Memory grows with the number of streams, with eight bytes for each
/// event that anchors cover, and where they contradict the log, with some dozens for each event.
pub async fn verify(
    store: &dyn EventStore,
    witnesses: Option<Witnesses<'_>>,
    mut seen: impl FnMut(u64) + Send,
) -> Result<Report, StoreError> {
    // Taken first: what is appended while we walk may or may not be met.
    let high_water = store.high_water().await?;
    let mut expectations = match witnesses {
        Some(witnesses) => Some(Expectations::gather(store, witnesses).await?),
        None => None,
    };
    let mut walk = Walk::of(store.capabilities());
    loop {
        match store.read_all(walk.after(), PAGE).await {
            Ok(page) if page.is_empty() => break,
            Ok(page) => {
                for recorded in &page {
                    let hash = recorded.computed_hash();
                    walk.step(recorded, hash);
                    if let Some(expectations) = &mut expectations {
                        expectations.step(hash);
                    }
                }
            }
            Err(StoreError::Corrupt { position: Some(position), detail }) if position > walk.after() => {
                walk.unreadable(position, detail);
            }
            Err(error) => return Err(error),
        }
        seen(walk.events());
    }
    let mut report = walk.finish(high_water);
    if let Some(expectations) = expectations {
        let (mut anchored, findings, expected) = expectations.conclude(report.events);
        findings.into_iter().for_each(|finding| report.push(finding));
        if let Some(expected) = expected {
            anchored.holds = false;
            locate(store, &expected, high_water, &mut report).await?;
        }
        report.anchored = Some(anchored);
    }
    Ok(report)
}
