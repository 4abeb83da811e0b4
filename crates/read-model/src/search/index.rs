//! The index itself: opened or made anew, and written by one thread.

use std::fs;
use std::io;
use std::path::Path;

use domain::EntryId;
use event_store::Position;
use tantivy::indexer::IndexWriterOptions;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};

use super::checkpoint::Checkpoint;
use super::schema::{Fields, entry_term};
use crate::{EntryStanding, Snapshot};

/// Name of the directory of this schema and of this way to cut text; indexes of others are left alone.
pub(super) const FORMAT: &str = "v1";
/// Memory for documents that are not yet written, in bytes.
const MEMORY: usize = 32 * 1024 * 1024;

/// Why an index can't be opened or made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("its directory can't be made or emptied")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Index(#[from] TantivyError),
}

/// An open index with its only writer.
pub(super) struct OpenIndex {
    pub(super) fields: Fields,
    pub(super) reader: IndexReader,
    writer: IndexWriter,
    /// How far it had come when it was opened.
    pub(super) reached: Position,
}

impl OpenIndex {
    /// Opens the index in `dir`, or makes an empty one where there is none that leads to `snapshot`.
    pub(super) fn open(dir: Option<&Path>, snapshot: &Snapshot) -> Result<Self, OpenError> {
        let Some(dir) = dir.map(|dir| dir.join(FORMAT)) else {
            return Ok(Self::empty(Index::create_in_ram(Fields::schema().0))?);
        };
        fs::create_dir_all(&dir)?;
        match Self::resume(&dir, snapshot) {
            Ok(Some(index)) => return Ok(index),
            // Another process is using it: nothing to be replaced.
            Err(error @ TantivyError::LockFailure(..)) => return Err(error.into()),
            Ok(None) => {
                tracing::info!(dir = %dir.display(), "the search index is of another log; building it anew")
            }
            Err(error) => {
                tracing::info!(dir = %dir.display(), %error, "there is no usable search index; building it anew");
            }
        }
        fs::remove_dir_all(&dir)?;
        fs::create_dir_all(&dir)?;
        Ok(Self::empty(Index::create_in_dir(&dir, Fields::schema().0)?)?)
    }

    fn resume(dir: &Path, snapshot: &Snapshot) -> tantivy::Result<Option<Self>> {
        let index = Index::open_in_dir(dir)?;
        let (schema, fields) = Fields::schema();
        let writer = writer(&index)?;
        let checkpoint = Checkpoint::read(index.load_metas()?.payload.as_deref());
        match checkpoint {
            Some(checkpoint) if checkpoint.leads_to(snapshot) && index.schema() == schema => {
                let reader = reader(&index)?;
                Ok(Some(Self { fields, reader, writer, reached: checkpoint.position }))
            }
            Some(_) | None => Ok(None),
        }
    }

    fn empty(index: Index) -> tantivy::Result<Self> {
        let (_, fields) = Fields::schema();
        let writer = writer(&index)?;
        Ok(Self { fields, reader: reader(&index)?, writer, reached: Position::START })
    }

    /// Brings the entries to what `snapshot` says of them, and makes that visible.
    pub(super) fn write(
        &mut self,
        entries: impl IntoIterator<Item = EntryId>,
        snapshot: &Snapshot,
    ) -> tantivy::Result<()> {
        for id in entries {
            self.writer.delete_term(Term::from_field_text(self.fields.id, &entry_term(id)));
            if let Some(EntryStanding::Live(entry)) = snapshot.entry(id) {
                self.writer.add_document(self.fields.document(entry))?;
            }
        }
        let payload = serde_json::to_string(&Checkpoint::of(snapshot))
            .map_err(|error| TantivyError::InternalError(error.to_string()))?;
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        self.reader.reload()
    }

    /// Forgets what a failed [`write`](Self::write) left half done.
    pub(super) fn roll_back(&mut self) -> tantivy::Result<()> {
        self.writer.rollback().map(|_| ())
    }

    /// Lets merges that are under way come to their end.
    pub(super) fn close(self) -> tantivy::Result<()> {
        self.writer.wait_merging_threads()
    }
}

fn writer(index: &Index) -> tantivy::Result<IndexWriter> {
    let options = IndexWriterOptions::builder()
        .num_worker_threads(1)
        .num_merge_threads(1)
        .memory_budget_per_thread(MEMORY)
        .build();
    index.writer_with_options(options)
}

fn reader(index: &Index) -> tantivy::Result<IndexReader> {
    index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()
}
