//! The register, page by page.

use std::ops::Bound;

use axum::extract::OriginalUri;
use axum::response::Response;
use domain::DepartmentId;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::DepartmentDocument;
use crate::extract::{Cursor, Limit, Query, StaffReading};
use crate::paging::next_link;
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// A part of the list of departments.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DepartmentListing {
    /// Where the part begins: `next` of the part before.
    #[param(value_type = Option<String>, nullable = false, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<DepartmentId>>,
    /// How many departments it has at most.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// Departments, in order of their identifiers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DepartmentPage {
    /// The departments.
    #[schema(max_items = 200)]
    items: Vec<DepartmentDocument>,
    /// Where the next part begins; null at the end.
    #[schema(value_type = Option<String>, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<Cursor<DepartmentId>>,
}

/// List departments
///
/// For all staff.
#[utoipa::path(get, path = "/departments", tag = "departments", params(DepartmentListing, ReadHeaders),
    responses((status = 200, description = "A part of the register.", body = DepartmentPage), Unchanged, ReadProblems))]
pub(crate) async fn list_departments(
    reading: StaffReading,
    Query(listing): Query<DepartmentListing>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let from = listing.cursor.map_or(Bound::Unbounded, |cursor| Bound::Excluded(cursor.0));
    let mut departments = reading.snapshot.departments().range((from, Bound::Unbounded));
    let items: Vec<_> = departments
        .by_ref()
        .take(listing.limit.get())
        .map(|(_, view)| DepartmentDocument::from(view.as_ref()))
        .collect();
    let more = departments.next().is_some();
    let next = items.last().filter(|_| more).map(|last| Cursor(last.id().clone()));
    let link = next.as_ref().map(|next| next_link(&uri, "cursor", next));
    Ok(Representation::private(&DepartmentPage { items, next })?.with_next(link).answer(&headers))
}
