//! The end of the log: what is known of it, and who is told.

use std::time::Duration;

use tokio::sync::{Mutex, watch};

use super::connection::Connection;
use super::failure::Failure;
use super::pages;
use crate::Position;

/// How often the end of the log is looked at right after something was new, and at most how seldom.
const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_millis(60);
/// How long after a failure.
const AFTER_FAILURE: Duration = Duration::from_millis(200);

/// What is known of the end of the log.
#[derive(Debug)]
pub(super) struct Tail {
    ours: watch::Sender<Position>,
    /// Up to which place of `$all` nothing of ours is unknown.
    scanned: Mutex<u64>,
}

impl Tail {
    pub(super) fn new() -> Self {
        Self { ours: watch::Sender::new(Position::START), scanned: Mutex::new(0) }
    }

    /// There is an event of ours at this position.
    pub(super) fn heard_of(&self, position: Position) {
        self.ours.send_if_modified(|known| {
            let newer = position > *known;
            *known = position.max(*known);
            newer
        });
    }

    /// The position of our last event, as the leader says it now.
    pub(super) async fn look(&self, connection: &Connection) -> Result<Position, Failure> {
        let mut scanned = self.scanned.lock().await;
        let known = *scanned;
        let prefix = connection.address().prefix.as_str();
        let (mut highest, mut from) = (known, None);
        loop {
            let read = |client| async move { pages::back(&client, prefix, from, known).await };
            let back = connection.call(read).await?;
            highest = highest.max(back.highest.unwrap_or(0));
            if let Some(ours) = back.ours {
                self.heard_of(Position::from_raw(ours));
            }
            from = back.rest;
            if from.is_none() {
                break;
            }
        }
        *scanned = highest;
        Ok(*self.ours.borrow())
    }

    /// Waits for an event of ours after `after`.
    pub(super) async fn beyond(&self, after: Position) -> Position {
        let mut ours = self.ours.subscribe();
        match ours.wait_for(|known| *known > after).await {
            Ok(known) => *known,
            // The sender is here.
            Err(_) => after,
        }
    }

    /// Looks at the end of the log again and again: a subscription that the server ends would spin.
    pub(super) async fn keep_looking(&self, connection: &Connection) {
        let mut pause = SHORTEST;
        loop {
            let before = *self.ours.borrow();
            pause = match self.look(connection).await {
                Ok(now) if now > before => SHORTEST,
                Ok(_) => (pause * 2).min(LONGEST),
                Err(failure) => {
                    tracing::warn!(error = %failure, "the end of the event log can't be seen");
                    AFTER_FAILURE
                }
            };
            tokio::time::sleep(pause).await;
        }
    }
}
