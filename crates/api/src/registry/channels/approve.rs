//! A channel is let in.

use axum::extract::State;
use domain::{Channel, ChannelCommand, ChannelId};

use crate::App;
use crate::command::{BareCommand, Receipt};
use crate::extract::{Acting, Id, Operator, Reviewer};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Approve a channel
///
/// For reviewers and operators, except whoever filed it. Also ends a suspension.
#[utoipa::path(post, path = "/channels/{channel}/approval", tag = "channels",
    params(("channel" = ChannelId, Path, description = "The channel."), CommandHeaders),
    responses(Done, CommandProblems))]
pub(crate) async fn approve_channel(
    State(app): State<App>,
    staff: Acting<(Reviewer, Operator)>,
    Id(id): Id<ChannelId>,
    BareCommand(terms): BareCommand,
) -> Result<Receipt, Problem> {
    let command = (id.clone(), ChannelCommand::Approve);
    terms.carry_out::<Channel>(&app, staff.actor(), &id, &command).await
}
