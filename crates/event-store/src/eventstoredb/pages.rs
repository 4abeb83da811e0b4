//! Reading: pages of a stream and of `$all`, from the leader, without what is not ours.

use eventstore::{
    Client, Error, ReadAllOptions, ReadStream, ReadStreamOptions, RecordedEvent, StreamPosition,
};

use super::failure::Failure;
use super::record::{Entry, Met, decode};
use crate::{Position, StoreError};

/// Bytes of events after which a page ends.
const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Events of `$all` that are asked for at once, at least: many may be foreign.
const SCAN: usize = 256;
/// Events at the end of `$all` that are asked for at once.
const SCAN_BACK: usize = 8;

/// Events of ours, in order, up to one that is damaged.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) entries: Vec<Entry>,
    /// What ended the page, if that is an event that can't be one.
    pub(super) damaged: Option<StoreError>,
    bytes: usize,
}

impl Page {
    fn is_full(&self, limit: usize) -> bool {
        self.entries.len() >= limit || self.bytes >= PAGE_BYTES || self.damaged.is_some()
    }

    fn take(&mut self, met: Met) {
        match met {
            Met::Ours(entry) => {
                self.bytes += entry.recorded.data.len() + entry.recorded.sealed_metadata.len();
                self.entries.push(*entry);
            }
            Met::Foreign => {}
            Met::Damaged(error) => self.damaged = Some(error),
        }
    }

    /// The entries; the damaged event is told when it is the first, as by the other adapters.
    pub(super) fn into_entries(self) -> Result<Vec<Entry>, StoreError> {
        match self.damaged {
            Some(error) if self.entries.is_empty() => Err(error),
            Some(_) | None => Ok(self.entries),
        }
    }
}

/// The next event; `None` at the end of what was asked for, which may come early.
async fn next(events: &mut ReadStream) -> Result<Option<RecordedEvent>, Error> {
    Ok(events.next().await?.and_then(|resolved| resolved.event))
}

/// Events of one stream, from a revision on.
pub(super) async fn stream(
    client: &Client,
    name: &str,
    prefix: &str,
    from: u64,
    limit: usize,
) -> Result<Page, Failure> {
    let options = ReadStreamOptions::default().position(StreamPosition::Position(from)).max_count(limit);
    let mut events = client.read_stream(name, &options).await?;
    let (mut page, mut due) = (Page::default(), from);
    while !page.is_full(limit) {
        match next(&mut events).await {
            // Delivered twice, or before what was asked for.
            Ok(Some(event)) if event.revision < due => {}
            Ok(Some(event)) => {
                due = event.revision.saturating_add(1);
                page.take(decode(prefix, event));
            }
            Ok(None) => break,
            Err(Error::ResourceNotFound) if page.entries.is_empty() => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(page)
}

/// The last event of a stream, whatever it is; `None` if a reader finds no stream.
pub(super) async fn last(client: &Client, name: &str) -> Result<Option<RecordedEvent>, Failure> {
    let options = ReadStreamOptions::default().position(StreamPosition::End).max_count(1);
    let mut events = client.read_stream(name, &options).await?;
    match next(&mut events).await {
        Ok(event) => Ok(event),
        Err(Error::ResourceNotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A page of the log, and the place up to which nothing but that page is ours.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) page: Page,
    pub(super) reached: u64,
    /// Whether there was anything at all after the place that the scan began at.
    pub(super) moved: bool,
}

/// Events of the whole log after a place of `$all`; one call to the server.
pub(super) async fn log(client: &Client, prefix: &str, after: u64, limit: usize) -> Result<Scan, Failure> {
    // Forwards, the server begins with the event at the position.
    let count = limit.max(SCAN).saturating_add(1);
    let options = ReadAllOptions::default().position(at(after)).max_count(count);
    let mut events = client.read_all(&options).await?;
    let mut scan = Scan { page: Page::default(), reached: after, moved: false };
    while !scan.page.is_full(limit) {
        match next(&mut events).await? {
            // The one at the position, or one that is delivered twice.
            Some(event) if event.position.commit <= scan.reached => {}
            Some(event) => {
                (scan.reached, scan.moved) = (event.position.commit, true);
                scan.page.take(decode(prefix, event));
            }
            None => break,
        }
    }
    Ok(scan)
}

fn at(position: u64) -> StreamPosition<eventstore::Position> {
    if position == Position::START.raw() {
        StreamPosition::Start
    } else {
        StreamPosition::Position(eventstore::Position { commit: position, prepare: position })
    }
}

/// A page of `$all`, read backwards.
#[derive(Debug)]
pub(super) struct Back {
    /// The last event of ours in it.
    pub(super) ours: Option<u64>,
    /// The highest place in it.
    pub(super) highest: Option<u64>,
    /// Where to go on; `None` if everything beyond `known` has been seen, or an event of ours.
    pub(super) rest: Option<eventstore::Position>,
}

/// Looks for our last event in one page, backwards from `from` (the end, if `None`), not further than to `known`.
pub(super) async fn back(
    client: &Client,
    prefix: &str,
    from: Option<eventstore::Position>,
    known: u64,
) -> Result<Back, Failure> {
    let (from, count) =
        from.map_or((StreamPosition::End, SCAN_BACK), |at| (StreamPosition::Position(at), SCAN));
    let options = ReadAllOptions::default().backwards().position(from).max_count(count);
    let mut events = client.read_all(&options).await?;
    let mut back = Back { ours: None, highest: None, rest: None };
    while let Some(event) = next(&mut events).await? {
        let place = event.position.commit;
        back.highest = back.highest.max(Some(place));
        if place <= known {
            return Ok(Back { rest: None, ..back });
        }
        if event.stream_id.starts_with(prefix) && !event.event_type.starts_with('$') {
            return Ok(Back { ours: Some(place), rest: None, ..back });
        }
        back.rest = Some(event.position);
    }
    Ok(back)
}
