//! An operator changes what whoever sends a channel's tokens has to prove.

use axum::extract::State;
use domain::channel::SenderConstraint;
use domain::{Channel, ChannelCommand, ChannelId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt, Replacement};
use crate::extract::{Acting, Id, Operator};
use crate::problem::Problem;
use crate::responses::{Done, ReplacementHeaders, ReplacementProblems};

/// What a channel's senders have to prove.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChannelSender {
    /// From now on.
    constraint: SenderConstraint,
}

/// Change what a channel's senders have to prove
///
/// For operators. From nothing to something takes effect at once; anything else is possible while the channel may not call,
/// so that somebody else approves it.
#[utoipa::path(put, path = "/channels/{channel}/sender-constraint", tag = "channels",
    params(("channel" = ChannelId, Path, description = "The channel."), ReplacementHeaders),
    request_body = ChannelSender, responses(Done, ReplacementProblems))]
pub(crate) async fn constrain_channel_sender(
    State(app): State<App>,
    operator: Acting<Operator>,
    Id(id): Id<ChannelId>,
    Replacement(Command { content, terms }): Replacement<ChannelSender>,
) -> Result<Receipt, Problem> {
    let command = (id.clone(), ChannelCommand::ConstrainSender { constraint: content.constraint });
    terms.carry_out::<Channel>(&app, operator.actor(), &id, &command).await
}
