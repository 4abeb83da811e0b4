//! An operator lets a suspended department act again.

use axum::extract::State;
use domain::department::DepartmentCommand;
use domain::{Department, DepartmentId};

use crate::App;
use crate::command::{BareCommand, Receipt};
use crate::extract::{Acting, Id, Operator};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Resume a department
///
/// For operators. Ends a suspension.
#[utoipa::path(post, path = "/departments/{department}/resumption", tag = "departments",
    params(("department" = DepartmentId, Path, description = "The department."), CommandHeaders),
    responses(Done, CommandProblems))]
pub(crate) async fn resume_department(
    State(app): State<App>,
    operator: Acting<Operator>,
    Id(id): Id<DepartmentId>,
    BareCommand(terms): BareCommand,
) -> Result<Receipt, Problem> {
    let command = (id.clone(), DepartmentCommand::Resume);
    terms.carry_out::<Department>(&app, operator.actor(), &id, &command).await
}
