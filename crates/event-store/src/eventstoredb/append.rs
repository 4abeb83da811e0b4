//! Appending: seal, send, and look what is there then.
//!
//! The answer alone says too little. A repeated append is answered like the first, one of the same ids with other content
//! too, and what a conflict tells of the stream can't be relied on. So every append is read back.

use eventstore::{AppendToStreamOptions, EventData, ExpectedRevision};
use uuid::Uuid;

use super::failure::Failure;
use super::record::{Entry, encode};
use super::{EventStoreDb, pages, unavailable};
use crate::{AppendError, Appended, Digest, Expected, NewEvent, StoreError, StreamName};

/// What the server takes in one append unless it is configured otherwise.
const WIRE_BYTES: usize = 1024 * 1024;

/// The highest revision that there is; the server reads beyond it as "no stream".
const HIGHEST_REVISION: u64 = i64::MAX as u64;

/// Events sealed for their places, on their way.
struct Sealed {
    events: Vec<EventData>,
    bytes: usize,
    last_hash: Digest,
}

impl EventStoreDb {
    pub(super) async fn write(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let first = match expected {
            Expected::NoStream => 0,
            Expected::Revision(revision) if revision < HIGHEST_REVISION => revision + 1,
            Expected::Revision(_) => return Err(self.conflict(stream).await),
        };
        let Some(previous_hash) = self.hash_before(stream, expected).await? else {
            return Err(self.conflict(stream).await);
        };
        let write = Uuid::new_v4();
        let sealed = seal_all(stream, first, previous_hash, events, write)?;
        let answer = self.send(stream, expected, &sealed).await;
        let last = first + (events.len() as u64 - 1);
        match answer {
            Ok(revision) if revision != last => {
                let detail =
                    format!("{stream} went on at {revision} where {last} belongs: it was deleted before");
                return Err(StoreError::Corrupt { position: None, detail }.into());
            }
            Ok(_) | Err(Failure::Conflict) => {}
            Err(Failure::TooLarge(message)) => {
                let digits: String = message.chars().filter(char::is_ascii_digit).collect();
                let limit = digits.parse().unwrap_or(WIRE_BYTES);
                return Err(AppendError::TooLarge { bytes: sealed.bytes, limit });
            }
            Err(
                failure @ (Failure::Tombstoned
                | Failure::NotLeader
                | Failure::Lost(_)
                | Failure::Denied
                | Failure::Refused(_)),
            ) => {
                return Err(unavailable_or_deleted(stream, failure).into());
            }
        }
        let found = self.entries(stream, first, events.len()).await?;
        // A part of what was confirmed tells nothing of the rest.
        if answer.is_ok() && found.len() < events.len() {
            return Err(unavailable("the append was confirmed and can't be read to its end").into());
        }
        match recognise(&found, events, write) {
            Known::Same(appended) => {
                self.hashes.insert(stream.clone(), (appended.revision, last_hash(&found, sealed.last_hash)));
                self.tail.heard_of(appended.position);
                Ok(appended)
            }
            Known::Reused(id) => Err(AppendError::IdReused { id }),
            Known::New if answer.is_ok() => {
                Err(unavailable("the append was confirmed and can't be read").into())
            }
            Known::New => Err(self.conflict(stream).await),
        }
    }

    async fn send(&self, stream: &StreamName, expected: Expected, sealed: &Sealed) -> Result<u64, Failure> {
        let name = self.name(stream);
        let revision = match expected {
            Expected::NoStream => ExpectedRevision::NoStream,
            Expected::Revision(revision) => ExpectedRevision::Exact(revision),
        };
        let options = AppendToStreamOptions::default().expected_revision(revision);
        let (name, options) = (name.as_str(), &options);
        let send = |client: eventstore::Client| {
            let events = sealed.events.clone();
            async move {
                let written = client.append_to_stream(name, options, events).await?;
                Ok(written.next_expected_version)
            }
        };
        self.connection.call(send).await
    }

    /// The hash of the event that the append is to follow; `None` if there is no such event.
    async fn hash_before(
        &self,
        stream: &StreamName,
        expected: Expected,
    ) -> Result<Option<Digest>, StoreError> {
        let Expected::Revision(revision) = expected else {
            self.refuse_deleted(stream).await?;
            return Ok(Some(Digest::ZERO));
        };
        if let Some((known, hash)) = self.hashes.get(stream)
            && known == revision
        {
            return Ok(Some(hash));
        }
        let found = self.entries(stream, revision, 1).await?;
        let Some(entry) = found.first().filter(|entry| entry.recorded.revision == revision) else {
            return Ok(None);
        };
        match entry.recorded.seal() {
            Some(seal) => Ok(Some(seal.hash)),
            None => {
                let detail = format!("revision {revision} of {stream} has no seal");
                Err(StoreError::Corrupt { position: Some(entry.recorded.position), detail })
            }
        }
    }

    /// A stream that somebody deleted softly would be begun anew, at its next revision and outside its chain.
    async fn refuse_deleted(&self, stream: &StreamName) -> Result<(), StoreError> {
        let metadata = format!("$${}", self.name(stream));
        let name = metadata.as_str();
        let last = self.connection.call(|client| async move { pages::last(&client, name).await }).await;
        let last = last.map_err(|failure| unavailable_or_deleted(stream, failure))?;
        let truncated = last.is_some_and(|event| {
            let metadata: Option<serde_json::Value> = serde_json::from_slice(&event.data).ok();
            metadata.is_some_and(|metadata| metadata.get("$tb").is_some())
        });
        if truncated {
            let detail = format!("{stream} was deleted in the cluster");
            return Err(StoreError::Corrupt { position: None, detail });
        }
        Ok(())
    }

    /// What a conflict is about, from the stream itself.
    async fn conflict(&self, stream: &StreamName) -> AppendError {
        let name = self.name(stream);
        let name = name.as_str();
        match self.connection.call(|client| async move { pages::last(&client, name).await }).await {
            Ok(last) => AppendError::Conflict { actual: last.map(|event| event.revision) },
            Err(failure) => unavailable_or_deleted(stream, failure).into(),
        }
    }
}

pub(super) fn unavailable_or_deleted(stream: &StreamName, failure: Failure) -> StoreError {
    match failure {
        Failure::Tombstoned => StoreError::Corrupt {
            position: None,
            detail: format!("{stream} was deleted for good in the cluster"),
        },
        Failure::Conflict
        | Failure::TooLarge(_)
        | Failure::NotLeader
        | Failure::Lost(_)
        | Failure::Denied
        | Failure::Refused(_) => unavailable(failure),
    }
}

fn seal_all(
    stream: &StreamName,
    first: u64,
    previous_hash: Digest,
    events: &[NewEvent],
    write: Uuid,
) -> Result<Sealed, AppendError> {
    let mut sealed = Sealed { events: Vec::with_capacity(events.len()), bytes: 0, last_hash: previous_hash };
    for (event, revision) in events.iter().zip(first..) {
        let (data, hash, bytes) =
            encode(stream, revision, sealed.last_hash, event, write).map_err(unavailable)?;
        sealed.events.push(data);
        sealed.bytes += bytes;
        sealed.last_hash = hash;
    }
    if sealed.bytes > WIRE_BYTES {
        return Err(AppendError::TooLarge { bytes: sealed.bytes, limit: WIRE_BYTES });
    }
    Ok(sealed)
}

/// The hash of the last event as it is stored; a rival's metadata differ from ours.
fn last_hash(found: &[Entry], ours: Digest) -> Digest {
    found.last().and_then(|entry| entry.recorded.seal()).map_or(ours, |seal| seal.hash)
}

/// Whether what stands at the append's place is the append.
enum Known {
    New,
    Same(Appended),
    Reused(Uuid),
}

fn recognise(found: &[Entry], events: &[NewEvent], write: Uuid) -> Known {
    let same = |(entry, event): (&Entry, &NewEvent)| {
        // The metadata may differ: a repeated command is received at another time.
        let recorded = &entry.recorded;
        recorded.id == event.id
            && recorded.event_type == event.event_type
            && recorded.version == event.version
            && recorded.data == event.data
    };
    match found.last() {
        Some(last) if found.len() == events.len() && found.iter().zip(events).all(same) => {
            Known::Same(Appended {
                position: last.recorded.position,
                revision: last.recorded.revision,
                duplicate: last.write != write,
            })
        }
        Some(_) | None => {
            let reused = events.iter().find(|event| found.iter().any(|entry| entry.recorded.id == event.id));
            reused.map_or(Known::New, |event| Known::Reused(event.id))
        }
    }
}
