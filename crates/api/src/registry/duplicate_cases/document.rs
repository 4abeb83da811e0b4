//! A duplicate case as the registry shows it.

use domain::duplicate_case::Decision;
use domain::{Basis, CaseId, ItemId};
use jiff::Timestamp;
use read_model::CaseView;
use serde::Serialize;
use utoipa::ToSchema;

/// A pair of items that may be the same service.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseDocument {
    /// Its identifier.
    id: CaseId,
    /// The two items.
    #[schema(value_type = Vec<ItemId>, min_items = 2, max_items = 2)]
    items: [ItemId; 2],
    /// Why they are suspected.
    basis: Basis,
    /// What a steward decided.
    decision: Decision,
    /// How often a decision was taken back.
    #[schema(maximum = 4_294_967_295u64)]
    reopenings: u32,
    /// Its revision, for `If-Match`.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    revision: u64,
    /// When it was opened first.
    suspected_at: Timestamp,
    /// When it changed last.
    updated_at: Timestamp,
}

impl From<&CaseView> for CaseDocument {
    fn from(view: &CaseView) -> Self {
        Self {
            id: view.id,
            items: view.items,
            basis: view.basis.clone(),
            decision: view.decision.clone(),
            reopenings: view.reopenings,
            revision: view.revision,
            suspected_at: view.suspected_at,
            updated_at: view.updated_at,
        }
    }
}
