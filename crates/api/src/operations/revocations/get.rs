//! One revocation.

use axum::response::Response;
use domain::RevocationId;
use http::HeaderMap;

use super::list::RevocationDocument;
use crate::extract::{Acting, Auditor, Id, Operator, Reading};
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// Read a revocation
///
/// For operators and auditors.
#[utoipa::path(get, path = "/revocations/{revocation}", tag = "revocations",
    params(("revocation" = RevocationId, Path, description = "The revocation."), ReadHeaders),
    responses((status = 200, description = "The revocation.", body = RevocationDocument), Unchanged, ReadProblems))]
pub(crate) async fn get_revocation(
    _staff: Acting<(Operator, Auditor)>,
    reading: Reading,
    Id(id): Id<RevocationId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = reading.snapshot.revocations().get(&id).ok_or_else(|| Problem::not_found("revocation"))?;
    Ok(Representation::of_revision(&RevocationDocument::from(view.as_ref()), view.revision)?.answer(&headers))
}
