//! A stream folded to a state, page by page, and what one command did in it.

use domain::Aggregate;
use uuid::Uuid;

use crate::{DecodeError, Digest, EventStore, Position, Recorded, StoreError, StreamName, decode, event_id};

/// Events per page when a stream is folded.
const PAGE: usize = 256;

/// An aggregate as its stream tells it.
#[derive(Debug, Clone)]
pub struct Loaded<A> {
    /// The state after all its events.
    pub state: A,
    /// Revision of its last event; `None` if it has none.
    pub revision: Option<u64>,
    /// Position of its last event; [`Position::START`] if it has none.
    pub position: Position,
}

/// Why a stream can't be folded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FoldError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Reads and folds one stream; for a decision use [`execute`](crate::execute()), which does it by itself.
///
/// An event that is there but unreadable is a damaged log: a state without it would be a wrong one.
pub async fn load<A: Aggregate>(store: &dyn EventStore, id: &A::Id) -> Result<Loaded<A>, StoreError> {
    let stream = StreamName::new(A::CATEGORY, &id.to_string());
    let mut history = History::<A>::of_command(Uuid::nil());
    // A key that can't name a stream names an aggregate that can't exist.
    if let Ok(stream) = stream {
        history.catch_up(store, &stream).await.map_err(|error| match error {
            FoldError::Store(error) => error,
            FoldError::Decode(error) => {
                StoreError::Corrupt { position: None, detail: format!("{error}: {}", error.source) }
            }
        })?;
    }
    Ok(history.now)
}

/// What a command that is already in the stream led to then.
#[derive(Debug)]
pub(crate) struct Original<A: Aggregate> {
    pub(crate) then: Loaded<A>,
    pub(crate) events: Vec<A::Event>,
    pub(crate) digest: Digest,
}

/// A stream folded as far as it has been read, looking out for the events of one command.
#[derive(Debug)]
pub(crate) struct History<A: Aggregate> {
    pub(crate) now: Loaded<A>,
    pub(crate) original: Option<Original<A>>,
    command_id: Uuid,
    /// How many of the command's events have been met.
    met: usize,
    /// The id that the command's next event would have.
    awaited: Uuid,
}

impl<A: Aggregate> History<A> {
    pub(crate) fn of_command(command_id: Uuid) -> Self {
        Self {
            now: Loaded { state: A::default(), revision: None, position: Position::START },
            original: None,
            command_id,
            met: 0,
            awaited: event_id(command_id, 0),
        }
    }

    /// Folds whatever the stream holds beyond what has been read.
    pub(crate) async fn catch_up(
        &mut self,
        store: &dyn EventStore,
        stream: &StreamName,
    ) -> Result<(), FoldError> {
        loop {
            let next = self.now.revision.map_or(0, |last| last.saturating_add(1));
            let page = store.read_stream(stream, next, PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            for (recorded, expected) in page.iter().zip(next..) {
                if recorded.revision != expected {
                    return Err(missing(recorded, expected).into());
                }
                self.fold(recorded)?;
            }
        }
    }

    fn fold(&mut self, recorded: &Recorded) -> Result<(), FoldError> {
        let event = decode::<A::Event>(recorded)?;
        if let Some(event) = &event {
            self.now.state.evolve(event);
        }
        self.now.revision = Some(recorded.revision);
        self.now.position = recorded.position;
        if recorded.id == self.awaited {
            let mut events = match self.original.take() {
                Some(original) => original.events,
                None => Vec::new(),
            };
            events.extend(event);
            self.met += 1;
            self.awaited = event_id(self.command_id, self.met);
            let digest = recorded.metadata()?.command_digest;
            self.original = Some(Original { then: self.now.clone(), events, digest });
        }
        Ok(())
    }
}

fn missing(recorded: &Recorded, expected: u64) -> StoreError {
    StoreError::Corrupt {
        position: Some(recorded.position),
        detail: format!("{} has revision {} where {expected} belongs", recorded.stream, recorded.revision),
    }
}
