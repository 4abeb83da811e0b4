//! Full-text search and type-ahead over the live entries.
//!
//! An index of its own beside the snapshots, with a position and a checkpoint of its own: it may be behind the
//! newest snapshot, never ahead of it. What it finds is always shown as the newest snapshot has it.

mod checkpoint;
mod index;
mod indexer;
mod query;
mod schema;
mod text;

use std::cmp::Reverse;
use std::path::Path;
use std::sync::Arc;

use domain::{Division, EntryId};
use event_store::Position;
use tantivy::collector::TopDocs;
use tantivy::query::Query;
use tantivy::{DocId, IndexReader, Score, Searcher, SegmentReader, TantivyError};
use tokio::sync::watch;
use uuid::Uuid;

use self::index::{OpenError, OpenIndex};
pub(crate) use self::indexer::Indexer;
use self::schema::Fields;
use crate::{EntryStanding, EntryView, Filter, Snapshot};

/// Longest text that is searched for, in characters.
pub const MAX_QUERY_CHARS: usize = 200;
/// How deep the results of one search can be paged through.
const MAX_DEPTH: usize = 1000;
/// Most type-ahead answers.
const MAX_SUGGESTIONS: usize = 10;
/// Most candidates that are looked at for them.
const SUGGESTION_CANDIDATES: usize = 40;

/// A search for entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// What somebody typed; any text, at most [`MAX_QUERY_CHARS`] characters.
    pub text: String,
    /// Which entries come into question.
    pub filter: Filter,
    /// Where to go on, as the page before said.
    pub cursor: Option<String>,
    /// Most entries of the page.
    pub limit: usize,
}

/// A page of what a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPage {
    /// The entries, best first.
    pub entries: Vec<Arc<EntryView>>,
    /// Where to go on; `None` at the end. Writes between two pages may repeat or hide an entry.
    pub next: Option<String>,
    /// The position up to which everything was searched.
    pub position: Position,
}

/// Answers while somebody types.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestions {
    /// The entries, best first.
    pub entries: Vec<Arc<EntryView>>,
    /// The position up to which everything was searched.
    pub position: Position,
}

/// Why a search is not answered.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The text is too long.
    #[error("at most {MAX_QUERY_CHARS} characters can be searched for")]
    TooLong,
    /// The cursor is none that a page gave.
    #[error("not a cursor of a search")]
    Cursor,
    /// The index failed.
    #[error("the search index failed")]
    Index(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<TantivyError> for SearchError {
    fn from(error: TantivyError) -> Self {
        Self::Index(error.into())
    }
}

/// The reading side of the index.
#[derive(Debug)]
pub(crate) struct Search {
    fields: Fields,
    reader: Reader,
    reached: watch::Receiver<Position>,
}

struct Reader(IndexReader);

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Reader").finish_non_exhaustive()
    }
}

/// How well a document fits: the score, then the shorter name, then the identifier, so that the order is total.
type Rank = (Score, Reverse<u64>, Reverse<u64>, Reverse<u64>);

impl Search {
    /// Opens or makes the index, and starts the thread that keeps it.
    pub(crate) fn open(dir: Option<&Path>, snapshot: &Arc<Snapshot>) -> Result<(Self, Indexer), OpenError> {
        let index = OpenIndex::open(dir, snapshot)?;
        let (fields, reader) = (index.fields, Reader(index.reader.clone()));
        let (sender, reached) = watch::channel(index.reached);
        let indexer = Indexer::start(index, snapshot, sender)?;
        Ok((Self { fields, reader, reached }, indexer))
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Position> {
        self.reached.clone()
    }

    pub(crate) fn search(&self, query: &SearchQuery, snapshot: &Snapshot) -> Result<SearchPage, SearchError> {
        let text = checked(&query.text)?;
        let mut at = query.cursor.as_deref().map_or(Ok(0), read_cursor)?;
        // Read before the index is: a commit in between makes the answer newer than it says, never older.
        let position = *self.reached.borrow();
        let mut entries = Vec::new();
        let Some(words) = self.fields.search(&text, &query.filter) else {
            return Ok(SearchPage { entries, next: None, position });
        };
        let searcher = self.reader.0.searcher();
        while at < MAX_DEPTH {
            let batch = (query.limit - entries.len() + 1).min(MAX_DEPTH - at);
            let found = top(&searcher, &words, at, batch)?;
            for id in &found {
                if let Some(entry) = current(*id, snapshot).filter(|entry| query.filter.matches(entry)) {
                    if entries.len() == query.limit {
                        return Ok(SearchPage { entries, next: Some(write_cursor(at)), position });
                    }
                    entries.push(Arc::clone(entry));
                }
                at += 1;
            }
            if found.len() < batch {
                break;
            }
        }
        Ok(SearchPage { entries, next: None, position })
    }

    pub(crate) fn suggest(
        &self,
        text: &str,
        region: Option<&Division>,
        limit: usize,
        snapshot: &Snapshot,
    ) -> Result<Suggestions, SearchError> {
        let text = checked(text)?;
        let position = *self.reached.borrow();
        let filter = Filter { region: region.cloned(), ..Filter::default() };
        let mut entries = Vec::new();
        if let Some(beginning) = self.fields.suggest(&text, &filter) {
            let found = top(&self.reader.0.searcher(), &beginning, 0, SUGGESTION_CANDIDATES)?;
            let live =
                found.iter().filter_map(|id| current(*id, snapshot)).filter(|entry| filter.matches(entry));
            entries.extend(live.take(limit.min(MAX_SUGGESTIONS)).map(Arc::clone));
        }
        Ok(Suggestions { entries, position })
    }
}

/// The normalised text, if it is not too long.
fn checked(text: &str) -> Result<String, SearchError> {
    let normalised = text::normalise(text);
    // Counted in both forms: a compatibility character may unfold to many.
    let too_long = |text: &str| text.chars().nth(MAX_QUERY_CHARS).is_some();
    if too_long(text) || too_long(&normalised) { Err(SearchError::TooLong) } else { Ok(normalised) }
}

fn current(id: EntryId, snapshot: &Snapshot) -> Option<&Arc<EntryView>> {
    match snapshot.entry(id)? {
        EntryStanding::Live(view) => Some(view),
        EntryStanding::Alias { .. } | EntryStanding::Retired(_) => None,
    }
}

/// The best documents from place `from` on.
fn top(
    searcher: &Searcher,
    query: &dyn Query,
    from: usize,
    limit: usize,
) -> Result<Vec<EntryId>, SearchError> {
    let rank = |segment: &SegmentReader| {
        let column =
            |name: &str| segment.fast_fields().u64(name).map(|column| column.first_or_default_col(0));
        let columns = (column("length"), column("id_high"), column("id_low"));
        move |doc: DocId, score: Score| -> Rank {
            let (Ok(length), Ok(high), Ok(low)) = &columns else {
                return (score, Reverse(0), Reverse(0), Reverse(0));
            };
            (score, Reverse(length.get_val(doc)), Reverse(high.get_val(doc)), Reverse(low.get_val(doc)))
        }
    };
    let found = searcher.search(query, &TopDocs::with_limit(limit).and_offset(from).tweak_score(rank))?;
    let id =
        |(_, _, Reverse(high), Reverse(low)): Rank| Uuid::from_u64_pair(high, low).to_string().parse().ok();
    Ok(found.into_iter().filter_map(|(rank, _)| id(rank)).collect())
}

fn write_cursor(at: usize) -> String {
    format!("{at:x}")
}

fn read_cursor(cursor: &str) -> Result<usize, SearchError> {
    let at = usize::from_str_radix(cursor, 16).map_err(|_| SearchError::Cursor)?;
    if at <= MAX_DEPTH && write_cursor(at) == cursor { Ok(at) } else { Err(SearchError::Cursor) }
}
