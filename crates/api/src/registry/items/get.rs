//! One item.

use axum::response::Response;
use domain::ItemId;
use http::HeaderMap;

use super::ItemDocument;
use crate::extract::{Id, StaffReading};
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// Read an item
///
/// For all staff. Clerks and department reviewers see what is not public of their own department only.
#[utoipa::path(get, path = "/items/{item}", tag = "items",
    params(("item" = ItemId, Path, description = "The item."), ReadHeaders),
    responses((status = 200, description = "The item.", body = ItemDocument), Unchanged, ReadProblems))]
pub(crate) async fn get_item(
    reading: StaffReading,
    Id(id): Id<ItemId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = reading.snapshot.item(id).ok_or_else(|| Problem::not_found("item"))?;
    let document = ItemDocument::for_scope(view, &reading.scope).ok_or_else(|| Problem::not_found("item"))?;
    Ok(Representation::of_revision(&document, view.revision)?.answer(&headers))
}
