//! An operator ends a revocation.

use axum::extract::State;
use domain::{Revocation, RevocationCommand, RevocationId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Id, Operator};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Why a revocation ends.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RevocationLifting {
    /// The reason; nothing personal, for it is kept.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    reason: String,
}

/// Lift a revocation
///
/// For operators. Tokens that are otherwise good are accepted again.
#[utoipa::path(post, path = "/revocations/{revocation}/lifting", tag = "revocations",
    params(("revocation" = RevocationId, Path, description = "The revocation."), CommandHeaders),
    request_body = RevocationLifting, responses(Done, CommandProblems))]
pub(crate) async fn lift_revocation(
    State(app): State<App>,
    operator: Acting<Operator>,
    Id(id): Id<RevocationId>,
    Command { content, terms }: Command<RevocationLifting>,
) -> Result<Receipt, Problem> {
    let command = RevocationCommand::Lift { reason: content.reason };
    terms.carry_out::<Revocation>(&app, operator.actor(), &id, &command).await
}
