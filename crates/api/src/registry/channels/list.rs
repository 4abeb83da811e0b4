//! Channels, page by page.

use std::ops::Bound;

use axum::extract::OriginalUri;
use axum::response::Response;
use domain::ChannelId;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::document::ChannelDocument;
use crate::extract::{Cursor, Limit, Query, StaffReading};
use crate::paging::next_link;
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// A part of the list of channels.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChannelListing {
    /// Where the part begins: `next` of the part before.
    #[param(value_type = Option<String>, nullable = false, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<ChannelId>>,
    /// How many channels it has at most.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// Channels, in order of their identifiers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelPage {
    /// The channels.
    #[schema(max_items = 200)]
    items: Vec<ChannelDocument>,
    /// Where the next part begins; null at the end.
    #[schema(value_type = Option<String>, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<Cursor<ChannelId>>,
}

/// List channels
///
/// For all staff.
#[utoipa::path(get, path = "/channels", tag = "channels", params(ChannelListing, ReadHeaders),
    responses((status = 200, description = "A part of the list.", body = ChannelPage), Unchanged, ReadProblems))]
pub(crate) async fn list_channels(
    reading: StaffReading,
    Query(listing): Query<ChannelListing>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let from = listing.cursor.map_or(Bound::Unbounded, |cursor| Bound::Excluded(cursor.0));
    let mut channels = reading.snapshot.channels().range((from, Bound::Unbounded));
    let items: Vec<_> = channels
        .by_ref()
        .take(listing.limit.get())
        .map(|(_, view)| ChannelDocument::from(view.as_ref()))
        .collect();
    let more = channels.next().is_some();
    let next = items.last().filter(|_| more).map(|last| Cursor(last.id.clone()));
    let link = next.as_ref().map(|next| next_link(&uri, "cursor", next));
    Ok(Representation::private(&ChannelPage { items, next })?.with_next(link).answer(&headers))
}
