//! A dry run: every rule is applied to what the log holds, and nothing is written.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use event_store::sqlite::Sqlite;
use event_store::{
    AppendError, Appended, Capabilities, EventStore, Expected, NewEvent, Position, Recorded, StoreError,
    StreamName,
};

use super::{Outcome, Row, log};
use crate::data_dir;
use crate::failure::Failure;

/// A log that forgets what is appended to it.
#[derive(Debug)]
pub struct Rehearsal {
    /// What is there already; nothing for a gateway whose log can't be seen.
    log: Option<Arc<Sqlite>>,
    source: String,
}

impl Rehearsal {
    pub(super) fn open(data_dir: Option<&Path>, source: &str) -> Result<Self, Failure> {
        let existing = data_dir.filter(|folder| data_dir::log_file(folder).exists());
        Ok(Self { log: existing.map(data_dir::read_log).transpose()?, source: source.to_owned() })
    }

    pub(super) async fn take(&self, rows: Vec<Row>) -> Result<Vec<Outcome>, Failure> {
        log::carry_out(self, &self.source, rows).await
    }
}

#[async_trait]
impl EventStore for Rehearsal {
    async fn append(
        &self,
        _: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let next = expected.revision().map_or(0, |last| last.saturating_add(1));
        let revision = next.saturating_add(events.len() as u64).saturating_sub(1);
        Ok(Appended { position: Position::START, revision, duplicate: false })
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        match &self.log {
            Some(log) => log.read_stream(stream, from, limit).await,
            None => Ok(Vec::new()),
        }
    }

    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        match &self.log {
            Some(log) => log.read_all(after, limit).await,
            None => Ok(Vec::new()),
        }
    }

    async fn head(&self) -> Result<Position, StoreError> {
        match &self.log {
            Some(log) => log.head().await,
            None => Ok(Position::START),
        }
    }

    async fn changed(&self, after: Position) -> Result<Position, StoreError> {
        match &self.log {
            Some(log) => log.changed(after).await,
            None => std::future::pending().await,
        }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            multi_stream_appends: false,
            dense_positions: false,
            unique_ids: false,
            max_event_bytes: usize::MAX,
            max_append_bytes: usize::MAX,
        }
    }
}
