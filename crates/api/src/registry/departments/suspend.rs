//! An operator stops a department from acting.

use axum::extract::State;
use domain::department::DepartmentCommand;
use domain::{Department, DepartmentId};

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Id, Operator};
use crate::problem::Problem;
use crate::registry::Notice;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Suspend a department
///
/// For operators. Its clerks can't register or change items until it is resumed; what is published stays.
#[utoipa::path(post, path = "/departments/{department}/suspension", tag = "departments",
    params(("department" = DepartmentId, Path, description = "The department."), CommandHeaders),
    request_body = Notice, responses(Done, CommandProblems))]
pub(crate) async fn suspend_department(
    State(app): State<App>,
    operator: Acting<Operator>,
    Id(id): Id<DepartmentId>,
    Command { content, terms }: Command<Notice>,
) -> Result<Receipt, Problem> {
    let command = (id.clone(), DepartmentCommand::Suspend { notice: content.notice });
    terms.carry_out::<Department>(&app, operator.actor(), &id, &command).await
}
