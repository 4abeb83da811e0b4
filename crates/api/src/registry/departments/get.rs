//! One department.

use axum::response::Response;
use domain::DepartmentId;
use http::HeaderMap;

use super::view::DepartmentDocument;
use crate::extract::{Id, StaffReading};
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// Read a department
///
/// For all staff.
#[utoipa::path(get, path = "/departments/{department}", tag = "departments",
    params(("department" = DepartmentId, Path, description = "The department."), ReadHeaders),
    responses((status = 200, description = "The department.", body = DepartmentDocument), Unchanged, ReadProblems))]
pub(crate) async fn get_department(
    reading: StaffReading,
    Id(id): Id<DepartmentId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = reading.snapshot.department(&id).ok_or_else(|| Problem::not_found("department"))?;
    let document = DepartmentDocument::from(view.as_ref());
    Ok(Representation::of_revision(&document, view.revision)?.answer(&headers))
}
