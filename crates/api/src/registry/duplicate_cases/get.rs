//! One duplicate case, its two items side by side.

use axum::response::Response;
use domain::CaseId;
use http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::document::CaseDocument;
use crate::extract::{Id, StaffReading};
use crate::problem::Problem;
use crate::registry::items::ItemDocument;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// A duplicate case with both items.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseSideBySide {
    /// The case.
    case: CaseDocument,
    /// The two items in the case's order, as far as the reader may see them.
    #[schema(max_items = 2)]
    side_by_side: Vec<ItemDocument>,
}

/// Read a duplicate case
///
/// For all staff. Both items come with it, to be compared.
#[utoipa::path(get, path = "/duplicate-cases/{case}", tag = "duplicate-cases",
    params(("case" = CaseId, Path, description = "The case."), ReadHeaders),
    responses((status = 200, description = "The case.", body = CaseSideBySide), Unchanged, ReadProblems))]
pub(crate) async fn get_duplicate_case(
    reading: StaffReading,
    Id(id): Id<CaseId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = reading.snapshot.case(id).ok_or_else(|| Problem::not_found("duplicate case"))?;
    let items = view.items.iter().filter_map(|item| reading.snapshot.item(*item));
    let document = CaseSideBySide {
        case: CaseDocument::from(view.as_ref()),
        side_by_side: items.filter_map(|item| ItemDocument::for_scope(item, &reading.scope)).collect(),
    };
    Ok(Representation::of_revision(&document, view.revision)?.answer(&headers))
}
