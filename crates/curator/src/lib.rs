//! Places published items into entries, opens duplicate cases, and carries out what was announced.
//!
//! One more follower of the log: it reads what is published, asks `matching`, and gives commands like anybody else.
//! A steward's decision always wins. Two curators on one log write the same, once: every command of theirs says
//! nothing when it is already so, and its id is derived from the event that asked for it.

mod calendar;
mod collection;
mod commands;
mod decisions;
mod follow;
mod preview;
mod profile;
mod shared;

use std::fmt;
use std::sync::Arc;

use domain::Policy;
use event_store::{EventStore, Position};
use jiff::Timestamp;
use matching::Lexicon;
use read_model::ReadModel;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use collection::{Home, Placing, Suspicion};
pub use preview::{Preview, Previewer};
pub use profile::{Description, department_name};

use shared::Shared;

/// Everything that a curator works with.
#[derive(Clone)]
pub struct Curator {
    store: Arc<dyn EventStore>,
    read_model: ReadModel,
    policy: Arc<Policy>,
    now: fn() -> Timestamp,
    done: watch::Sender<Position>,
    collection: Shared,
    words: Arc<Lexicon>,
}

impl Curator {
    /// A curator of one log, not yet at work.
    pub fn new(
        store: Arc<dyn EventStore>,
        read_model: ReadModel,
        policy: Arc<Policy>,
        now: fn() -> Timestamp,
    ) -> Self {
        Self {
            store,
            read_model,
            policy,
            now,
            done: watch::Sender::new(Position::START),
            collection: Shared::default(),
            words: Arc::clone(Lexicon::built_in()),
        }
    }

    /// The same, reading names with these words.
    pub fn with_words(self, words: Arc<Lexicon>) -> Self {
        Self { words, ..self }
    }

    /// Up to which position everything published has been placed.
    pub fn progress(&self) -> watch::Receiver<Position> {
        self.done.subscribe()
    }

    /// Says what would become of an item, while this curator is at work.
    pub fn previewer(&self) -> Previewer {
        Previewer::of(self.collection.clone())
    }

    /// Works until `cancel` is cancelled; survives a log that is away for a while.
    pub async fn run(self, cancel: CancellationToken) {
        tokio::select! {
            () = follow::run(&self) => {}
            () = calendar::run(&self) => {}
            () = cancel.cancelled() => {}
        }
    }
}

impl fmt::Debug for Curator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Curator").field("done", &*self.done.borrow()).finish_non_exhaustive()
    }
}
