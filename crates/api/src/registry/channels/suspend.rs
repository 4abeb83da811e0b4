//! An operator stops a channel from calling.

use axum::extract::State;
use domain::{Channel, ChannelCommand, ChannelId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Id, Operator};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Why a channel is stopped.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChannelSuspension {
    /// The reason.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    reason: String,
}

/// Suspend a channel
///
/// For operators. An approval ends the suspension.
#[utoipa::path(post, path = "/channels/{channel}/suspension", tag = "channels",
    params(("channel" = ChannelId, Path, description = "The channel."), CommandHeaders),
    request_body = ChannelSuspension, responses(Done, CommandProblems))]
pub(crate) async fn suspend_channel(
    State(app): State<App>,
    operator: Acting<Operator>,
    Id(id): Id<ChannelId>,
    Command { content, terms }: Command<ChannelSuspension>,
) -> Result<Receipt, Problem> {
    let command = (id.clone(), ChannelCommand::Suspend { reason: content.reason });
    terms.carry_out::<Channel>(&app, operator.actor(), &id, &command).await
}
