//! A steward says that two items are different services.

use axum::extract::State;
use domain::duplicate_case::DuplicateCaseCommand;
use domain::{CaseId, DuplicateCase};

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Id, Steward};
use crate::problem::Problem;
use crate::registry::Comment;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Dismiss a suspicion
///
/// For stewards. The pair is not suspected again.
#[utoipa::path(post, path = "/duplicate-cases/{case}/dismissal", tag = "duplicate-cases",
    params(("case" = CaseId, Path, description = "The case."), CommandHeaders),
    request_body = Comment, responses(Done, CommandProblems))]
pub(crate) async fn dismiss_duplicate(
    State(app): State<App>,
    steward: Acting<Steward>,
    Id(id): Id<CaseId>,
    Command { content, terms }: Command<Comment>,
) -> Result<Receipt, Problem> {
    let command = DuplicateCaseCommand::Dismiss { comment: content.comment };
    terms.carry_out::<DuplicateCase>(&app, steward.actor(), &id, &command).await
}
