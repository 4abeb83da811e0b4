//! The log in an EventStoreDB or KurrentDB cluster (22.6 or later), for several gateways on one log.
//!
//! Everything is asked of the leader. What the client of these servers does badly is lived with here: `connection`
//! replaces dead clients, `append` reads back what it wrote, `tail` looks at the log's end instead of subscribing,
//! `pages` passes over what is not ours. Every call that is alone on its connection takes some 40 ms, for the client
//! waits for acknowledgements of TCP; calls at the same time share that wait.

mod address;
mod append;
mod connection;
mod failure;
mod pages;
mod record;
mod tail;
mod tls_files;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use moka::sync::Cache;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::address::{Address, AddressError};
use self::append::unavailable_or_deleted;
use self::connection::Connection;
use self::record::Entry;
use self::tail::Tail;
use crate::{
    AppendError, Appended, Capabilities, Digest, EventStore, Expected, NewEvent, Position, Recorded,
    StoreError, StreamName,
};

/// Streams whose last hash is remembered, so that an append needn't read what it follows.
const REMEMBERED: u64 = 100_000;

const CAPABILITIES: Capabilities = Capabilities {
    multi_stream_appends: false,
    dense_positions: false,
    unique_ids: false,
    max_event_bytes: 512 * 1024,
    // The rest of the server's 1 MiB is for what wraps each event.
    max_append_bytes: 960 * 1024,
};

/// An event log in a cluster.
#[derive(Debug)]
pub struct EventStoreDb {
    connection: Arc<Connection>,
    tail: Arc<Tail>,
    /// The last revision of a stream that is known, and its hash.
    hashes: Cache<StreamName, (u64, Digest)>,
    quiet: Mutex<Quiet>,
    _looking: DropGuard,
}

/// A stretch of `$all` in which nothing is ours, so that it isn't read again and again.
#[derive(Debug, Clone, Copy, Default)]
struct Quiet {
    after: u64,
    up_to: u64,
}

/// The address, or a file that it names, can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address}: {reason}")]
pub struct OpenError {
    address: String,
    reason: String,
}

impl EventStoreDb {
    /// The log at `address`, whether or not a server is there already; inside a Tokio runtime.
    ///
    /// Looks at the files that the address names, and at nothing else.
    pub fn open(address: Address) -> Result<Self, OpenError> {
        address.settings().map_err(|reason| OpenError { address: address.to_string(), reason })?;
        let connection = Arc::new(Connection::new(address));
        let tail = Arc::new(Tail::new());
        let end = CancellationToken::new();
        let looking = {
            let (connection, tail) = (Arc::clone(&connection), Arc::clone(&tail));
            async move { tail.keep_looking(&connection).await }
        };
        tokio::spawn(end.clone().run_until_cancelled_owned(looking));
        Ok(Self {
            connection,
            tail,
            hashes: Cache::new(REMEMBERED),
            quiet: Mutex::default(),
            _looking: end.drop_guard(),
        })
    }

    /// Where it is, without secrets.
    pub fn address(&self) -> &Address {
        self.connection.address()
    }

    fn prefix(&self) -> &str {
        &self.connection.address().prefix
    }

    fn name(&self, stream: &StreamName) -> String {
        format!("{}{stream}", self.prefix())
    }

    async fn entries(&self, stream: &StreamName, from: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let name = self.name(stream);
        let (name, prefix) = (name.as_str(), self.prefix());
        let page = self
            .connection
            .call(|client| async move { pages::stream(&client, name, prefix, from, limit).await })
            .await;
        page.map_err(|failure| unavailable_or_deleted(stream, failure))?.into_entries()
    }

    fn after_the_quiet(&self, after: u64) -> u64 {
        let quiet = *self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        if (quiet.after..quiet.up_to).contains(&after) { quiet.up_to } else { after }
    }

    fn note_quiet(&self, after: u64, up_to: u64) {
        *self.quiet.lock().unwrap_or_else(PoisonError::into_inner) = Quiet { after, up_to };
    }
}

fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::unavailable(source)
}

#[async_trait]
impl EventStore for EventStoreDb {
    async fn append(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        CAPABILITIES.check(&events)?;
        let started = Instant::now();
        let outcome = self.write(stream, expected, &events).await;
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
        if i64::try_from(from).is_err() || limit == 0 {
            return Ok(Vec::new());
        }
        let entries = self.entries(stream, from, limit).await?;
        if let Some((revision, seal)) =
            entries.last().and_then(|entry| Some((entry.recorded.revision, entry.recorded.seal()?)))
        {
            self.hashes.insert(stream.clone(), (revision, seal.hash));
        }
        Ok(entries.into_iter().map(|entry| entry.recorded).collect())
    }

    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        let mut from = self.after_the_quiet(after.raw());
        let prefix = self.prefix();
        if limit == 0 {
            return Ok(Vec::new());
        }
        loop {
            let scan = self
                .connection
                .call(|client| async move { pages::log(&client, prefix, from, limit).await })
                .await
                .map_err(unavailable)?;
            let entries = scan.page.into_entries()?;
            if !entries.is_empty() {
                return Ok(entries.into_iter().map(|entry| entry.recorded).collect());
            }
            if !scan.moved {
                return Ok(Vec::new());
            }
            from = scan.reached;
            self.note_quiet(after.raw(), from);
        }
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.tail.look(&self.connection).await.map_err(unavailable)
    }

    async fn changed(&self, after: Position) -> Result<Position, StoreError> {
        Ok(self.tail.beyond(after).await)
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }
}
