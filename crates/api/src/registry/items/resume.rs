//! Calls to a suspended item go through again.

use axum::extract::State;
use domain::{Item, ItemCommand, ItemId};

use crate::App;
use crate::command::{BareCommand, Receipt};
use crate::extract::{Acting, Clerk, Id, Operator};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Resume a suspended item
///
/// For operators, and for clerks of its department.
#[utoipa::path(post, path = "/items/{item}/resumption", tag = "items",
    params(("item" = ItemId, Path, description = "The item."), CommandHeaders), responses(Done, CommandProblems))]
pub(crate) async fn resume_item(
    State(app): State<App>,
    staff: Acting<(Operator, Clerk)>,
    Id(id): Id<ItemId>,
    BareCommand(terms): BareCommand,
) -> Result<Receipt, Problem> {
    terms.carry_out::<Item>(&app, staff.actor(), &id, &ItemCommand::Resume).await
}
