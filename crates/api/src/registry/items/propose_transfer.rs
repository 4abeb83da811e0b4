//! The owner offers an item to another department.

use axum::extract::State;
use domain::{DepartmentId, Item, ItemCommand, ItemId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Clerk, Id};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// To whom an item is offered.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TransferProposal {
    /// The department that would own it: enrolled and active.
    to: DepartmentId,
}

/// Propose a transfer
///
/// For clerks of its department. Nothing changes until the other department accepts.
#[utoipa::path(post, path = "/items/{item}/transfer", tag = "items",
    params(("item" = ItemId, Path, description = "The item."), CommandHeaders),
    request_body = TransferProposal, responses(Done, CommandProblems))]
pub(crate) async fn propose_item_transfer(
    State(app): State<App>,
    clerk: Acting<Clerk>,
    Id(id): Id<ItemId>,
    Command { content, terms }: Command<TransferProposal>,
) -> Result<Receipt, Problem> {
    app.require_active(&content.to).await?;
    terms.carry_out::<Item>(&app, clerk.actor(), &id, &ItemCommand::ProposeTransfer { to: content.to }).await
}
