//! What happened to an item, event by event.

use axum::extract::{OriginalUri, State};
use axum::response::Response;
use domain::{Aggregate, Item, ItemId};
use event_store::StreamName;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::extract::{Cursor, Id, Limit, Query, StaffReading};
use crate::paging::next_link;
use crate::problem::Problem;
use crate::recorded::EventDocument;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// A part of an item's history.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryListing {
    /// Where the part begins: `next` of the part before.
    #[param(value_type = Option<String>, nullable = false, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<u64>>,
    /// How many events it has at most; it may have fewer and still not be the last.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// Events of an item, in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryPage {
    /// The events.
    #[schema(max_items = 200)]
    items: Vec<EventDocument>,
    /// Where the next part begins; null at the end.
    #[schema(value_type = Option<String>, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<Cursor<u64>>,
}

/// List an item's events
///
/// For staff who see the item's drafts: of its department, or of the catalogue.
#[utoipa::path(get, path = "/items/{item}/events", tag = "items",
    params(("item" = ItemId, Path, description = "The item."), HistoryListing, ReadHeaders),
    responses((status = 200, description = "A part of the history.", body = HistoryPage), Unchanged, ReadProblems))]
pub(crate) async fn list_item_events(
    State(app): State<App>,
    reading: StaffReading,
    Id(id): Id<ItemId>,
    Query(listing): Query<HistoryListing>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let visible = reading.snapshot.item(id).filter(|view| reading.scope.includes(&view.state.department));
    let view = visible.ok_or_else(|| Problem::not_found("item"))?;
    let stream = StreamName::new(Item::CATEGORY, &id.to_string()).map_err(Problem::internal)?;
    let from = listing.cursor.map_or(0, |cursor| cursor.0);
    let events = app.store.read_stream(&stream, from, listing.limit.get()).await?;
    let last = events.last().map(|event| event.revision);
    let next = last.filter(|last| *last < view.revision).map(|last| Cursor(last + 1));
    let link = next.as_ref().map(|next| next_link(&uri, "cursor", next));
    let items = events.into_iter().map(EventDocument::try_from).collect::<Result<_, _>>()?;
    Ok(Representation::private(&HistoryPage { items, next })?.with_next(link).answer(&headers))
}
