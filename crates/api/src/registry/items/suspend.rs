//! Calls to an item are stopped at once, with a notice to the public.

use axum::extract::State;
use domain::{Item, ItemCommand, ItemId};

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Clerk, Id, Operator};
use crate::problem::Problem;
use crate::registry::Notice;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Suspend an item
///
/// For operators, and for clerks of its department. Callers are told the notice.
#[utoipa::path(post, path = "/items/{item}/suspension", tag = "items",
    params(("item" = ItemId, Path, description = "The item."), CommandHeaders),
    request_body = Notice, responses(Done, CommandProblems))]
pub(crate) async fn suspend_item(
    State(app): State<App>,
    staff: Acting<(Operator, Clerk)>,
    Id(id): Id<ItemId>,
    Command { content, terms }: Command<Notice>,
) -> Result<Receipt, Problem> {
    terms.carry_out::<Item>(&app, staff.actor(), &id, &ItemCommand::Suspend { notice: content.notice }).await
}
