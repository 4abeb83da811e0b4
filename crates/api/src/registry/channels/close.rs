//! An operator ends a channel for good.

use axum::extract::State;
use domain::{Channel, ChannelCommand, ChannelId};

use crate::App;
use crate::command::{BareCommand, Receipt};
use crate::extract::{Acting, Id, Operator};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Close a channel
///
/// For operators. It never calls again.
#[utoipa::path(post, path = "/channels/{channel}/closure", tag = "channels",
    params(("channel" = ChannelId, Path, description = "The channel."), CommandHeaders),
    responses(Done, CommandProblems))]
pub(crate) async fn close_channel(
    State(app): State<App>,
    staff: Acting<Operator>,
    Id(id): Id<ChannelId>,
    BareCommand(terms): BareCommand,
) -> Result<Receipt, Problem> {
    let command = (id.clone(), ChannelCommand::Close);
    terms.carry_out::<Channel>(&app, staff.actor(), &id, &command).await
}
