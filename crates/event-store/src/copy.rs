//! Copies a log into another store, event by event, and checks that both hold the same.

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{AppendError, Digest, EventStore, Expected, Position, Recorded, Seal, StoreError, StreamName};

/// Events that are read at once.
const PAGE: usize = 1024;

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Events that both logs hold now.
    pub events: u64,
    /// Of which so many were there before.
    pub found: u64,
    /// The position of the last of them in the log that was copied.
    pub through: Position,
}

/// Why a log was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the logs can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The target takes no more.
    #[error("event {revision} of {stream} can't be appended")]
    Append {
        /// The stream of the event.
        stream: StreamName,
        /// Its place in the stream.
        revision: u64,
        /// What the target says.
        source: AppendError,
    },
    /// The target holds something else in the same place.
    #[error("the target differs from event {revision} of {stream} on: it is another log, or was written to")]
    Differs {
        /// The stream of the event that should be there.
        stream: StreamName,
        /// Its place in the stream.
        revision: u64,
    },
    /// The event that is to be copied is not as it was written.
    #[error("event {revision} of {stream} is not as it was written: run `yimen verify`")]
    Unsound {
        /// The stream of the event.
        stream: StreamName,
        /// Its place in the stream.
        revision: u64,
    },
    /// There is more in the target than was copied.
    #[error("the target holds events that are not in the log that was copied")]
    Longer,
}

/// Copies the events of `from` up to and with `through` (all of them without it) into `to`, in their order.
///
/// Where `to` holds the beginning of them already, it goes on from there. Event ids, hashes and metadata stay byte for byte
/// what they are; positions are the target's own. At the end both are read again and compared. `at_once` events are handed
/// over at a time: more than one only where the target takes appends in the order in which they are handed over.
pub async fn copy(
    from: &dyn EventStore,
    to: &dyn EventStore,
    through: Option<Position>,
    at_once: usize,
    mut seen: impl FnMut(u64) + Send,
) -> Result<Copied, CopyError> {
    let through = match through {
        Some(through) => through,
        None => from.head().await?,
    };
    let found = compare(from, to, through, false).await?;
    let (mut after, mut events) = (found.through, found.events);
    while after < through {
        let mut page = from.read_all(after, PAGE).await?;
        page.retain(|recorded| recorded.position <= through);
        let Some(last) = page.last() else { break };
        after = last.position;
        let copied = page.len() as u64;
        stream::iter(page)
            .map(|recorded| append(to, recorded))
            .buffered(at_once.max(1))
            .try_collect::<()>()
            .await?;
        events += copied;
        seen(events);
    }
    let checked = compare(from, to, through, true).await?;
    Ok(Copied { found: found.events, ..checked })
}

async fn append(to: &dyn EventStore, recorded: Recorded) -> Result<(), CopyError> {
    let unsound = || CopyError::Unsound { stream: recorded.stream.clone(), revision: recorded.revision };
    let seal =
        recorded.seal().filter(|seal: &Seal| seal.hash == recorded.computed_hash()).ok_or_else(unsound)?;
    let starts_well = recorded.revision > 0 || seal.previous_hash == Digest::ZERO;
    let event = recorded.unsealed().filter(|_| starts_well).ok_or_else(unsound)?;
    let expected = Expected::after(recorded.revision.checked_sub(1));
    match to.append(&recorded.stream, expected, vec![event]).await {
        Ok(_) => Ok(()),
        Err(source) => {
            Err(CopyError::Append { stream: recorded.stream.clone(), revision: recorded.revision, source })
        }
    }
}

/// Compares event by event as far as `to` goes; `whole` if it has to hold everything up to `through`, and nothing more.
async fn compare(
    from: &dyn EventStore,
    to: &dyn EventStore,
    through: Position,
    whole: bool,
) -> Result<Copied, CopyError> {
    let (mut ours, mut theirs) = (Pages::of(from), Pages::of(to));
    let mut same = Copied { events: 0, found: 0, through: Position::START };
    loop {
        let mine = ours.next().await?.filter(|recorded| recorded.position <= through);
        match (mine, theirs.next().await?) {
            (Some(mine), Some(other)) if is_same(&mine, &other) => {
                same.events += 1;
                same.through = mine.position;
            }
            (Some(mine), None) if whole => return Err(differs(mine)),
            (Some(mine), Some(_)) => return Err(differs(mine)),
            (None, Some(_)) => return Err(CopyError::Longer),
            (Some(_) | None, None) => return Ok(same),
        }
    }
}

fn differs(recorded: Recorded) -> CopyError {
    CopyError::Differs { stream: recorded.stream, revision: recorded.revision }
}

/// Everything but the position, which is each log's own.
fn is_same(one: &Recorded, other: &Recorded) -> bool {
    Recorded { position: one.position, ..other.clone() } == *one
}

/// A log, event by event.
struct Pages<'a> {
    store: &'a dyn EventStore,
    after: Position,
    page: std::vec::IntoIter<Recorded>,
}

impl<'a> Pages<'a> {
    fn of(store: &'a dyn EventStore) -> Self {
        Self { store, after: Position::START, page: Vec::new().into_iter() }
    }

    async fn next(&mut self) -> Result<Option<Recorded>, StoreError> {
        if self.page.len() == 0 {
            self.page = self.store.read_all(self.after, PAGE).await?.into_iter();
        }
        let next = self.page.next();
        if let Some(next) = &next {
            self.after = next.position;
        }
        Ok(next)
    }
}
