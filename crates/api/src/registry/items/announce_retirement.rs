//! A clerk announces that an item will end.

use axum::extract::State;
use domain::item::Outcome;
use domain::{Entry, EntryId, Item, ItemCommand, ItemId, LocalizedText};
use event_store::load;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Clerk, Id};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// The announced end of an item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Retirement {
    /// Why, and what people can do instead; at most 2000 characters a language.
    explanation: LocalizedText,
    /// The entry that takes its place, to which callers are redirected; absent where there is none.
    replaced_by: Option<EntryId>,
    /// When it ends; not before the notice period ends.
    effective: Timestamp,
}

/// Announce a retirement
///
/// For clerks of its department. Announced now, and effective after the notice period.
#[utoipa::path(post, path = "/items/{item}/retirement", tag = "items",
    params(("item" = ItemId, Path, description = "The item."), CommandHeaders),
    request_body = Retirement, responses(Done, CommandProblems))]
pub(crate) async fn announce_item_retirement(
    State(app): State<App>,
    clerk: Acting<Clerk>,
    Id(id): Id<ItemId>,
    Command { content: Retirement { explanation, replaced_by, effective }, terms }: Command<Retirement>,
) -> Result<Receipt, Problem> {
    let outcome = match replaced_by {
        None => Outcome::Gone,
        Some(entry) => {
            if load::<Entry>(app.store.as_ref(), &entry).await?.revision.is_none() {
                return Err(Problem::invalid_field("/replacedBy", "unknown-entry", "there is no such entry"));
            }
            Outcome::ReplacedBy { entry }
        }
    };
    let command = ItemCommand::AnnounceRetirement { explanation, outcome, effective };
    terms.carry_out::<Item>(&app, clerk.actor(), &id, &command).await
}
