//! A steward chooses the item that speaks for an entry.

use axum::extract::State;
use domain::{Entry, EntryCommand, EntryId, ItemId, Placement};
use event_store::load;
use serde::Deserialize;
use utoipa::ToSchema;

use super::merge::lineage;
use crate::App;
use crate::command::{Command, Receipt, Replacement};
use crate::extract::{Acting, Id, Steward};
use crate::problem::Problem;
use crate::responses::{Done, ReplacementHeaders, ReplacementProblems};

/// The item that speaks for an entry.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Primary {
    /// One of its items; null for its founder.
    #[schema(required = true)]
    item: Option<ItemId>,
}

/// Choose an entry's primary item
///
/// For stewards. Its name, summary, kind and audience are the entry's. Until then, and again after null, its founder
/// speaks for it.
#[utoipa::path(put, path = "/entries/{entry}/primary", tag = "entries",
    params(("entry" = EntryId, Path, description = "The entry."), ReplacementHeaders),
    request_body = Primary, responses(Done, ReplacementProblems))]
pub(crate) async fn choose_entry_primary(
    State(app): State<App>,
    steward: Acting<Steward>,
    Id(id): Id<EntryId>,
    Replacement(Command { content: Primary { item }, terms }): Replacement<Primary>,
) -> Result<Receipt, Problem> {
    let Some(item) = item else {
        return terms.carry_out::<Entry>(&app, steward.actor(), &id, &EntryCommand::WithdrawPrimary).await;
    };
    let belongs = match load::<Placement>(app.store.as_ref(), &item).await?.state {
        Placement::Unplaced | Placement::Withdrawn { .. } => false,
        Placement::Placed { entry, .. } => lineage(&app, entry).await?.contains(&id),
    };
    if !belongs {
        return Err(Problem::invalid_field("/item", "foreign-item", "the item is not placed in this entry"));
    }
    terms.carry_out::<Entry>(&app, steward.actor(), &id, &EntryCommand::ChoosePrimary { item }).await
}
