//! The anchors: what the log held when they were signed, against what it holds.

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;

use super::align::{Departure, align};
use super::{Fault, Finding, PAGE, Report};
use crate::anchor::{self, Anchor, Mark, Running};
use crate::{Digest, EventStore, Position, Recorded, StoreError};

/// Places of the anchors' stream that are tried behind what can't be read: a hostile revision could be any number.
const UNREADABLE: u64 = 10_000;

/// Who says what the log held: the anchors in it, those kept outside, and the keys by which to tell a true one.
pub struct Witnesses<'a> {
    /// Takes a signed statement apart: those of the log first, in its order, then those from outside. The error says, for
    /// a person, why it isn't to be believed.
    pub open: &'a mut (dyn FnMut(&str) -> Result<Opened, String> + Send),
    /// Signed statements from outside the log, in the order in which they were made.
    pub outside: Vec<String>,
}

impl fmt::Debug for Witnesses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witnesses").field("outside", &self.outside.len()).finish_non_exhaustive()
    }
}

/// A signed statement whose signature holds.
#[derive(Debug)]
pub struct Opened {
    /// What it states.
    pub anchor: Anchor,
    /// Whether a key signed it that the reader trusts for reasons of their own, rather than by what the log says.
    pub trusted: bool,
}

/// What the anchors say of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchored {
    /// Anchors whose signature holds, those from outside included.
    pub anchors: usize,
    /// Of which so many are only outside the log.
    pub outside: usize,
    /// Events that the last trusted anchor covers, counted from the first.
    pub covered: u64,
    /// When that anchor was signed.
    pub at: Option<Timestamp>,
    /// Whether the log holds what they say.
    pub holds: bool,
}

/// What the log should hold.
#[derive(Debug)]
pub(super) struct Expectations {
    /// By how far they go.
    anchors: Vec<Opened>,
    outside: usize,
    /// The events that hold those of the log.
    genuine: HashSet<Mark>,
    findings: Vec<Finding>,
    running: Running,
    /// The first of `anchors` that is still to be compared.
    next: usize,
    /// The first of `anchors` that says something else than the log.
    contradicted: Option<usize>,
}

impl Expectations {
    /// Reads the anchors of the log and opens all of them.
    pub(super) async fn gather(store: &dyn EventStore, witnesses: Witnesses<'_>) -> Result<Self, StoreError> {
        let mut gathered = Self {
            anchors: Vec::new(),
            outside: 0,
            genuine: HashSet::new(),
            findings: Vec::new(),
            running: Running::START,
            next: 0,
            contradicted: None,
        };
        let (stream, mut next) = (anchor::stream(), 0);
        let (mut known, mut unreadable) = (HashSet::new(), 0);
        loop {
            let page = match store.read_stream(&stream, next, PAGE).await {
                Ok(page) => page,
                // The walk names what is unreadable there; anchors behind it still count.
                Err(StoreError::Corrupt { position: Some(_), .. }) if unreadable < UNREADABLE => {
                    unreadable += 1;
                    next = next.saturating_add(1);
                    continue;
                }
                Err(StoreError::Corrupt { position: Some(_), .. }) => {
                    gathered.disbelieve(None, "too many anchors can't be read, those behind them neither");
                    break;
                }
                Err(error) => return Err(error),
            };
            let Some(end) = page.last() else { break };
            next = end.revision.saturating_add(1);
            for recorded in &page {
                match anchor::statement(recorded) {
                    Some(statement) => {
                        let opened = (witnesses.open)(&statement);
                        if opened.is_ok() {
                            gathered.genuine.insert(Mark::of(recorded.computed_hash()));
                        }
                        gathered.take(opened, Some(recorded));
                        known.insert(statement);
                    }
                    None => gathered.disbelieve(Some(recorded), "it is no anchor"),
                }
            }
        }
        for statement in witnesses.outside.iter().filter(|statement| !known.contains(*statement)) {
            let before = gathered.anchors.len();
            let opened = (witnesses.open)(statement);
            gathered.take(opened, None);
            gathered.outside += gathered.anchors.len() - before;
        }
        gathered.anchors.sort_by_key(|opened| opened.anchor.through);
        if !gathered.anchors.is_empty() && !gathered.anchors.iter().any(|opened| opened.trusted) {
            gathered.disbelieve(None, "no anchor is signed by a key that you trust");
        }
        Ok(gathered)
    }

    fn take(&mut self, opened: Result<Opened, String>, recorded: Option<&Recorded>) {
        match opened {
            Ok(opened) if opened.anchor.marks().is_none() => {
                self.disbelieve(recorded, "its marks are not as many as it covers events");
            }
            Ok(opened) => match self.anchors.first() {
                Some(first) if first.anchor.log != opened.anchor.log => {
                    let detail = format!("the anchor is of another log, {}", opened.anchor.log);
                    self.disbelieve(recorded, &detail);
                }
                Some(_) | None => self.anchors.push(opened),
            },
            Err(reason) => self.disbelieve(recorded, &reason),
        }
    }

    fn disbelieve(&mut self, recorded: Option<&Recorded>, detail: &str) {
        let place = if recorded.is_some() { "" } else { "outside the log: " };
        self.findings.push(Finding {
            fault: Fault::Inserted,
            stream: recorded.map(|recorded| recorded.stream.clone()),
            revision: recorded.map(|recorded| recorded.revision),
            position: recorded.map(|recorded| recorded.position),
            detail: format!("{place}{detail}"),
        });
    }

    /// Takes the hash of the log's next event.
    pub(super) fn step(&mut self, hash: Digest) {
        self.running.add(hash);
        while let Some(Opened { anchor, .. }) = self.anchors.get(self.next)
            && anchor.through <= self.running.events
        {
            if anchor.through != self.running.events || anchor.digest != self.running.digest {
                self.contradicted.get_or_insert(self.next);
            }
            self.next += 1;
        }
    }

    /// What the anchors say of a log of so many events, what is wrong with themselves, and, where they contradict the log,
    /// what it should hold.
    pub(super) fn conclude(self, events: u64) -> (Anchored, Vec<Finding>, Option<Expected>) {
        let last = self.anchors.iter().rev().find(|opened| opened.trusted).map(|opened| &opened.anchor);
        let anchored = Anchored {
            anchors: self.anchors.len(),
            outside: self.outside,
            covered: last.map_or(0, |last| last.through.min(events)),
            at: last.map(|last| last.at),
            holds: true,
        };
        // The log ends before what those state that were not compared.
        let contradicted = self.contradicted.unwrap_or(self.next);
        let expected = self.anchors.get(contradicted).map(|first| Expected {
            first: first.anchor.clone(),
            marks: expected(&self.anchors),
            genuine: self.genuine,
        });
        (anchored, self.findings, expected)
    }
}

/// What a log should hold.
#[derive(Debug)]
pub(super) struct Expected {
    /// The first anchor that the log contradicts.
    first: Anchor,
    /// In its order; `None` where nobody knows.
    marks: Vec<Option<Mark>>,
    /// Anchors of the log that are true by their signature.
    genuine: HashSet<Mark>,
}

/// The marks of all events up to the end of the last anchor; `None` where an anchor is missing.
fn expected(anchors: &[Opened]) -> Vec<Option<Mark>> {
    let mut all: Vec<Option<Mark>> = Vec::new();
    // Anchors that the reader trusts have the last word.
    let (trusted, others): (Vec<_>, Vec<_>) = anchors.iter().partition(|opened| opened.trusted);
    for Opened { anchor, .. } in others.into_iter().chain(trusted) {
        let Some(marks) = anchor.marks() else { continue };
        let (Ok(after), Ok(through)) = (usize::try_from(anchor.after), usize::try_from(anchor.through))
        else {
            continue;
        };
        // An anchor can't make us take memory for more events than other anchors list marks of.
        if after > all.len() + anchors.len().saturating_mul(anchor::MOST_EVENTS) {
            continue;
        }
        if all.len() < through {
            all.resize(through, None);
        }
        all.iter_mut().skip(after).zip(marks).for_each(|(place, mark)| *place = Some(mark));
    }
    all
}

/// Tells which events it is about where the log is not what the anchors say.
pub(super) async fn locate(
    store: &dyn EventStore,
    expected: &Expected,
    high_water: Position,
    report: &mut Report,
) -> Result<(), StoreError> {
    let (mut actual, mut positions) = (Vec::new(), Vec::new());
    let mut after = Position::START;
    loop {
        match store.read_all(after, PAGE).await {
            Ok(page) => {
                let Some(end) = page.last() else { break };
                after = end.position;
                for recorded in &page {
                    actual.push(Some(Mark::of(recorded.computed_hash())));
                    positions.push(recorded.position);
                }
            }
            Err(StoreError::Corrupt { position: Some(position), .. }) if position > after => {
                after = position;
                actual.push(None);
                positions.push(position);
            }
            Err(error) => return Err(error),
        }
    }
    let named: HashSet<Position> = report.findings.iter().filter_map(|finding| finding.position).collect();
    let dense = store.capabilities().dense_positions;
    let departures = align(&expected.marks, &actual, &expected.genuine);
    if departures.is_empty() {
        report.push(unlocated(&expected.first));
    }
    for departure in departures {
        match departure {
            Departure::Altered { at } => {
                let detail = "an anchor knows another event in its place";
                name(store, Fault::Altered, &positions[..=at], &named, detail, report).await?;
            }
            Departure::Inserted { at } => {
                let detail = "no anchor knows it, and anchors cover what is around it";
                name(store, Fault::Inserted, &positions[..=at], &named, detail, report).await?;
            }
            Departure::Reordered { at, before } => {
                let detail = format!("by the anchors it is event {} of the log", before + 1);
                name(store, Fault::Reordered, &positions[..=at], &named, &detail, report).await?;
            }
            Departure::Removed { first, count, at } => {
                let previous = at.checked_sub(1).map_or(Position::START, |before| positions[before]);
                let next = positions.get(at).copied();
                let gap = next.map_or_else(
                    || high_water.raw().saturating_sub(previous.raw()),
                    |next| next.raw().saturating_sub(previous.raw()).saturating_sub(1),
                );
                // The gap that they left has been named.
                if dense && gap >= count as u64 {
                    continue;
                }
                let detail = format!(
                    "by the anchors, events {} to {} of the log were after position {previous}",
                    first + 1,
                    first + count
                );
                report.push(Finding {
                    fault: Fault::Removed,
                    stream: None,
                    revision: None,
                    position: None,
                    detail,
                });
            }
        }
    }
    Ok(())
}

/// A later anchor may vouch for what took the place of what an earlier one signed: the marks of both can't tell where.
fn unlocated(first: &Anchor) -> Finding {
    let detail = format!(
        "the first {} events are not those that the anchor of {} signed; what differs can't be told",
        first.through, first.at
    );
    Finding { fault: Fault::Altered, stream: None, revision: None, position: None, detail }
}

/// Adds a finding about the event at the last of these positions, unless the hash chains have told of it.
async fn name(
    store: &dyn EventStore,
    fault: Fault,
    positions: &[Position],
    named: &HashSet<Position>,
    detail: &str,
    report: &mut Report,
) -> Result<(), StoreError> {
    let Some((&position, before)) = positions.split_last() else { return Ok(()) };
    if named.contains(&position) {
        return Ok(());
    }
    // A cluster reads on from where an event is, not from any number in between.
    let before = before.last().copied().unwrap_or(Position::START);
    let found = match store.read_all(before, 1).await {
        Ok(page) => page.into_iter().next(),
        Err(StoreError::Corrupt { position: Some(_), .. }) => None,
        Err(error) => return Err(error),
    };
    report.push(Finding {
        fault,
        stream: found.as_ref().map(|found| found.stream.clone()),
        revision: found.as_ref().map(|found| found.revision),
        position: Some(position),
        detail: detail.to_owned(),
    });
    Ok(())
}
