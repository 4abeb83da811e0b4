//! A clerk calls an announced retirement off.

use axum::extract::State;
use domain::{Item, ItemCommand, ItemId};

use crate::App;
use crate::command::{BareCommand, Receipt};
use crate::extract::{Acting, Clerk, Id};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Call a retirement off
///
/// For clerks of its department, until it takes effect.
#[utoipa::path(post, path = "/items/{item}/retirement/cancellation", tag = "items",
    params(("item" = ItemId, Path, description = "The item."), CommandHeaders), responses(Done, CommandProblems))]
pub(crate) async fn cancel_item_retirement(
    State(app): State<App>,
    staff: Acting<Clerk>,
    Id(id): Id<ItemId>,
    BareCommand(terms): BareCommand,
) -> Result<Receipt, Problem> {
    terms.carry_out::<Item>(&app, staff.actor(), &id, &ItemCommand::CancelRetirement).await
}
