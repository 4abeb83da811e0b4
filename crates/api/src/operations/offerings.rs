//! How the departments' services fare behind the gateway.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::response::Response;
use domain::{DepartmentId, EntryId, ItemId};
use http::HeaderMap;
use jiff::Timestamp;
use read_model::Snapshot;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::extract::{Acting, Auditor, Cursor, Limit, Operator, Query, refuse_overlong};
use crate::paging::next_link;
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadProblems, TagHeaders, Unchanged};

/// What the call path has seen of an offering's backend.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackendHealth {
    /// Whether it gets calls.
    pub state: BackendState,
    /// Since when; null where nothing has changed since the gateway started.
    pub since: Option<Timestamp>,
    /// Calls that it is answering now.
    #[schema(value_type = u64, maximum = 9_007_199_254_740_991u64)]
    pub in_flight: usize,
    /// Calls that failed since the last that was answered.
    #[schema(maximum = 4_294_967_295u64)]
    pub failures_in_a_row: u32,
    /// The last failure; null where there was none.
    pub last_failure: Option<BackendFailure>,
}

/// Whether a backend gets calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BackendState {
    /// It does.
    Healthy,
    /// Its probes fail: it gets calls where nobody else would take them.
    Doubted,
    /// It gets none: too many have failed.
    Open,
    /// One call finds out whether it gets calls again.
    Trial,
}

/// A failure of a backend.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct BackendFailure {
    /// When.
    pub at: Timestamp,
    /// How: the problem that callers were answered with, without its namespace, or `probe-failed`.
    #[schema(max_length = 64, pattern = "^[a-z-]+$")]
    pub reason: &'static str,
}

/// Asks the call path of this process what it has seen of an entry's offering.
#[derive(Clone)]
pub struct CallPath(Arc<dyn Fn(EntryId, ItemId) -> Option<BackendHealth> + Send + Sync>);

impl CallPath {
    /// A call path that answers so; none where an offering has no backend.
    pub fn new(answers: impl Fn(EntryId, ItemId) -> Option<BackendHealth> + Send + Sync + 'static) -> Self {
        Self(Arc::new(answers))
    }
}

impl fmt::Debug for CallPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallPath").finish_non_exhaustive()
    }
}

/// A part of the list of offerings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfferingListing {
    /// Where the part begins: `next` of the part before.
    #[param(value_type = Option<String>, nullable = false, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<ItemId>>,
    /// Only those in this state.
    #[param(inline, nullable = false)]
    state: Option<BackendState>,
    /// How many offerings it has at most.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// Offerings, in order of their items' identifiers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferingPage {
    /// The offerings.
    #[schema(max_items = 200)]
    items: Vec<OfferingHealth>,
    /// Where the next part begins; null at the end.
    #[schema(value_type = Option<String>, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<Cursor<ItemId>>,
}

/// An offering that can be called, and how its backend fares.
#[derive(Debug, Serialize, ToSchema)]
struct OfferingHealth {
    /// The item.
    item: ItemId,
    /// The entry under which it is offered.
    entry: EntryId,
    /// Whose item it is.
    department: DepartmentId,
    /// What was seen of its backend.
    backend: BackendHealth,
}

/// List the health of offerings
///
/// For operators and auditors: what the call path of this process has seen of each backend since it started.
#[utoipa::path(get, path = "/offerings", tag = "status", params(OfferingListing, TagHeaders),
    responses((status = 200, description = "A part of the list.", body = OfferingPage), Unchanged, ReadProblems))]
pub(crate) async fn list_offerings(
    State(app): State<App>,
    _staff: Acting<(Operator, Auditor)>,
    Query(listing): Query<OfferingListing>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    refuse_overlong(&headers)?;
    let snapshot = app.read_model.snapshot();
    let from = listing.cursor.map_or(Bound::Unbounded, |cursor| Bound::Excluded(cursor.0));
    let mut offerings = snapshot
        .items()
        .range((from, Bound::Unbounded))
        .filter_map(|(item, _)| seen(&snapshot, *item, app.call_path.as_ref()?))
        .filter(|offering| listing.state.is_none_or(|state| offering.backend.state == state));
    let items: Vec<_> = offerings.by_ref().take(listing.limit.get()).collect();
    let more = offerings.next().is_some();
    let next = items.last().filter(|_| more).map(|last| Cursor(last.item));
    let link = next.as_ref().map(|next| next_link(&uri, "cursor", next));
    Ok(Representation::private(&OfferingPage { items, next })?.with_next(link).answer(&headers))
}

fn seen(snapshot: &Snapshot, item: ItemId, call_path: &CallPath) -> Option<OfferingHealth> {
    let entry = snapshot.live_entry(snapshot.survivor(snapshot.item(item)?.entry()?))?;
    let offering = entry.offerings.iter().find(|offering| offering.item == item)?;
    let backend = (call_path.0)(entry.id, item)?;
    Some(OfferingHealth { item, entry: entry.id, department: offering.department.id.clone(), backend })
}
