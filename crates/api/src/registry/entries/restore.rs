//! A steward undoes a merge.

use axum::extract::State;
use domain::{Entry, EntryCommand, EntryId};

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Id, Steward};
use crate::problem::Problem;
use crate::registry::{Comment, checked_comment};
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Undo a merge
///
/// For stewards. Every item has its old entry back.
#[utoipa::path(post, path = "/entries/{entry}/restoration", tag = "entries",
    params(("entry" = EntryId, Path, description = "The entry that is an alias now."), CommandHeaders),
    request_body = Comment, responses(Done, CommandProblems))]
pub(crate) async fn restore_entry(
    State(app): State<App>,
    steward: Acting<Steward>,
    Id(id): Id<EntryId>,
    Command { content, terms }: Command<Comment>,
) -> Result<Receipt, Problem> {
    let terms = terms.because(Some(checked_comment(content.comment)?));
    terms.carry_out::<Entry>(&app, steward.actor(), &id, &EntryCommand::Restore).await
}
