//! The log that all nodes share: records at sparse positions, and the rules by which an append is taken.

use std::collections::HashMap;

use bytes::Bytes;
use uuid::Uuid;

/// The number of the event that a tombstone is, as the server has it.
const TOMBSTONE_REVISION: u64 = i64::MAX as u64;
/// What a record takes in the log besides its content.
const RECORD_OVERHEAD: u64 = 97;
/// After so many appends the server writes something of its own.
const APPENDS_PER_SYSTEM_EVENT: u64 = 3;

/// An event as a client proposes it.
#[derive(Debug, Clone)]
pub(crate) struct Proposed {
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) content_type: String,
    pub(crate) data: Bytes,
    pub(crate) custom_metadata: Bytes,
}

impl Proposed {
    pub(crate) fn size(&self) -> usize {
        self.event_type.len() + self.data.len() + self.custom_metadata.len()
    }
}

/// An event of the log.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) stream: String,
    pub(crate) revision: u64,
    pub(crate) position: u64,
    pub(crate) event: Proposed,
}

/// Where a stream has to be for an append.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    Any,
    NoStream,
    Exists,
    Revision(u64),
}

/// What became of an append.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    Written { revision: u64, position: u64 },
    WrongRevision,
    Tombstoned,
}

#[derive(Debug, Default)]
struct Stream {
    /// Places in the log, by revision.
    records: Vec<usize>,
    /// Events before this revision can't be read any more.
    truncated_before: u64,
    tombstoned: bool,
}

impl Stream {
    fn last(&self) -> Option<u64> {
        (self.records.len() as u64).checked_sub(1)
    }

    fn soft_deleted(&self) -> bool {
        self.truncated_before >= self.records.len() as u64
    }
}

/// Everything that was written.
#[derive(Debug)]
pub(crate) struct Log {
    records: Vec<Record>,
    streams: HashMap<String, Stream>,
    end: u64,
    appends: u64,
}

impl Log {
    /// A log in which the server itself has written already, as in a real one.
    pub(crate) fn new() -> Self {
        let mut log = Self { records: Vec::new(), streams: HashMap::new(), end: 1319, appends: 0 };
        for stream in ["$scavenges", "$users", "$settings"] {
            log.system_event(stream, "$system", b"{}");
        }
        log
    }

    pub(crate) fn append(&mut self, stream: &str, expected: Expected, events: &[Proposed]) -> Outcome {
        let known = self.streams.entry(stream.to_owned()).or_default();
        if known.tombstoned {
            return Outcome::Tombstoned;
        }
        let (last, deleted) = (known.last(), known.soft_deleted());
        let next = match expected {
            Expected::Any => last.map_or(0, |last| last + 1),
            Expected::NoStream if deleted => known.records.len() as u64,
            Expected::NoStream => 0,
            Expected::Exists if last.is_none() => return Outcome::WrongRevision,
            Expected::Exists => last.map_or(0, |last| last + 1),
            Expected::Revision(revision) => revision.saturating_add(1),
        };
        let due = known.records.len() as u64;
        if next > due {
            return Outcome::WrongRevision;
        }
        if next < due {
            return self.repeated(stream, next, events);
        }
        if deleted {
            known.truncated_before = due;
        }
        for event in events {
            self.write(stream, event.clone());
        }
        self.appends += 1;
        if self.appends.is_multiple_of(APPENDS_PER_SYSTEM_EVENT) {
            self.system_event("$stats-127.0.0.1:2113", "$statsCollected", br#"{"proc-mem":1}"#);
        }
        let written = self.streams.get(stream).and_then(|stream| stream.records.last());
        written.map(|at| &self.records[*at]).map_or(Outcome::WrongRevision, |last| Outcome::Written {
            revision: last.revision,
            position: last.position,
        })
    }

    /// The same event ids at the same place are the same append; anything else is a conflict.
    fn repeated(&self, stream: &str, next: u64, events: &[Proposed]) -> Outcome {
        let written = self.streams[stream].records.iter().map(|at| &self.records[*at]);
        let found: Vec<&Record> =
            written.skip(usize::try_from(next).unwrap_or(usize::MAX)).take(events.len()).collect();
        let same =
            found.len() == events.len() && found.iter().zip(events).all(|(old, new)| old.event.id == new.id);
        match found.last() {
            Some(last) if same => Outcome::Written { revision: last.revision, position: last.position },
            Some(_) | None => Outcome::WrongRevision,
        }
    }

    fn write(&mut self, stream: &str, event: Proposed) {
        let known = self.streams.entry(stream.to_owned()).or_default();
        let revision = known.records.len() as u64;
        known.records.push(self.records.len());
        self.push(stream, revision, event);
    }

    fn push(&mut self, stream: &str, revision: u64, event: Proposed) {
        let position = self.end;
        self.end += RECORD_OVERHEAD + (event.size() + stream.len()) as u64;
        self.records.push(Record { stream: stream.to_owned(), revision, position, event });
    }

    pub(crate) fn system_event(&mut self, stream: &str, event_type: &str, data: &'static [u8]) {
        let event = Proposed {
            id: Uuid::new_v4(),
            event_type: event_type.to_owned(),
            content_type: "application/json".to_owned(),
            data: Bytes::from_static(data),
            custom_metadata: Bytes::new(),
        };
        self.write(stream, event);
    }

    /// What an operator's soft deletion does: the stream reads as not found, and goes on at its next revision.
    pub(crate) fn soft_delete(&mut self, stream: &str) {
        let known = self.streams.entry(stream.to_owned()).or_default();
        known.truncated_before = known.records.len() as u64;
        self.system_event(&format!("$${stream}"), "$metadata", br#"{"$tb":9223372036854775807}"#);
    }

    /// What an operator's hard deletion does: nothing can be read or written there any more.
    pub(crate) fn tombstone(&mut self, stream: &str) {
        self.streams.entry(stream.to_owned()).or_default().tombstoned = true;
        let event = Proposed {
            id: Uuid::new_v4(),
            event_type: "$streamDeleted".to_owned(),
            content_type: "application/octet-stream".to_owned(),
            data: Bytes::new(),
            custom_metadata: Bytes::new(),
        };
        self.push(stream, TOMBSTONE_REVISION, event);
    }

    pub(crate) fn is_tombstoned(&self, stream: &str) -> bool {
        self.streams.get(stream).is_some_and(|stream| stream.tombstoned)
    }

    /// The events of a stream that can be read, in order; `None` if there is no such stream to a reader.
    pub(crate) fn stream(&self, stream: &str) -> Option<Vec<&Record>> {
        let known = self.streams.get(stream).filter(|known| !known.soft_deleted())?;
        let from = usize::try_from(known.truncated_before).unwrap_or(usize::MAX);
        Some(known.records.iter().skip(from).map(|at| &self.records[*at]).collect())
    }

    /// All records, in order.
    pub(crate) fn all(&self) -> &[Record] {
        &self.records
    }
}
