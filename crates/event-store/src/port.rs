//! The port: what Yimen asks of an event log.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{NewEvent, Position, Recorded, StreamName};

/// An append-only log of events in streams, ordered as a whole.
#[async_trait]
pub trait EventStore: fmt::Debug + Send + Sync {
    /// Appends `events` to one stream, all or none, if the stream is at `expected`.
    ///
    /// Appending events that are already there, in the same order with the same content, succeeds and
    /// writes nothing, whatever `expected` says (but see [`Capabilities::unique_ids`]): an append whose outcome is
    /// unknown may be repeated.
    async fn append(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError>;

    /// Up to `limit` events of a stream, from revision `from` on, in order.
    ///
    /// A page is bounded in bytes too, so a short page is not the end; an empty one is. A stream that
    /// does not exist is empty.
    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError>;

    /// Up to `limit` events of the whole log, after a position, in order.
    ///
    /// A page is bounded in bytes too, so a short page is not the end; an empty one is.
    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError>;

    /// The position of the last event; [`Position::START`] if there is none.
    async fn head(&self) -> Result<Position, StoreError>;

    /// The highest position ever given out, as far as the log remembers.
    ///
    /// Above [`head`](EventStore::head) when somebody cut off the end of the log.
    async fn high_water(&self) -> Result<Position, StoreError> {
        self.head().await
    }

    /// Waits until there is something after `after`; gives the position of the last event then.
    ///
    /// Appends through the same adapter wake it at once.
    async fn changed(&self, after: Position) -> Result<Position, StoreError>;

    /// Whether an append can go ahead now, as far as is known; an adapter that can tell may try. May take as long as a
    /// write does.
    async fn writable(&self) -> Result<(), WriteFault> {
        Ok(())
    }

    /// What this log can do and where its bounds are.
    fn capabilities(&self) -> Capabilities;
}

/// Why nothing can be written now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WriteFault {
    /// The disk, or the log's quota, is full.
    DiskFull,
    /// The disk, or the log, can't be written any more.
    ReadOnly,
    /// Writing or syncing fails for another reason.
    Device,
    /// What is stored can't be a log's content.
    Damaged,
    /// The log is closed, or can't be reached.
    Unreachable,
}

impl WriteFault {
    /// Its name, as metrics and readiness write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DiskFull => "disk-full",
            Self::ReadOnly => "read-only",
            Self::Device => "device-failing",
            Self::Damaged => "damaged",
            Self::Unreachable => "unreachable",
        }
    }
}

/// Where a stream must be for an append to go ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It has no events.
    NoStream,
    /// Its last event has this revision.
    Revision(u64),
}

impl Expected {
    /// The expectation that nothing comes after `revision`, the last one seen.
    pub fn after(revision: Option<u64>) -> Self {
        revision.map_or(Self::NoStream, Self::Revision)
    }

    /// The revision that the last event must have.
    pub fn revision(self) -> Option<u64> {
        match self {
            Self::NoStream => None,
            Self::Revision(revision) => Some(revision),
        }
    }
}

/// Where an append went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Position of the last of the events.
    pub position: Position,
    /// Revision of the last of the events.
    pub revision: u64,
    /// Whether the events had been there before.
    pub duplicate: bool,
}

/// What a log can do and where its bounds are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether several streams could be written at once. The domain never needs it.
    pub multi_stream_appends: bool,
    /// Whether positions have no gaps, so that a gap means a removed event.
    pub dense_positions: bool,
    /// Whether an event id that is in the log already is always recognised.
    ///
    /// Where it isn't, it is recognised at the revision that its append expects: a repeated append has to expect what it
    /// expected at first, and an id that was used elsewhere is not refused. Commands are safe in both cases: their
    /// stream is read before each append.
    pub unique_ids: bool,
    /// Largest event, in bytes of type, data and sealed metadata ([`NewEvent::size`]).
    pub max_event_bytes: usize,
    /// Largest append, in the same bytes.
    pub max_append_bytes: usize,
}

impl Capabilities {
    /// Refuses what is empty, too large, or names one event twice.
    pub(crate) fn check(&self, events: &[NewEvent]) -> Result<(), AppendError> {
        let mut total = 0_usize;
        let mut ids = HashSet::with_capacity(events.len());
        for event in events {
            let bytes = event.size();
            if bytes > self.max_event_bytes {
                return Err(AppendError::TooLarge { bytes, limit: self.max_event_bytes });
            }
            if !ids.insert(event.id) {
                return Err(AppendError::IdReused { id: event.id });
            }
            total = total.saturating_add(bytes);
        }
        if total > self.max_append_bytes {
            return Err(AppendError::TooLarge { bytes: total, limit: self.max_append_bytes });
        }
        if events.is_empty() { Err(AppendError::Nothing) } else { Ok(()) }
    }
}

/// Why nothing was appended, or why nobody knows.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The stream is not where it was expected to be.
    #[error("the stream is at another revision than expected")]
    Conflict {
        /// Revision of its last event; `None` if it has none.
        actual: Option<u64>,
    },
    /// An event of this id exists in another stream, or with other content.
    #[error("the event id {id} has been used for something else")]
    IdReused {
        /// The id.
        id: Uuid,
    },
    /// An event, or all of them together, are larger than the log takes.
    #[error("{bytes} bytes are more than the {limit} that one append may have")]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// There were no events to append.
    #[error("an append needs at least one event")]
    Nothing,
    /// The log failed. If it is unavailable, the events may or may not be there: repeat the append.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AppendError {
    /// The label under which a failed append is counted.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::IdReused { .. } => "id_reused",
            Self::TooLarge { .. } => "too_large",
            Self::Nothing => "nothing",
            Self::Store(StoreError::Unavailable { .. }) => "unavailable",
            Self::Store(StoreError::Corrupt { .. }) => "corrupt",
        }
    }
}

/// A failure of the log itself.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It can't be reached or written now (full disk, failing device, closed, no leader); repeating may help.
    #[error("the event log is not available")]
    Unavailable {
        /// What happened, for the operator.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// What is stored can't be a log's content; repeating doesn't help.
    #[error("the event log is damaged: {detail}")]
    Corrupt {
        /// Where, if it is known.
        position: Option<Position>,
        /// What is wrong, for the operator.
        detail: String,
    },
}

impl StoreError {
    /// The log is not available because of `source`.
    pub(crate) fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable { source: Arc::from(source.into()) }
    }
}
