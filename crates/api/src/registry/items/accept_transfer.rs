//! The new owner accepts an item, and says so to the public.

use axum::extract::State;
use domain::{Item, ItemCommand, ItemId, LocalizedText};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Clerk, Id};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// The acceptance of a transfer.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TransferAcceptance {
    /// What the public is told, at most 2000 characters a language.
    announcement: LocalizedText,
    /// When the new owner takes over; not before the notice period ends.
    effective: Timestamp,
}

/// Accept a transfer
///
/// For clerks of the department that it was offered to. Announced now, and effective after the notice period.
#[utoipa::path(post, path = "/items/{item}/transfer/acceptance", tag = "items",
    params(("item" = ItemId, Path, description = "The item."), CommandHeaders),
    request_body = TransferAcceptance, responses(Done, CommandProblems))]
pub(crate) async fn accept_item_transfer(
    State(app): State<App>,
    clerk: Acting<Clerk>,
    Id(id): Id<ItemId>,
    Command { content: TransferAcceptance { announcement, effective }, terms }: Command<TransferAcceptance>,
) -> Result<Receipt, Problem> {
    app.active_department_of(&clerk).await?;
    let command = ItemCommand::AcceptTransfer { announcement, effective };
    terms.carry_out::<Item>(&app, clerk.actor(), &id, &command).await
}
