//! One append inside the writer's transaction: recognise it, check it, insert it.

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::open::position;
use super::writer::Append;
use crate::seal::seal;
use crate::{AppendError, Appended, Digest, NewEvent, Position, Seal, StoreError, StreamName};

type Outcome = Result<Appended, AppendError>;

/// Appends to the open transaction, or says why not; the outer error spoils the whole transaction.
///
/// Everything that can refuse one append is asked before its first insert, so that a refused one
/// leaves no trace and the others of the transaction go ahead.
pub(super) fn apply(connection: &Connection, append: &Append) -> rusqlite::Result<Outcome> {
    match recognise(connection, append)? {
        Known::New => {}
        Known::Same(appended) => return Ok(Ok(appended)),
        Known::Reused(id) => return Ok(Err(AppendError::IdReused { id })),
    }
    let tail = tail(connection, &append.stream)?;
    let actual = tail.as_ref().map(|tail| tail.revision);
    if actual != append.expected.revision() {
        return Ok(Err(AppendError::Conflict { actual }));
    }
    let previous_hash = match tail {
        None => Digest::ZERO,
        Some(Tail { position: Position::START, .. }) => {
            let detail = format!("the last event of {} is before position 1", append.stream);
            return Ok(Err(StoreError::Corrupt { position: None, detail }.into()));
        }
        Some(Tail { seal: Some(seal), .. }) => seal.hash,
        Some(Tail { position, .. }) => {
            let detail = format!("the last event of {} has no seal", append.stream);
            return Ok(Err(StoreError::Corrupt { position: Some(position), detail }.into()));
        }
    };
    insert(connection, append, actual.map_or(0, |last| last + 1), previous_hash).map(Ok)
}

/// Whether the events are already in the log.
enum Known {
    New,
    Same(Appended),
    Reused(Uuid),
}

/// The same events, at consecutive revisions of the same stream, are a repeated append.
fn recognise(connection: &Connection, append: &Append) -> rusqlite::Result<Known> {
    let mut last: Option<Appended> = None;
    for (at, event) in append.events.iter().enumerate() {
        let due = last.map(|last| last.revision + 1);
        match (find(connection, event.id)?, last) {
            (None, None) => {}
            (Some(found), _)
                if (at == 0 || due == Some(found.revision)) && found.is(event, &append.stream) =>
            {
                last = Some(Appended { position: found.position, revision: found.revision, duplicate: true });
            }
            (Some(_), _) => return Ok(Known::Reused(event.id)),
            (None, Some(_)) => return Ok(Known::Reused(append.events[0].id)),
        }
    }
    Ok(last.map_or(Known::New, Known::Same))
}

struct Found {
    stream: String,
    revision: u64,
    position: Position,
    event_type: String,
    version: u16,
    data: Vec<u8>,
}

impl Found {
    /// The metadata may differ: a repeated command is received at another time.
    fn is(&self, event: &NewEvent, stream: &StreamName) -> bool {
        self.stream == stream.as_str()
            && self.event_type == event.event_type
            && self.version == event.version
            && self.data == event.data
    }
}

fn find(connection: &Connection, id: Uuid) -> rusqlite::Result<Option<Found>> {
    let sql = "SELECT position, revision, stream, event_type, version, data FROM events WHERE event_id = ?1";
    let found = |row: &Row<'_>| {
        Ok(Found {
            position: position(row.get(0)?),
            revision: row.get::<_, i64>(1).map(revision)?,
            stream: row.get(2)?,
            event_type: row.get(3)?,
            version: row.get(4)?,
            data: row.get(5)?,
        })
    };
    connection.prepare_cached(sql)?.query_row([id.as_bytes().as_slice()], found).optional()
}

struct Tail {
    revision: u64,
    position: Position,
    seal: Option<Seal>,
}

fn tail(connection: &Connection, stream: &StreamName) -> rusqlite::Result<Option<Tail>> {
    let sql =
        "SELECT position, revision, metadata FROM events WHERE stream = ?1 ORDER BY revision DESC LIMIT 1";
    let tail = |row: &Row<'_>| {
        Ok(Tail {
            position: position(row.get(0)?),
            revision: row.get::<_, i64>(1).map(revision)?,
            seal: Seal::read(row.get_ref(2)?.as_bytes()?),
        })
    };
    connection.prepare_cached(sql)?.query_row([stream.as_str()], tail).optional()
}

/// A row's revision; no revision is ever so high that a damaged one could be taken for it.
fn revision(row: i64) -> u64 {
    u64::try_from(row).unwrap_or(u64::MAX - 1)
}

fn insert(
    connection: &Connection,
    append: &Append,
    first: u64,
    mut previous_hash: Digest,
) -> rusqlite::Result<Appended> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO events (stream, revision, event_id, event_type, version, data, metadata)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut appended = Appended { position: Position::START, revision: first, duplicate: false };
    for (event, revision) in append.events.iter().zip(first..) {
        let (metadata, hash) = seal(&append.stream, revision, previous_hash, event);
        let row = statement.insert(params![
            append.stream.as_str(),
            i64::try_from(revision).unwrap_or(i64::MAX),
            event.id.as_bytes().as_slice(),
            event.event_type,
            event.version,
            &*event.data,
            &*metadata,
        ])?;
        appended = Appended { position: position(row), revision, duplicate: false };
        previous_hash = hash;
    }
    Ok(appended)
}
