//! What waits for review.

use axum::extract::OriginalUri;
use axum::response::Response;
use domain::DepartmentId;
use domain::item::Stage;
use event_store::Position;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ItemDocument;
use crate::extract::{Cursor, Limit, Query, Scope, StaffReading};
use crate::paging::next_link;
use crate::problem::{Code, Problem};
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// A part of the review queue.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct QueueListing {
    /// The stage that they wait for.
    #[param(inline)]
    stage: Stage,
    /// Only this department's; what clerks and department reviewers see is their own department's anyway.
    #[param(value_type = Option<String>, nullable = false, max_length = 192, pattern = "^[a-z0-9.-]{1,63}:.+$")]
    department: Option<DepartmentId>,
    /// Where the part begins: `next` of the part before.
    #[param(value_type = Option<String>, nullable = false, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<Position>>,
    /// How many items it has at most.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// Items that wait for review, those that wait longest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewPage {
    /// The items.
    #[schema(max_items = 200)]
    items: Vec<ItemDocument>,
    /// Where the next part begins; null at the end.
    #[schema(value_type = Option<String>, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    next: Option<Cursor<Position>>,
}

/// List what waits for review
///
/// For all staff.
#[utoipa::path(get, path = "/reviews", tag = "reviews", params(QueueListing, ReadHeaders),
    responses((status = 200, description = "A part of the queue.", body = ReviewPage), Unchanged, ReadProblems))]
pub(crate) async fn list_reviews(
    reading: StaffReading,
    Query(listing): Query<QueueListing>,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let department = match (&reading.scope, listing.department) {
        (Scope::All, department) => department,
        (Scope::Department(own), None) => Some(own.clone()),
        (Scope::Department(own), Some(department)) if *own == department => Some(department),
        (Scope::Department(_), Some(_)) => {
            return Err(Problem::new(
                Code::NotAllowed,
                "what another department has under review is not yours to see",
            ));
        }
    };
    let after = listing.cursor.map(|cursor| cursor.0);
    let page = reading.snapshot.review_queue(listing.stage, department.as_ref(), after, listing.limit.get());
    let next = page.next.map(Cursor);
    let link = next.as_ref().map(|next| next_link(&uri, "cursor", next));
    let items = page.items.iter().filter_map(|view| ItemDocument::for_scope(view, &reading.scope)).collect();
    Ok(Representation::private(&ReviewPage { items, next })?.with_next(link).answer(&headers))
}
