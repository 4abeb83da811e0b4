//! Duplicate cases, page by page.

use axum::extract::OriginalUri;
use axum::response::Response;
use domain::{DepartmentId, EntryId, Relation};
use http::HeaderMap;
use read_model::{CaseFilter, CaseOrder, CasePlace};
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
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct CaseListing {
    /// Those that wait for a decision, or those that have one; the open ones where absent.
    #[serde(default)]
    #[param(inline, required = false)]
    state: CaseState,
    /// Only those with an item of this department.
    #[param(value_type = Option<String>, nullable = false, max_length = 192, pattern = "^[a-z0-9.-]{1,63}:.+$")]
    department: Option<DepartmentId>,
    /// Only those with an item that readers find under this entry.
    #[param(value_type = Option<String>, nullable = false, format = Uuid, max_length = 36)]
    entry: Option<EntryId>,
    /// Only those of this relation.
    #[param(inline, nullable = false)]
    relation: Option<Relation>,
    /// Only those whose heaviest evidence is this feature's.
    #[param(nullable = false, max_length = 64, pattern = "^[a-z][a-z0-9-]*$")]
    feature: Option<String>,
    /// Only those that are at least so probable.
    #[param(value_type = Option<f64>, nullable = false, minimum = 0, maximum = 1)]
    min_probability: Option<Probability>,
    /// The order.
    #[serde(default)]
    #[param(inline, required = false)]
    order: Order,
    /// Where the part begins: `next` of the part before.
    #[param(value_type = Option<String>, nullable = false, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<CasePlace>>,
    /// How many cases it has at most; it may have fewer and still not be the last.
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

/// The order of the list.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Order {
    /// The oldest suspicion first.
    #[default]
    Age,
    /// The most probable first, and between equals the oldest.
    Probability,
}

impl From<Order> for CaseOrder {
    fn from(order: Order) -> Self {
        match order {
            Order::Age => Self::Age,
            Order::Probability => Self::Probability,
        }
    }
}

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Probability(f64);

impl TryFrom<f64> for Probability {
    type Error = &'static str;

    fn try_from(number: f64) -> Result<Self, &'static str> {
        if (0.0..=1.0).contains(&number) {
            Ok(Self(number))
        } else {
            Err("a probability is a number from 0 to 1")
        }
    }
}

/// Duplicate cases in the order that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CasePage {
    /// The cases.
    #[schema(max_items = 200)]
    items: Vec<CaseDocument>,
    /// Where the next part begins; null at the end.
    #[schema(value_type = Option<String>, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<Cursor<CasePlace>>,
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
    let order = CaseOrder::from(listing.order);
    let after = listing.cursor.map(|cursor| cursor.0);
    if after.is_some_and(|after| after.order() != order) {
        return Err(Problem::invalid_parameter("cursor", "not a cursor of this list"));
    }
    let filter = CaseFilter {
        decided: listing.state == CaseState::Decided,
        department: listing.department,
        entry: listing.entry,
        relation: listing.relation,
        feature: listing.feature,
        min_probability: listing.min_probability.map(|Probability(least)| least),
    };
    let page = reading.snapshot.list_cases(&filter, order, after, listing.limit.get());
    let next = page.next.map(Cursor);
    let link = next.as_ref().map(|next| next_link(&uri, "cursor", next));
    let items = page.items.iter().map(|view| CaseDocument::from(view.as_ref())).collect();
    Ok(Representation::private(&CasePage { items, next })?.with_next(link).answer(&headers))
}
