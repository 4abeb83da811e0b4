//! Pages of a stream and of `$all`, and how they are delivered.
#![expect(clippy::result_large_err, reason = "a status is what the library answers with")]

use std::collections::HashMap;
use std::pin::Pin;

use futures_util::stream::{self, Stream, StreamExt};
use tonic::{Code, Extensions, Status};

use crate::fault::Fault;
use crate::log::{Log, Record};
use crate::protocol::event_store::client::streams::read_req::Options;
use crate::protocol::event_store::client::streams::read_req::options::all_options::AllOption;
use crate::protocol::event_store::client::streams::read_req::options::stream_options::RevisionOption;
use crate::protocol::event_store::client::streams::read_req::options::{
    CountOption, ReadDirection, StreamOption,
};
use crate::protocol::event_store::client::streams::read_resp::read_event::{Position, RecordedEvent};
use crate::protocol::event_store::client::streams::read_resp::{Content, ReadEvent, StreamNotFound};
use crate::protocol::event_store::client::streams::{ReadReq, ReadResp};
use crate::protocol::event_store::client::{StreamIdentifier, Uuid as WireUuid, uuid};
use crate::service::cut;

/// What a reader is sent.
pub(crate) type Page = Pin<Box<dyn Stream<Item = Result<ReadResp, Status>> + Send>>;

pub(crate) fn is_subscription(request: &ReadReq) -> bool {
    let count = request.options.as_ref().and_then(|options| options.count_option.as_ref());
    matches!(count, Some(CountOption::Subscription(_)))
}

pub(crate) fn stream_name(identifier: Option<StreamIdentifier>) -> Result<String, Status> {
    let name = identifier.map(|identifier| identifier.stream_name).unwrap_or_default();
    String::from_utf8(name.to_vec()).map_err(|_| Status::invalid_argument("a stream's name is UTF-8"))
}

pub(crate) fn stream_deleted(stream: &str) -> Status {
    let mut status = Status::new(Code::FailedPrecondition, format!("Event stream '{stream}' is deleted."));
    if let Ok(value) = "stream-deleted".parse() {
        status.metadata_mut().insert("exception", value);
    }
    status
}

/// The events that a request asks for.
pub(crate) fn page(log: &Log, request: ReadReq) -> Result<Vec<ReadResp>, Status> {
    let options = request.options.ok_or_else(|| Status::invalid_argument("a read has options"))?;
    let count = match &options.count_option {
        Some(CountOption::Count(count)) => usize::try_from(*count).unwrap_or(usize::MAX),
        Some(CountOption::Subscription(_)) | None => {
            return Err(Status::invalid_argument("a read has a count"));
        }
    };
    let backwards = options.read_direction() == ReadDirection::Backwards;
    match options.stream_option.clone() {
        Some(StreamOption::Stream(of)) => {
            let name = stream_name(of.stream_identifier)?;
            if log.is_tombstoned(&name) {
                return Err(stream_deleted(&name));
            }
            let Some(events) = log.stream(&name) else { return Ok(vec![not_found(&name)]) };
            let from = of.revision_option.unwrap_or(RevisionOption::Start(Default::default()));
            Ok(picked(revisions(events, &from, backwards).into_iter(), count, backwards))
        }
        Some(StreamOption::All(all)) => {
            let from = all.all_option.unwrap_or(AllOption::Start(Default::default()));
            Ok(picked(positions(log.all(), &from, backwards).iter(), count, backwards))
        }
        None => Err(Status::invalid_argument(format!("nothing to read: {}", kind(&options)))),
    }
}

fn kind(options: &Options) -> &'static str {
    if options.resolve_links { "links" } else { "events" }
}

fn revisions<'a>(events: Vec<&'a Record>, from: &RevisionOption, backwards: bool) -> Vec<&'a Record> {
    let wanted = |record: &&Record| match from {
        RevisionOption::Start(_) => !backwards || record.revision == 0,
        RevisionOption::End(_) => backwards,
        RevisionOption::Revision(from) if backwards => record.revision <= *from,
        RevisionOption::Revision(from) => record.revision >= *from,
    };
    events.into_iter().filter(wanted).collect()
}

/// The part of the log on the wanted side. Forwards, the event at the position belongs to it; backwards, it doesn't.
fn positions<'a>(events: &'a [Record], from: &AllOption, backwards: bool) -> &'a [Record] {
    let at = match from {
        AllOption::Start(_) => 0,
        AllOption::End(_) => events.len(),
        AllOption::Position(from) => events.partition_point(|record| record.position < from.commit_position),
    };
    if backwards { &events[..at] } else { &events[at..] }
}

fn picked<'a>(
    events: impl DoubleEndedIterator<Item = &'a Record>,
    count: usize,
    backwards: bool,
) -> Vec<ReadResp> {
    if backwards {
        events.rev().take(count).map(event).collect()
    } else {
        events.take(count).map(event).collect()
    }
}

fn not_found(stream: &str) -> ReadResp {
    let identifier = StreamIdentifier { stream_name: stream.as_bytes().to_vec().into() };
    let content = Content::StreamNotFound(StreamNotFound { stream_identifier: Some(identifier) });
    ReadResp { content: Some(content) }
}

fn event(record: &Record) -> ReadResp {
    let metadata = HashMap::from([
        ("type".to_owned(), record.event.event_type.clone()),
        ("content-type".to_owned(), record.event.content_type.clone()),
        ("created".to_owned(), "17000000000000000".to_owned()),
    ]);
    let recorded = RecordedEvent {
        id: Some(WireUuid { value: Some(uuid::Value::String(record.event.id.to_string())) }),
        stream_identifier: Some(StreamIdentifier { stream_name: record.stream.as_bytes().to_vec().into() }),
        stream_revision: record.revision,
        prepare_position: record.position,
        commit_position: record.position,
        metadata,
        custom_metadata: record.event.custom_metadata.clone(),
        data: record.event.data.clone(),
    };
    let event = ReadEvent {
        event: Some(recorded),
        link: None,
        position: Some(Position::CommitPosition(record.position)),
    };
    ReadResp { content: Some(Content::Event(event)) }
}

/// A page on its way, with what goes wrong there.
pub(crate) fn deliver(page: Vec<ReadResp>, fault: Option<Fault>, extensions: Extensions) -> Page {
    match fault {
        Some(Fault::Twice) => {
            let twice = page.into_iter().flat_map(|event| [Ok(event.clone()), Ok(event)]);
            stream::iter(twice.collect::<Vec<_>>()).boxed()
        }
        Some(Fault::EndAfter(count)) => stream::iter(page.into_iter().take(count).map(Ok)).boxed(),
        Some(Fault::CutAfterEvents(count)) => broken_off(page, count, extensions),
        Some(Fault::CutAfter) => broken_off(page, usize::MAX, extensions),
        Some(Fault::HangAfter) => stream::iter(page.into_iter().map(Ok)).chain(stream::pending()).boxed(),
        Some(Fault::AbortAfter) => {
            let late = Err(Status::aborted("Operation timed out: Read"));
            stream::iter(page.into_iter().map(Ok)).chain(stream::iter([late])).boxed()
        }
        Some(Fault::Refuse | Fault::CutBefore | Fault::Hang | Fault::Delay(_) | Fault::NotLeader) | None => {
            stream::iter(page.into_iter().map(Ok)).boxed()
        }
    }
}

fn broken_off(page: Vec<ReadResp>, count: usize, extensions: Extensions) -> Page {
    let first = stream::iter(page.into_iter().take(count).map(Ok));
    first.chain(stream::once(async move { cut(&extensions).await })).boxed()
}
