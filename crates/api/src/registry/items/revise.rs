//! A clerk replaces a draft, or starts the next revision of a published item.

use axum::extract::State;
use domain::{Item, ItemCommand, ItemContent, ItemId};

use crate::App;
use crate::command::{Command, Receipt, Replacement};
use crate::extract::{Acting, Clerk, Id};
use crate::problem::Problem;
use crate::responses::{Done, ReplacementHeaders, ReplacementProblems};

/// Revise an item
///
/// For clerks of its department. What is published stays public until the new revision is reviewed and published.
#[utoipa::path(put, path = "/items/{item}/content", tag = "items",
    params(("item" = ItemId, Path, description = "The item."), ReplacementHeaders),
    request_body = ItemContent, responses(Done, ReplacementProblems))]
pub(crate) async fn revise_item(
    State(app): State<App>,
    clerk: Acting<Clerk>,
    Id(id): Id<ItemId>,
    Replacement(Command { content, terms }): Replacement<Box<ItemContent>>,
) -> Result<Receipt, Problem> {
    app.active_department_of(&clerk).await?;
    terms.carry_out::<Item>(&app, clerk.actor(), &id, &ItemCommand::Revise { content }).await
}
