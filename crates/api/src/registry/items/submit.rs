//! A clerk hands a draft to review.

use axum::extract::State;
use domain::{Item, ItemCommand, ItemId};

use crate::App;
use crate::command::{BareCommand, Receipt};
use crate::extract::{Acting, Clerk, Id};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Submit an item for review
///
/// For clerks of its department. The review binds to exactly this revision and content.
#[utoipa::path(post, path = "/items/{item}/submissions", tag = "items",
    params(("item" = ItemId, Path, description = "The item."), CommandHeaders), responses(Done, CommandProblems))]
pub(crate) async fn submit_item(
    State(app): State<App>,
    staff: Acting<Clerk>,
    Id(id): Id<ItemId>,
    BareCommand(terms): BareCommand,
) -> Result<Receipt, Problem> {
    app.active_department_of(&staff).await?;
    terms.carry_out::<Item>(&app, staff.actor(), &id, &ItemCommand::Submit).await
}
