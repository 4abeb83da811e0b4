//! How often entries are called, and which are not: what a steward asks before merging and retiring (利用率低).

use std::ops::Bound;

use axum::extract::OriginalUri;
use axum::response::Response;
use domain::{EntryId, LocalizedText};
use http::HeaderMap;
use jiff::civil::Date;
use read_model::{DayCalls, EntryStanding, EntryUsage, EntryView, Snapshot};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Acting, Auditor, Cursor, Limit, Operator, Query, Reading, Steward};
use crate::paging::next_link;
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// A part of the list of entries with their usage.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageListing {
    /// Where the part begins: `next` of the part before.
    #[param(value_type = Option<String>, nullable = false, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<EntryId>>,
    /// Only this entry.
    #[param(nullable = false)]
    entry: Option<EntryId>,
    /// Only those without a counted call on this day of the city or later.
    #[param(value_type = Option<String>, format = Date, nullable = false, max_length = 10)]
    unused_since: Option<Date>,
    /// How many entries it has at most.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// Live entries with their usage, in order of their identifiers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsagePage {
    /// The first day of which the log tells; null before anything was counted.
    #[schema(value_type = Option<String>, format = Date)]
    counted_since: Option<Date>,
    /// The entries.
    #[schema(max_items = 200)]
    items: Vec<EntryUsageDocument>,
    /// Where the next part begins; null at the end.
    #[schema(value_type = Option<String>, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<Cursor<EntryId>>,
}

/// How often an entry was called, as far as that is written down: gateways count for a while, then write.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EntryUsage)]
struct EntryUsageDocument {
    /// The entry.
    entry: EntryId,
    /// Its name in every language.
    names: LocalizedText,
    /// All calls that one of its offerings took, and those of the entries that are merged into it.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    calls: u64,
    /// The last day with a call; null if there was none.
    #[schema(value_type = Option<String>, format = Date)]
    last_called: Option<Date>,
    /// The last days with calls, the oldest first.
    #[schema(max_items = 35)]
    days: Vec<DayCallsDocument>,
}

/// The calls of a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DayCalls)]
struct DayCallsDocument {
    /// The city's day.
    #[schema(value_type = String, format = Date)]
    day: Date,
    /// How many.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991u64)]
    calls: u64,
}

/// List how often entries are called
///
/// For stewards, operators and auditors.
#[utoipa::path(get, path = "/usage", tag = "usage", params(UsageListing, ReadHeaders),
    responses((status = 200, description = "A part of the list.", body = UsagePage), Unchanged, ReadProblems))]
pub(crate) async fn list_usage(
    _staff: Acting<(Operator, Auditor, Steward)>,
    reading: Reading,
    Query(listing): Query<UsageListing>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = &reading.snapshot;
    let from = match (listing.cursor, listing.entry) {
        (Some(cursor), _) => Bound::Excluded(cursor.0),
        (None, Some(entry)) => Bound::Included(entry),
        (None, None) => Bound::Unbounded,
    };
    let to = listing.entry.map_or(Bound::Unbounded, Bound::Included);
    // A range that ends before it begins has no order to walk in.
    let is_past = matches!((from, to), (Bound::Excluded(from), Bound::Included(to)) if from >= to);
    let range = (!is_past).then(|| snapshot.entries().range((from, to)));
    let mut entries = range
        .into_iter()
        .flatten()
        .filter_map(|(_, standing)| live(standing))
        .map(|entry| EntryUsageDocument::of(entry, snapshot))
        .filter(|usage| listing.unused_since.is_none_or(|day| usage.last_called < Some(day)));
    let items: Vec<_> = entries.by_ref().take(listing.limit.get()).collect();
    let more = entries.next().is_some();
    let next = items.last().filter(|_| more).map(|last| Cursor(last.entry));
    let link = next.as_ref().map(|next| next_link(&uri, "cursor", next));
    let page = UsagePage { counted_since: snapshot.counted_since(), items, next };
    Ok(Representation::private(&page)?.with_next(link).answer(&headers))
}

fn live(standing: &EntryStanding) -> Option<&EntryView> {
    match standing {
        EntryStanding::Live(entry) => Some(entry),
        EntryStanding::Alias { .. } | EntryStanding::Retired(_) => None,
    }
}

impl EntryUsageDocument {
    fn of(entry: &EntryView, snapshot: &Snapshot) -> Self {
        let EntryUsage { calls, last, days } = snapshot.usage(entry.id);
        let days = days.into_iter().map(|DayCalls { day, calls }| DayCallsDocument { day, calls }).collect();
        Self { entry: entry.id, names: entry.name().clone(), calls, last_called: last, days }
    }
}
