//! An operator files a channel for approval.

use axum::extract::State;
use domain::channel::Filing;
use domain::{Channel, ChannelCommand, ChannelId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Operator};
use crate::location::location;
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Created};

/// A channel to file.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChannelFiling {
    /// The client identifier that its tokens name.
    id: ChannelId,
    /// What is filed about it.
    filing: Filing,
}

/// File a channel
///
/// For operators. It may call once somebody else has approved it.
#[utoipa::path(post, path = "/channels", tag = "channels", params(CommandHeaders), request_body = ChannelFiling,
    responses(Created, CommandProblems))]
pub(crate) async fn file_channel(
    State(app): State<App>,
    operator: Acting<Operator>,
    Command { content: ChannelFiling { id, filing }, terms }: Command<ChannelFiling>,
) -> Result<Receipt, Problem> {
    let command = (id.clone(), ChannelCommand::File { filing });
    let receipt = terms.carry_out::<Channel>(&app, operator.actor(), &id, &command).await;
    let receipt = receipt.map_err(|problem| problem.under("/filing"))?;
    Ok(receipt.created_at(location("/registry/v1/channels", &id)))
}
