//! Items, page by page.

use std::fmt;
use std::ops::Bound;
use std::str::FromStr;

use axum::extract::OriginalUri;
use axum::response::Response;
use domain::{DepartmentId, ItemId};
use event_store::Position;
use http::HeaderMap;
use read_model::{ItemView, Snapshot};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ItemDocument;
use super::state::ItemState;
use crate::extract::{Cursor, Limit, Query, Scope, StaffReading};
use crate::paging::next_link;
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// How many items are looked at for one part: a rare state makes short parts, not slow ones.
const LOOKED_AT: usize = 5000;

/// A part of the list of items.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ItemListing {
    /// Only this department's.
    #[param(value_type = Option<String>, nullable = false, max_length = 192, pattern = "^[a-z0-9.-]{1,63}:.+$")]
    department: Option<DepartmentId>,
    /// Only those that stand here.
    #[param(inline)]
    state: Option<ItemState>,
    /// Where the part begins: `next` of the part before.
    #[param(value_type = Option<String>, nullable = false, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<Place>>,
    /// How many items it has at most; it may have fewer and still not be the last.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// Items: a department's in order of their registration, all in order of their identifiers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemPage {
    /// The items.
    #[schema(max_items = 200)]
    items: Vec<ItemDocument>,
    /// Where the next part begins; null at the end.
    #[schema(value_type = Option<String>, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<Cursor<Place>>,
}

/// The place of an item in one of the two orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Registered(Position),
    Identified(ItemId),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered(position) => position.fmt(f),
            Self::Identified(id) => id.fmt(f),
        }
    }
}

impl FromStr for Place {
    type Err = domain::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::Registered).or_else(|_| text.parse().map(Self::Identified))
    }
}

/// List items
///
/// For all staff. Clerks and department reviewers see all of their own department, and what is public of others.
#[utoipa::path(get, path = "/items", tag = "items", params(ItemListing, ReadHeaders),
    responses((status = 200, description = "A part of the list.", body = ItemPage), Unchanged, ReadProblems))]
pub(crate) async fn list_items(
    reading: StaffReading,
    Query(listing): Query<ItemListing>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = page(&reading.snapshot, &reading.scope, &listing)?;
    let link = page.next.as_ref().map(|next| next_link(&uri, "cursor", next));
    Ok(Representation::private(&page)?.with_next(link).answer(&headers))
}

fn page(snapshot: &Snapshot, scope: &Scope, listing: &ItemListing) -> Result<ItemPage, Problem> {
    let foreign = || Problem::invalid_parameter("cursor", "not a cursor of this list");
    let (looked_at, more): (Vec<_>, bool) =
        match (&listing.department, listing.cursor.as_ref().map(|cursor| cursor.0)) {
            (Some(_), Some(Place::Identified(_))) | (None, Some(Place::Registered(_))) => {
                return Err(foreign());
            }
            (Some(department), after) => {
                let after = match after {
                    Some(Place::Registered(position)) => Some(position),
                    Some(Place::Identified(_)) | None => None,
                };
                let part = snapshot.items_of(department, after, LOOKED_AT);
                (part.items, part.next.is_some())
            }
            (None, after) => {
                let from = match after {
                    Some(Place::Identified(id)) => Bound::Excluded(id),
                    Some(Place::Registered(_)) | None => Bound::Unbounded,
                };
                let mut rest = snapshot.items().range((from, Bound::Unbounded)).map(|(_, view)| view.clone());
                (rest.by_ref().take(LOOKED_AT).collect(), rest.next().is_some())
            }
        };
    let place = |view: &ItemView| match listing.department {
        Some(_) => Place::Registered(view.registered),
        None => Place::Identified(view.id),
    };
    let mut items = Vec::new();
    let mut last = None;
    for view in &looked_at {
        if items.len() == listing.limit.get() {
            return Ok(ItemPage { items, next: last.map(Cursor) });
        }
        let wanted = |document: &ItemDocument| listing.state.is_none_or(|state| document.stands_at(state));
        items.extend(ItemDocument::for_scope(view, scope).filter(wanted));
        last = Some(place(view));
    }
    Ok(ItemPage { items, next: last.filter(|_| more).map(Cursor) })
}
