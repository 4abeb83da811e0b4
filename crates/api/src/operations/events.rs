//! The log as it is stored.

use std::str::FromStr;

use axum::extract::{OriginalUri, State};
use axum::response::Response;
use event_store::{Position, Recorded, StreamName};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::extract::{Acting, Auditor, Cursor, Limit, Operator, Query, refuse_overlong};
use crate::paging::next_link;
use crate::problem::Problem;
use crate::recorded::EventDocument;
use crate::representation::Representation;
use crate::responses::{ReadProblems, TagHeaders, Unchanged};

/// A part of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogListing {
    /// Where the part begins: `next` of the part before. Of the whole log, also a position, as events and answers name it:
    /// what comes after that.
    #[param(max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    after: Option<String>,
    /// Only this stream, for example `item-…`.
    #[param(max_length = 289, pattern = "^[a-z]{1,32}-.+$", example = "department-uscc:12441500196720244T")]
    stream: Option<String>,
    /// How many events it has at most.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// Events, in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventPage {
    /// The events.
    #[schema(max_items = 200)]
    items: Vec<EventDocument>,
    /// Where the next part begins; null where there is nothing yet.
    #[schema(max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<String>,
}

/// List events
///
/// For auditors and operators: the log as it is stored, as a whole or one stream of it.
#[utoipa::path(get, path = "/events", tag = "log", params(LogListing, TagHeaders),
    responses((status = 200, description = "A part of the log.", body = EventPage), Unchanged, ReadProblems))]
pub(crate) async fn list_events(
    State(app): State<App>,
    _staff: Acting<(Auditor, Operator)>,
    Query(listing): Query<LogListing>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    refuse_overlong(&headers)?;
    let limit = listing.limit.get();
    let (events, next) = match &listing.stream {
        Some(stream) => {
            let stream: StreamName = stream
                .parse()
                .map_err(|_| Problem::invalid_parameter("stream", "not the name of a stream"))?;
            let from = place::<u64>(listing.after.as_deref())?.unwrap_or(0);
            let events = app.store.read_stream(&stream, from, limit).await?;
            let next = events.last().map(|last| Cursor(last.revision + 1).to_string());
            (events, next)
        }
        None => {
            let after = position(listing.after.as_deref())?;
            let events = app.store.read_all(after, limit).await?;
            let next = events.last().map(|last: &Recorded| Cursor(last.position).to_string());
            (events, next)
        }
    };
    let link = next.as_ref().map(|next| next_link(&uri, "after", next));
    let items = events.into_iter().map(EventDocument::try_from).collect::<Result<_, _>>()?;
    Ok(Representation::private(&EventPage { items, next })?.with_next(link).answer(&headers))
}

/// A place in the whole log, as a cursor or as it is printed everywhere. No text is both: a cursor is longer.
fn position(after: Option<&str>) -> Result<Position, Problem> {
    match after.map(str::parse) {
        Some(Ok(position)) => Ok(position),
        Some(Err(_)) | None => Ok(place(after)?.unwrap_or(Position::START)),
    }
}

fn place<K: FromStr>(after: Option<&str>) -> Result<Option<K>, Problem> {
    let Some(after) = after else { return Ok(None) };
    let cursor: Result<Cursor<K>, _> = after.parse();
    cursor
        .map(|cursor| Some(cursor.0))
        .map_err(|error| Problem::invalid_parameter("after", error.to_string()))
}
