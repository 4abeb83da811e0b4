//! The embedded log: one SQLite file, one writer, group commit.
//!
//! An append is acknowledged after its transaction is synced to the disk (WAL, `synchronous=FULL`).
//! Appends that arrive while the disk is busy share the next commit. Readers have connections of their
//! own and never wait for the writer. Positions are dense: a gap means that somebody removed an event.

mod append;
mod backup;
mod health;
mod lock;
mod open;
mod readers;
mod restore;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot, watch};

pub use self::backup::{BackupError, copy_file};
use self::health::Health;
use self::lock::Lock;
pub use self::open::OpenError;
use self::open::{Access, high_water, last_position};
use self::readers::Readers;
pub use self::restore::restore_file;
use self::writer::{Append, Order, Writer};
use crate::{
    AppendError, Appended, Capabilities, EventStore, Expected, NewEvent, Position, Recorded, StoreError,
    StreamName, WriteFault,
};

/// How often a log that another process writes is looked at for something new.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(50);

const CAPABILITIES: Capabilities = Capabilities {
    multi_stream_appends: true,
    dense_positions: true,
    unique_ids: true,
    // Both fit a cluster's default of 1 MiB an append, so that every log can be copied there.
    max_event_bytes: 512 * 1024,
    max_append_bytes: 960 * 1024,
};

/// How a log file is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Quota of the database file in pages of 4 KiB; appends beyond it find the disk full. `None` is no quota.
    pub max_pages: Option<u32>,
    /// Connections, and so threads, that read at the same time; at least 1.
    pub readers: usize,
    /// Appends that may wait for the writer before callers have to wait to hand over theirs; at least 1.
    pub queue: usize,
    /// How long SQLite waits for another process's lock, such as a backup's.
    pub busy_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_pages: None, readers: 4, queue: 1024, busy_timeout: Duration::from_secs(5) }
    }
}

/// An event log in one SQLite file.
///
/// Dropping it finishes what was handed over and closes the file, and blocks meanwhile;
/// [`close`](Sqlite::close) does the same without blocking the thread.
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    readers: Readers,
    /// `None` in a log that is open for reading only.
    writing: Option<Writing>,
}

#[derive(Debug)]
struct Writing {
    orders: mpsc::Sender<Order>,
    head: watch::Receiver<Position>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Sqlite {
    /// Opens the log at `path` for reading and writing, and makes it if there is none.
    ///
    /// Takes `path` + `.lock` for as long as it is open. Does blocking IO.
    pub fn open(path: impl AsRef<Path>, options: &Options) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let lock = Lock::take(path)?;
        let connection = open::writer(path, options)?;
        let head = last_position(&connection).map_err(|source| OpenError::from_sqlite(path, source))?;
        let (announce, head) = watch::channel(head);
        let (orders, received) = mpsc::channel(options.queue.max(1));
        let writer = Writer {
            connection,
            path: path.to_owned(),
            options: options.clone(),
            health: Health::new(path),
            orders: received,
            announce,
            lock,
        };
        let thread = std::thread::Builder::new()
            .name("event-log".to_owned())
            .spawn(move || writer.run())
            .map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        let writing = Writing { orders, head, thread: Mutex::new(Some(thread)) };
        Ok(Self { path: path.to_owned(), readers: Readers::new(path, options), writing: Some(writing) })
    }

    /// Opens the log at `path` for reading only, whether or not another process writes it.
    pub fn open_read_only(path: impl AsRef<Path>, options: &Options) -> Result<Self, OpenError> {
        let path = path.as_ref();
        open::reader(path, options, Access::Checked)?;
        Ok(Self { path: path.to_owned(), readers: Readers::new(path, options), writing: None })
    }

    /// The file that the log is in.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Changes the quota of a running log, see [`Options::max_pages`].
    pub async fn set_max_pages(&self, max_pages: Option<u32>) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.order(Order::Quota { max_pages, done }).await?;
        answer.await.map_err(|_| closed())?
    }

    /// Finishes what was handed over, brings everything into the database file and closes it.
    ///
    /// Appends after it find the log unavailable.
    pub async fn close(&self) {
        self.readers.close_idle();
        let (done, closed) = oneshot::channel();
        // Errors mean that it is closed already.
        if self.order(Order::Close { done }).await.is_ok() && closed.await.is_err() {
            tracing::warn!(path = %self.path.display(), "the log's writer ended without an answer");
        }
    }

    async fn order(&self, order: Order) -> Result<(), StoreError> {
        let writing =
            self.writing.as_ref().ok_or_else(|| StoreError::unavailable("it is open for reading only"))?;
        writing.orders.send(order).await.map_err(|_| closed())
    }

    async fn hand_over(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        CAPABILITIES.check(&events)?;
        let (reply, answer) = oneshot::channel();
        let append = Append { stream: stream.clone(), expected, events, reply };
        self.order(Order::Append(append)).await?;
        answer.await.map_err(|_| AppendError::from(closed()))?
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("it is closed")
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.readers.close_idle();
        if let Some(Writing { orders, head, thread }) = self.writing.take() {
            drop((orders, head));
            let thread = thread.into_inner().unwrap_or_else(PoisonError::into_inner);
            if thread.is_some_and(|thread| thread.join().is_err()) {
                tracing::error!(path = %self.path.display(), "the log's writer had panicked");
            }
        }
    }
}

#[async_trait]
impl EventStore for Sqlite {
    async fn append(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let started = Instant::now();
        let outcome = self.hand_over(stream, expected, events).await;
        metrics::histogram!("yimen_log_append_seconds").record(started.elapsed());
        if let Err(error) = &outcome {
            metrics::counter!("yimen_log_append_failures_total", "reason" => error.reason()).increment(1);
        }
        outcome
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let stream = stream.clone();
        self.readers.run(move |connection| readers::stream_page(connection, &stream, from, limit)).await
    }

    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        self.readers.run(move |connection| readers::log_page(connection, after, limit)).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        match &self.writing {
            Some(writing) => Ok(*writing.head.borrow()),
            None => self.readers.run(|connection| Ok(last_position(connection)?)).await,
        }
    }

    async fn high_water(&self) -> Result<Position, StoreError> {
        self.readers
            .run(|connection| {
                if open::has_rows_before_the_first(connection)? {
                    let detail = open::BEFORE_THE_FIRST.to_owned();
                    return Err(StoreError::Corrupt { position: None, detail });
                }
                Ok(high_water(connection)?)
            })
            .await
    }

    async fn changed(&self, after: Position) -> Result<Position, StoreError> {
        if let Some(writing) = &self.writing {
            let mut head = writing.head.clone();
            return head.wait_for(|head| *head > after).await.map(|head| *head).map_err(|_| closed());
        }
        loop {
            let head = self.head().await?;
            if head > after {
                return Ok(head);
            }
            tokio::time::sleep(FOLLOW_INTERVAL).await;
        }
    }

    async fn writable(&self) -> Result<(), WriteFault> {
        if self.writing.is_none() {
            return Err(WriteFault::ReadOnly);
        }
        let (done, answer) = oneshot::channel();
        self.order(Order::Check { done }).await.map_err(|_| WriteFault::Unreachable)?;
        answer.await.unwrap_or(Err(WriteFault::Unreachable))
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }
}

/// SQLite's failures as the port knows them.
impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => {
                Self::Corrupt { position: None, detail: error.to_string() }
            }
            Some(_) => Self::unavailable(error),
            // Not SQLite's: a row that is not what we store.
            None => Self::Corrupt { position: None, detail: error.to_string() },
        }
    }
}
