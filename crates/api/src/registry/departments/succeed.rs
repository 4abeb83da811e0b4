//! An operator says which department took another's place.

use axum::extract::State;
use domain::department::DepartmentCommand;
use domain::{Department, DepartmentId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Id, Operator};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Which department takes another's place.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Succession {
    /// An active department.
    by: DepartmentId,
}

/// Let a department be succeeded
///
/// For operators. It never acts again. Its items stay its own until they are transferred.
#[utoipa::path(post, path = "/departments/{department}/succession", tag = "departments",
    params(("department" = DepartmentId, Path, description = "The department that ends."), CommandHeaders),
    request_body = Succession, responses(Done, CommandProblems))]
pub(crate) async fn succeed_department(
    State(app): State<App>,
    operator: Acting<Operator>,
    Id(id): Id<DepartmentId>,
    Command { content, terms }: Command<Succession>,
) -> Result<Receipt, Problem> {
    app.require_active(&content.by).await?;
    let command = (id.clone(), DepartmentCommand::Succeed { by: content.by });
    terms.carry_out::<Department>(&app, operator.actor(), &id, &command).await
}
