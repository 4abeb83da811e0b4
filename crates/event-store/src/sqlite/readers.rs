//! Reading connections, off the async threads.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rusqlite::types::{FromSqlError, FromSqlResult};
use rusqlite::{Connection, Row, Rows, params};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::Options;
use super::open::{self, Access};
use crate::{Position, Recorded, StoreError, StreamName};

/// Bytes of data and metadata in one page, but for its last event.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

/// A bounded number of reading connections, opened when first needed.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    options: Options,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(path: &Path, options: &Options) -> Self {
        Self {
            path: path.to_owned(),
            options: options.clone(),
            permits: Arc::new(Semaphore::new(options.readers.max(1))),
            idle: Arc::default(),
        }
    }

    /// Does `work` with one of the connections on a thread that may block.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(StoreError::unavailable)?;
        let idle = Arc::clone(&self.idle);
        let (path, options) = (self.path.clone(), self.options.clone());
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let waiting = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match waiting {
                Some(connection) => connection,
                None => open::reader(&path, &options, Access::Known).map_err(StoreError::unavailable)?,
            };
            let outcome = work(&connection);
            // A connection that met an error is not trusted with the next read.
            if outcome.is_ok() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            outcome
        });
        task.await.map_err(StoreError::unavailable)?
    }

    /// Closes the connections that nobody uses; later reads open new ones.
    pub(super) fn close_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

const COLUMNS: &str = "position, stream, revision, event_id, event_type, version, data, metadata";

/// Events of the whole log after a position.
pub(super) fn log_page(
    connection: &Connection,
    after: Position,
    limit: usize,
) -> Result<Vec<Recorded>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE position > ?1 ORDER BY position LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    page(statement.query(params![clamp(after.raw()), clamp(limit as u64)])?)
}

/// Events of one stream from a revision on.
pub(super) fn stream_page(
    connection: &Connection,
    stream: &StreamName,
    from: u64,
    limit: usize,
) -> Result<Vec<Recorded>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE stream = ?1 AND revision >= ?2 ORDER BY revision LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    page(statement.query(params![stream.as_str(), clamp(from), clamp(limit as u64)])?)
}

fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Rows up to the page's bound, or up to one that is no event; that one is then reported by the next page.
fn page(mut rows: Rows<'_>) -> Result<Vec<Recorded>, StoreError> {
    let mut events = Vec::new();
    let mut bytes = 0;
    while bytes < PAGE_BYTES {
        let Some(row) = rows.next()? else { break };
        match recorded(row) {
            Ok(event) => {
                bytes += event.data.len() + event.sealed_metadata.len();
                events.push(event);
            }
            Err(_) if !events.is_empty() => break,
            Err(error) => {
                let position = Some(open::position(row.get(0)?));
                return Err(StoreError::Corrupt { position, detail: error.to_string() });
            }
        }
    }
    Ok(events)
}

fn recorded(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    let column = |at: usize| row.get_ref(at);
    let invalid = |at: usize, error: FromSqlError| {
        rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Null, error.into())
    };
    let text = |at: usize| column(at)?.as_str().map_err(|error| invalid(at, error));
    let bytes =
        |at: usize| column(at)?.as_bytes().map(Bytes::copy_from_slice).map_err(|error| invalid(at, error));
    let other = |error: Box<dyn std::error::Error + Send + Sync>| FromSqlError::Other(error);
    let stream = text(1)?.parse::<StreamName>().map_err(|error| invalid(1, other(error.into())))?;
    let (position, revision): (i64, i64) = (row.get(0)?, row.get(2)?);
    if position < 1 {
        return Err(invalid(0, FromSqlError::OutOfRange(position)));
    }
    let id: FromSqlResult<Uuid> =
        column(3)?.as_blob().and_then(|id| Uuid::from_slice(id).map_err(|e| other(e.into())));
    Ok(Recorded {
        position: open::position(position),
        stream,
        revision: u64::try_from(revision).map_err(|error| invalid(2, other(error.into())))?,
        id: id.map_err(|error| invalid(3, error))?,
        event_type: text(4)?.to_owned(),
        version: row.get(5)?,
        data: bytes(6)?,
        sealed_metadata: bytes(7)?,
    })
}
