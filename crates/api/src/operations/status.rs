//! How the system stands.

use axum::Json;
use axum::extract::State;
use event_store::Position;
use read_model::EntryStanding;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::extract::{Acting, Auditor, Operator};
use crate::problem::Problem;
use crate::responses::ReadProblems;

/// How the system stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// Yimen's version.
    #[schema(max_length = 64)]
    version: &'static str,
    /// Position of the last event of the log.
    #[schema(value_type = String, max_length = 16, pattern = "^[0-9a-f]{16}$")]
    head: Position,
    /// How far each projection has read.
    projections: Projections,
    /// Events that the projections passed over: unknown, unreadable, or without an effect.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    skipped_events: u64,
    /// How many there are of each.
    counts: Counts,
}

/// How far each projection has read.
#[derive(Debug, Serialize, ToSchema)]
struct Projections {
    /// Catalogue, registry, routes.
    #[schema(value_type = String, max_length = 16, pattern = "^[0-9a-f]{16}$")]
    snapshot: Position,
    /// Full-text search.
    #[schema(value_type = String, max_length = 16, pattern = "^[0-9a-f]{16}$")]
    search: Position,
}

/// How many there are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Counts {
    /// Enrolled departments.
    #[schema(value_type = u64, maximum = 9_007_199_254_740_991u64)]
    departments: usize,
    /// Registered items, public or not.
    #[schema(value_type = u64, maximum = 9_007_199_254_740_991u64)]
    items: usize,
    /// Entries that the catalogue shows.
    #[schema(value_type = u64, maximum = 9_007_199_254_740_991u64)]
    live_entries: usize,
    /// Duplicate cases, open and decided.
    #[schema(value_type = u64, maximum = 9_007_199_254_740_991u64)]
    duplicate_cases: usize,
    /// Filed channels.
    #[schema(value_type = u64, maximum = 9_007_199_254_740_991u64)]
    channels: usize,
}

/// Read the status
///
/// For operators and auditors.
#[utoipa::path(get, path = "/status", tag = "status",
    responses((status = 200, description = "How the system stands.", body = Status), ReadProblems))]
pub(crate) async fn get_status(
    State(app): State<App>,
    _staff: Acting<(Operator, Auditor)>,
) -> Result<Json<Status>, Problem> {
    let snapshot = app.read_model.snapshot();
    let live = |standing: &&EntryStanding| matches!(standing, EntryStanding::Live(_));
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION"),
        head: app.store.head().await?,
        projections: Projections { snapshot: snapshot.position(), search: app.read_model.search_position() },
        skipped_events: snapshot.skipped(),
        counts: Counts {
            departments: snapshot.departments().len(),
            items: snapshot.items().len(),
            live_entries: snapshot.entries().values().filter(live).count(),
            duplicate_cases: snapshot.cases().len(),
            channels: snapshot.channels().len(),
        },
    }))
}
