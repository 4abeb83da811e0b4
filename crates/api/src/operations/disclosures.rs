//! Which department may learn what of citizens, since when, and who approved it: what an auditor asks.

use axum::extract::OriginalUri;
use axum::response::Response;
use domain::item::ApprovalBasis;
use domain::{DepartmentId, EntryId, ItemId, LocalizedText, StaffId};
use http::HeaderMap;
use jiff::Timestamp;
use read_model::{Disclosure, DisclosureEndReason, DisclosureFilter, DisclosurePlace, Snapshot};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Acting, Auditor, Cursor, Limit, Operator, Query, Reading};
use crate::paging::next_link;
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// A part of the list of disclosures.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct DisclosureListing {
    /// Where the part begins: `next` of the part before.
    #[param(value_type = Option<String>, nullable = false, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<DisclosurePlace>>,
    /// Only to this department.
    #[param(value_type = Option<String>, nullable = false, max_length = 192, pattern = "^[a-z0-9.-]{1,63}:.+$")]
    department: Option<DepartmentId>,
    /// Only of this claim.
    #[param(nullable = false, max_length = 64)]
    claim: Option<String>,
    /// Only through this item.
    #[param(nullable = false)]
    item: Option<ItemId>,
    /// Only through items of this entry; an alias stands for the entry that survives.
    #[param(nullable = false)]
    entry: Option<EntryId>,
    /// Only those that are in force, or only those that ended.
    #[param(nullable = false)]
    in_force: Option<bool>,
    /// How many disclosures it has at most.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// Disclosures, in the order in which they began. A part may be short although more follow.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisclosurePage {
    /// The disclosures.
    #[schema(max_items = 200)]
    items: Vec<DisclosureDocument>,
    /// Where the next part begins; null at the end.
    #[schema(value_type = Option<String>, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<Cursor<DisclosurePlace>>,
}

/// One claim that one department may learn through one item, for one purpose.
///
/// It goes on through later revisions that declare the claim for the same purpose; another purpose or another owner is
/// another disclosure. A suspension stops calls and ends nothing.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Disclosure)]
struct DisclosureDocument {
    /// The department that may learn it, or might until the end.
    department: DepartmentId,
    /// Name of the claim.
    #[schema(max_length = 64)]
    claim: String,
    /// What it is needed for, as it was approved.
    purpose: LocalizedText,
    /// The item that declares it.
    item: ItemId,
    /// The item's public name in every language.
    names: LocalizedText,
    /// The entry that the item is under now; null where it is under none.
    entry: Option<EntryId>,
    /// Since when.
    since: Timestamp,
    /// The revision of the item with whose publication it came.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    revision: u64,
    /// Who approved that revision, stage by stage.
    #[schema(max_items = 2)]
    approvals: Vec<ApprovalDocument>,
    /// The department that it was taken over from with the item; absent where it came with a revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_over_from: Option<DepartmentId>,
    /// Its end; null while it is in force.
    end: Option<DisclosureEndDocument>,
}

/// An approval of the revision.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DisclosureApproval)]
struct ApprovalDocument {
    /// What it rests on.
    basis: ApprovalBasis,
    /// Who gave it; null where the log doesn't tell any more.
    by: Option<StaffId>,
    /// When.
    at: Timestamp,
}

/// The end of a disclosure.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DisclosureEnd)]
struct DisclosureEndDocument {
    /// When.
    at: Timestamp,
    /// Why.
    #[schema(inline)]
    reason: EndReason,
}

/// Why a disclosure ended: a later revision doesn't ask for it, the item went to another department, or it ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum EndReason {
    /// A later revision doesn't ask for it, or for another purpose.
    Revised,
    /// The item went to another department.
    Transferred,
    /// The item ended.
    Retired,
}

/// List which department may learn what
///
/// For operators and auditors: every claim of citizens that a public item declares or declared, with its purpose, since
/// when, until when, and who approved it.
#[utoipa::path(get, path = "/disclosures", tag = "disclosures", params(DisclosureListing, ReadHeaders),
    responses((status = 200, description = "A part of the list.", body = DisclosurePage), Unchanged, ReadProblems))]
pub(crate) async fn list_disclosures(
    _staff: Acting<(Operator, Auditor)>,
    reading: Reading,
    Query(listing): Query<DisclosureListing>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let DisclosureListing { cursor, department, claim, item, entry, in_force, limit } = listing;
    let filter = DisclosureFilter { department, claim, item, entry, in_force };
    let page = reading.snapshot.disclosures(&filter, cursor.map(|cursor| cursor.0), limit.get());
    let next = page.next.map(Cursor);
    let link = next.as_ref().map(|next| next_link(&uri, "cursor", next));
    let items = page.items.iter().map(|found| DisclosureDocument::of(found, &reading.snapshot)).collect();
    Ok(Representation::private(&DisclosurePage { items, next })?.with_next(link).answer(&headers))
}

impl DisclosureDocument {
    fn of(disclosure: &Disclosure, snapshot: &Snapshot) -> Self {
        let view = snapshot.item(disclosure.item);
        let content = view.and_then(|view| view.state.public_content());
        Self {
            department: disclosure.department.clone(),
            claim: disclosure.claim.clone(),
            purpose: disclosure.purpose.clone(),
            item: disclosure.item,
            names: content.map(|content| content.name.clone()).unwrap_or_default(),
            entry: view.and_then(|view| view.entry()).map(|entry| snapshot.survivor(entry)),
            since: disclosure.since,
            revision: disclosure.revision,
            approvals: disclosure
                .approvals
                .iter()
                .map(|approval| ApprovalDocument {
                    basis: approval.basis.clone(),
                    by: approval.by.clone(),
                    at: approval.at,
                })
                .collect(),
            taken_over_from: disclosure.taken_over_from.clone(),
            end: disclosure
                .end
                .map(|end| DisclosureEndDocument { at: end.at, reason: EndReason::of(end.reason) }),
        }
    }
}

impl EndReason {
    fn of(reason: DisclosureEndReason) -> Self {
        match reason {
            DisclosureEndReason::Revised => Self::Revised,
            DisclosureEndReason::Transferred => Self::Transferred,
            DisclosureEndReason::Retired => Self::Retired,
        }
    }
}
