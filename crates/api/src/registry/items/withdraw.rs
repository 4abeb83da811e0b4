//! A clerk takes a submission back into draft.

use axum::extract::State;
use domain::{Item, ItemCommand, ItemId};

use crate::App;
use crate::command::{BareCommand, Receipt};
use crate::extract::{Acting, Clerk, Id};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Withdraw a submission
///
/// For clerks of its department. The content is a draft again.
#[utoipa::path(post, path = "/items/{item}/withdrawal", tag = "items",
    params(("item" = ItemId, Path, description = "The item."), CommandHeaders), responses(Done, CommandProblems))]
pub(crate) async fn withdraw_item(
    State(app): State<App>,
    staff: Acting<Clerk>,
    Id(id): Id<ItemId>,
    BareCommand(terms): BareCommand,
) -> Result<Receipt, Problem> {
    terms.carry_out::<Item>(&app, staff.actor(), &id, &ItemCommand::Withdraw).await
}
