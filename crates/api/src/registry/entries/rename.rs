//! A steward gives an entry a name of its own.

use axum::extract::State;
use domain::{Entry, EntryCommand, EntryId, LocalizedText};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt, Replacement};
use crate::extract::{Acting, Id, Steward};
use crate::problem::Problem;
use crate::responses::{Done, ReplacementHeaders, ReplacementProblems};

/// An entry's name.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct EntryName {
    /// The name, at most 200 characters a language; null for the primary item's.
    #[schema(required = true)]
    name: Option<LocalizedText>,
}

/// Rename an entry
///
/// For stewards. Until then, and again after null, an entry has its primary item's name.
#[utoipa::path(put, path = "/entries/{entry}/name", tag = "entries",
    params(("entry" = EntryId, Path, description = "The entry."), ReplacementHeaders),
    request_body = EntryName, responses(Done, ReplacementProblems))]
pub(crate) async fn rename_entry(
    State(app): State<App>,
    steward: Acting<Steward>,
    Id(id): Id<EntryId>,
    Replacement(Command { content, terms }): Replacement<EntryName>,
) -> Result<Receipt, Problem> {
    let command = match content.name {
        Some(name) => EntryCommand::Rename { name },
        None => EntryCommand::WithdrawName,
    };
    terms.carry_out::<Entry>(&app, steward.actor(), &id, &command).await
}
