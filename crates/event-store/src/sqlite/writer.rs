//! The one thread that writes: it takes whatever waits and commits it together.

use std::path::PathBuf;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot, watch};

use super::append::apply;
use super::health::Health;
use super::lock::Lock;
use super::{Options, open};
use crate::{AppendError, Appended, Expected, NewEvent, Position, StoreError, StreamName, WriteFault};

/// Appends that share one commit at most.
const MAX_BATCH: usize = 512;
/// Bytes of events that share one commit at most, but for the last append.
const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;

/// What the writer is asked to do, one after the other.
#[derive(Debug)]
pub(super) enum Order {
    Append(Append),
    Quota { max_pages: Option<u32>, done: oneshot::Sender<Result<(), StoreError>> },
    Check { done: oneshot::Sender<Result<(), WriteFault>> },
    Close { done: oneshot::Sender<()> },
}

/// Events for one stream, and who waits for the outcome.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) stream: StreamName,
    pub(super) expected: Expected,
    pub(super) events: Vec<NewEvent>,
    pub(super) reply: oneshot::Sender<Result<Appended, AppendError>>,
}

impl Append {
    fn bytes(&self) -> usize {
        self.events.iter().map(NewEvent::size).sum()
    }

    fn answer(self, outcome: Result<Appended, AppendError>) {
        // Nobody may wait any more: a caller that gave up learns the outcome by repeating its append.
        let _unheard = self.reply.send(outcome);
    }
}

#[derive(Debug)]
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) options: Options,
    pub(super) health: Health,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) announce: watch::Sender<Position>,
    /// Held until the connection is closed.
    pub(super) lock: Lock,
}

impl Writer {
    /// Serves until it is closed or everybody who could give orders is gone.
    pub(super) fn run(mut self) {
        let mut closing = Vec::new();
        while let Some(order) = self.orders.blocking_recv() {
            let mut next = Some(order);
            while let Some(order) = next.take() {
                match order {
                    Order::Append(append) => {
                        let (batch, stopped_by) = self.gather(append);
                        self.write(batch);
                        next = stopped_by;
                    }
                    Order::Quota { max_pages, done } => {
                        self.options.max_pages = max_pages;
                        let limited =
                            open::limit_pages(&self.connection, max_pages).map_err(StoreError::from);
                        let _unheard = done.send(limited);
                    }
                    Order::Check { done } => {
                        let _unheard = done.send(self.health.check(&self.connection, self.options.max_pages));
                    }
                    Order::Close { done } => {
                        // What was handed over before is still served; nothing new comes in.
                        self.orders.close();
                        closing.push(done);
                    }
                }
            }
        }
        self.finish();
        for done in closing {
            let _unheard = done.send(());
        }
    }

    /// The appends that wait now, up to the bounds of a batch, and the other order that ended them.
    fn gather(&mut self, first: Append) -> (Vec<Append>, Option<Order>) {
        let mut bytes = first.bytes();
        let mut batch = vec![first];
        while batch.len() < MAX_BATCH && bytes < MAX_BATCH_BYTES {
            match self.orders.try_recv() {
                Ok(Order::Append(append)) => {
                    bytes += append.bytes();
                    batch.push(append);
                }
                Ok(other @ (Order::Quota { .. } | Order::Check { .. } | Order::Close { .. })) => {
                    return (batch, Some(other));
                }
                Err(_) => break,
            }
        }
        (batch, None)
    }

    /// Commits a batch; acknowledges after the commit, and nothing of it if the commit fails.
    fn write(&mut self, batch: Vec<Append>) {
        metrics::histogram!("yimen_log_batch_size").record(batch.len() as f64);
        match commit(&mut self.connection, &batch) {
            Ok(outcomes) => {
                if outcomes.iter().flatten().any(|appended| !appended.duplicate) {
                    self.health.wrote();
                }
                let newest = outcomes.iter().flatten().map(|appended| appended.position).max();
                self.announce.send_if_modified(|head| {
                    let newer = newest.filter(|newest| newest > head);
                    newer.inspect(|newest| *head = *newest).is_some()
                });
                batch.into_iter().zip(outcomes).for_each(|(append, outcome)| append.answer(outcome));
            }
            Err(error) => {
                tracing::error!(path = %self.path.display(), %error, appends = batch.len(), "commit failed");
                self.health.failed(&error);
                self.recover();
                let error = AppendError::from(StoreError::from(error));
                batch.into_iter().for_each(|append| append.answer(Err(error.clone())));
            }
        }
    }

    /// Brings the connection back to where the next batch can be tried.
    fn recover(&mut self) {
        let open = !self.connection.is_autocommit();
        if !open || self.connection.execute_batch("ROLLBACK").is_ok() {
            return;
        }
        match open::writer(&self.path, &self.options) {
            Ok(connection) => self.connection = connection,
            Err(error) => tracing::error!(path = %self.path.display(), %error, "the log can't be reopened"),
        }
    }

    /// Brings the write-ahead log into the database file, so that the file alone is the whole log.
    fn finish(self) {
        let Self { connection, path, lock, .. } = self;
        let checkpointed =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        match checkpointed {
            Ok(false) => {}
            Ok(true) => tracing::info!(path = %path.display(), "readers hold the log; its -wal file stays"),
            Err(error) => tracing::warn!(path = %path.display(), %error, "the log was not checkpointed"),
        }
        if let Err((_, error)) = connection.close() {
            tracing::warn!(path = %path.display(), %error, "the log was not closed cleanly");
        }
        drop(lock);
    }
}

/// One transaction with all appends of the batch; each has its own outcome.
fn commit(
    connection: &mut Connection,
    batch: &[Append],
) -> rusqlite::Result<Vec<Result<Appended, AppendError>>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let outcomes = batch.iter().map(|append| apply(&transaction, append)).collect::<rusqlite::Result<_>>()?;
    transaction.commit()?;
    Ok(outcomes)
}
