//! A clerk registers an item with its first draft.

use axum::extract::State;
use domain::{Item, ItemCommand, ItemContent, ItemId, LocalCode};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Clerk};
use crate::location::location;
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Created};

/// An item to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Draft {
    /// The department's own code for it; unique within the department, and never changes.
    local_code: LocalCode,
    /// What the department says about it.
    content: Box<ItemContent>,
}

/// Draft an item
///
/// For clerks, in the name of their department, which has to be enrolled and active. Nothing is public before it is
/// submitted, reviewed and published.
#[utoipa::path(post, path = "/items", tag = "items", params(CommandHeaders), request_body = Draft,
    responses(Created, CommandProblems))]
pub(crate) async fn draft_item(
    State(app): State<App>,
    clerk: Acting<Clerk>,
    Command { content: draft, terms }: Command<Draft>,
) -> Result<Receipt, Problem> {
    let department = app.active_department_of(&clerk).await?;
    let id = ItemId::new(&department, &draft.local_code);
    let command = ItemCommand::Draft { department, local_code: draft.local_code, content: draft.content };
    let receipt = terms.carry_out::<Item>(&app, clerk.actor(), &id, &command).await;
    let receipt = receipt.map_err(|problem| problem.under("/content"))?;
    Ok(receipt.created_at(location("/registry/v1/items", &id)))
}
