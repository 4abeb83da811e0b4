//! A batch of a bulk migration.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ImportOutcome, ImportRow, ImportSource, import_row};
use crate::App;
use crate::command::Command;
use crate::extract::{Acting, Operator};
use crate::problem::Problem;
use crate::responses::ImportProblems;

/// Most rows of a batch.
const MOST_ROWS: usize = 500;
/// Rows that are carried out at once: enough to share the log's commits.
const AT_ONCE: usize = 64;

/// Rows to import.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ImportBatch {
    /// Where the rows come from, for example the file's name; stays in the events.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    source: String,
    /// The rows.
    #[schema(min_items = 1, max_items = 500)]
    rows: Vec<ImportRow>,
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportReport {
    /// What became of each row, in order of the batch.
    #[schema(max_items = 500)]
    rows: Vec<RowReport>,
}

/// What became of a row.
#[derive(Debug, Serialize, ToSchema)]
struct RowReport {
    /// The line in the source.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    line: u64,
    #[serde(flatten)]
    outcome: ImportOutcome,
}

/// Import items
///
/// For operators: registers and publishes what another system had already reviewed, and the events say so. Rows that
/// break rules are refused one by one. A batch may be sent again: what is there is not written twice.
#[utoipa::path(post, path = "/imports", tag = "imports", request_body = ImportBatch,
    responses((status = 200, description = "What became of each row.", body = ImportReport), ImportProblems))]
pub(crate) async fn import_items(
    State(app): State<App>,
    operator: Acting<Operator>,
    Command { content: batch, terms }: Command<ImportBatch>,
) -> Result<Json<ImportReport>, Problem> {
    check(&batch)?;
    let source = ImportSource {
        store: app.store.as_ref(),
        policy: &app.policy,
        actor: operator.actor(),
        name: &batch.source,
        now: app.clock.now(),
        trace_id: Some(terms.trace_id()),
    };
    // Rows of one item keep their order; those of different items don't wait for one another.
    let mut lanes: BTreeMap<(String, String), Vec<(usize, ImportRow)>> = BTreeMap::new();
    for (index, row) in batch.rows.into_iter().enumerate() {
        lanes.entry((row.department.to_string(), row.local_code.clone())).or_default().push((index, row));
    }
    let lanes = stream::iter(lanes.into_values().map(|rows| lane(source, rows)));
    let mut reports: Vec<_> = lanes.buffer_unordered(AT_ONCE).try_concat().await?;
    reports.sort_by_key(|(index, _)| *index);
    Ok(Json(ImportReport { rows: reports.into_iter().map(|(_, report)| report).collect() }))
}

async fn lane(
    source: ImportSource<'_>,
    rows: Vec<(usize, ImportRow)>,
) -> Result<Vec<(usize, RowReport)>, Problem> {
    let mut reports = Vec::with_capacity(rows.len());
    for (index, row) in rows {
        let line = row.line;
        let outcome = import_row(&source, row).await?;
        reports.push((index, RowReport { line, outcome }));
    }
    Ok(reports)
}

fn check(batch: &ImportBatch) -> Result<(), Problem> {
    if !(1..=MOST_ROWS).contains(&batch.rows.len()) {
        return Err(Problem::invalid_field("/rows", "too-many", format!("1 to {MOST_ROWS} rows")));
    }
    let mut violations = domain::Violations::default();
    violations.check_text("/source", &batch.source, 200);
    if batch.source.trim().is_empty() {
        violations.add("/source", "blank", "say where the rows come from");
    }
    let violations = violations.into_vec();
    if violations.is_empty() { Ok(()) } else { Err(Problem::invalid(violations)) }
}
