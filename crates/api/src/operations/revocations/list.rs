//! Revocations, page by page.

use std::ops::Bound;

use axum::extract::OriginalUri;
use axum::response::Response;
use domain::revocation::{RevocationStanding, RevocationTarget};
use domain::{RevocationId, StaffId};
use http::HeaderMap;
use jiff::Timestamp;
use read_model::RevocationView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Acting, Auditor, Cursor, Limit, Operator, Query, Reading};
use crate::paging::next_link;
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// A part of the list of revocations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RevocationListing {
    /// Where the part begins: `next` of the part before.
    #[param(value_type = Option<String>, nullable = false, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<RevocationId>>,
    /// How many revocations it has at most.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// A revocation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RevocationDocument {
    /// The mark of what is revoked.
    id: RevocationId,
    /// What is revoked.
    target: RevocationTarget,
    /// Whether it is in force.
    standing: RevocationStanding,
    /// Why it was revoked.
    #[schema(max_length = 2000)]
    reason: String,
    /// Who revoked it.
    revoked_by: StaffId,
    /// Its revision, for `If-Match`.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    revision: u64,
    /// When it changed last.
    updated_at: Timestamp,
}

/// Revocations, in force or lifted, in no order that says anything.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevocationPage {
    /// The revocations.
    #[schema(max_items = 200)]
    items: Vec<RevocationDocument>,
    /// Where the next part begins; null at the end.
    #[schema(value_type = Option<String>, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<Cursor<RevocationId>>,
}

/// List revocations
///
/// For operators and auditors.
#[utoipa::path(get, path = "/revocations", tag = "revocations", params(RevocationListing, ReadHeaders),
    responses((status = 200, description = "A part of the list.", body = RevocationPage), Unchanged, ReadProblems))]
pub(crate) async fn list_revocations(
    _staff: Acting<(Operator, Auditor)>,
    reading: Reading,
    Query(listing): Query<RevocationListing>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let from = listing.cursor.map_or(Bound::Unbounded, |cursor| Bound::Excluded(cursor.0));
    let mut revocations = reading.snapshot.revocations().range((from, Bound::Unbounded));
    let items: Vec<_> = revocations
        .by_ref()
        .take(listing.limit.get())
        .map(|(_, view)| RevocationDocument::from(view.as_ref()))
        .collect();
    let more = revocations.next().is_some();
    let next = items.last().filter(|_| more).map(|last| Cursor(last.id.clone()));
    let link = next.as_ref().map(|next| next_link(&uri, "cursor", next));
    Ok(Representation::private(&RevocationPage { items, next })?.with_next(link).answer(&headers))
}

impl From<&RevocationView> for RevocationDocument {
    fn from(view: &RevocationView) -> Self {
        Self {
            id: view.id.clone(),
            target: view.target,
            standing: view.standing,
            reason: view.grounds.reason.clone(),
            revoked_by: view.grounds.by.clone(),
            revision: view.revision,
            updated_at: view.updated_at,
        }
    }
}
