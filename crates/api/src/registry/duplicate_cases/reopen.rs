//! A steward takes a decision on a duplicate case back.

use axum::extract::State;
use domain::duplicate_case::DuplicateCaseCommand;
use domain::{CaseId, DuplicateCase};

use crate::App;
use crate::command::{BareCommand, Receipt};
use crate::extract::{Acting, Id, Steward};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Reopen a duplicate case
///
/// For stewards.
#[utoipa::path(post, path = "/duplicate-cases/{case}/reopening", tag = "duplicate-cases",
    params(("case" = CaseId, Path, description = "The case."), CommandHeaders), responses(Done, CommandProblems))]
pub(crate) async fn reopen_duplicate_case(
    State(app): State<App>,
    steward: Acting<Steward>,
    Id(id): Id<CaseId>,
    BareCommand(terms): BareCommand,
) -> Result<Receipt, Problem> {
    terms.carry_out::<DuplicateCase>(&app, steward.actor(), &id, &DuplicateCaseCommand::Reopen).await
}
