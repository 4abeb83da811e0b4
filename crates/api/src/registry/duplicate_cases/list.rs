//! Duplicate cases, page by page.

use axum::extract::OriginalUri;
use axum::response::Response;
use event_store::Position;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::document::CaseDocument;
use crate::extract::{Cursor, Limit, Query, StaffReading};
use crate::paging::next_link;
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// A part of the list of duplicate cases.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CaseListing {
    /// Those that wait for a decision, or those that have one; the open ones where absent.
    #[serde(default)]
    #[param(inline, required = false)]
    state: CaseState,
    /// Where the part begins: `next` of the part before.
    #[param(value_type = Option<String>, nullable = false, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<Position>>,
    /// How many cases it has at most.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// Whether a case is decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CaseState {
    /// It waits for a steward.
    #[default]
    Open,
    /// It was confirmed or dismissed.
    Decided,
}

/// Duplicate cases, oldest suspicion first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CasePage {
    /// The cases.
    #[schema(max_items = 200)]
    items: Vec<CaseDocument>,
    /// Where the next part begins; null at the end.
    #[schema(value_type = Option<String>, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<Cursor<Position>>,
}

/// List duplicate cases
///
/// For all staff.
#[utoipa::path(get, path = "/duplicate-cases", tag = "duplicate-cases", params(CaseListing, ReadHeaders),
    responses((status = 200, description = "A part of the list.", body = CasePage), Unchanged, ReadProblems))]
pub(crate) async fn list_duplicate_cases(
    reading: StaffReading,
    Query(listing): Query<CaseListing>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let decided = listing.state == CaseState::Decided;
    let after = listing.cursor.map(|cursor| cursor.0);
    let page = reading.snapshot.list_cases(decided, after, listing.limit.get());
    let next = page.next.map(Cursor);
    let link = next.as_ref().map(|next| next_link(&uri, "cursor", next));
    let items = page.items.iter().map(|view| CaseDocument::from(view.as_ref())).collect();
    Ok(Representation::private(&CasePage { items, next })?.with_next(link).answer(&headers))
}
