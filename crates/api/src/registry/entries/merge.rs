//! A steward merges an entry into another.

use axum::extract::State;
use domain::{Entry, EntryCommand, EntryId};
use event_store::load;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Id, Steward};
use crate::problem::{Code, Problem};
use crate::registry::checked_comment;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Longest chain of merges that is followed.
const LONGEST_CHAIN: usize = 1000;

/// The entry that survives a merge.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Merge {
    /// The entry that survives.
    into: EntryId,
    /// Why; kept in the log.
    #[schema(min_length = 1, max_length = 4000, pattern = r"\S")]
    comment: String,
}

/// Merge an entry into another
///
/// For stewards. Its identifier lives for ever as an alias of the other, and the merge can be undone.
#[utoipa::path(post, path = "/entries/{entry}/merge", tag = "entries",
    params(("entry" = EntryId, Path, description = "The entry that becomes an alias."), CommandHeaders),
    request_body = Merge, responses(Done, CommandProblems))]
pub(crate) async fn merge_entry(
    State(app): State<App>,
    steward: Acting<Steward>,
    Id(entry): Id<EntryId>,
    Command { content: Merge { into, comment }, terms }: Command<Merge>,
) -> Result<Receipt, Problem> {
    let lineage = lineage(&app, into).await?;
    if lineage.is_empty() {
        return Err(Problem::invalid_field("/into", "unknown-entry", "there is no such entry"));
    }
    let terms = terms.because(Some(checked_comment(comment)?));
    terms
        .carry_out::<Entry>(&app, steward.actor(), &entry, &EntryCommand::Merge { entry, into, lineage })
        .await
}

/// The entry and all that it is itself an alias of, as the log has it; empty where there is no such entry.
pub(super) async fn lineage(app: &App, entry: EntryId) -> Result<Vec<EntryId>, Problem> {
    let mut lineage = Vec::new();
    let mut next = Some(entry);
    while let Some(entry) = next {
        if lineage.len() == LONGEST_CHAIN || lineage.contains(&entry) {
            return Err(Problem::new(Code::MergeLoop, "the chain of merges does not end"));
        }
        next = match load::<Entry>(app.store.as_ref(), &entry).await?.state {
            Entry::Unformed => return Ok(lineage),
            Entry::Formed { merged_into, .. } => merged_into,
        };
        lineage.push(entry);
    }
    Ok(lineage)
}
