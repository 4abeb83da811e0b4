//! Approved content becomes public.

use axum::extract::State;
use domain::{Item, ItemCommand, ItemId};

use crate::App;
use crate::command::{BareCommand, Receipt};
use crate::extract::{Acting, Clerk, DepartmentReviewer, Id, Reviewer};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Publish approved content
///
/// For reviewers, and for clerks and department reviewers of its department. Swaps the public content in one step.
#[utoipa::path(post, path = "/items/{item}/publication", tag = "items",
    params(("item" = ItemId, Path, description = "The item."), CommandHeaders), responses(Done, CommandProblems))]
pub(crate) async fn publish_item(
    State(app): State<App>,
    staff: Acting<(Reviewer, Clerk, DepartmentReviewer)>,
    Id(id): Id<ItemId>,
    BareCommand(terms): BareCommand,
) -> Result<Receipt, Problem> {
    terms.carry_out::<Item>(&app, staff.actor(), &id, &ItemCommand::Publish).await
}
