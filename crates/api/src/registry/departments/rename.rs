//! An operator gives a department another name.

use axum::extract::State;
use domain::department::DepartmentCommand;
use domain::{Department, DepartmentId, LocalizedText};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt, Replacement};
use crate::extract::{Acting, Id, Operator};
use crate::problem::Problem;
use crate::responses::{Done, ReplacementHeaders, ReplacementProblems};

/// A department's name.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DepartmentName {
    /// The name, at most 200 characters a language.
    name: LocalizedText,
}

/// Rename a department
///
/// For operators.
#[utoipa::path(put, path = "/departments/{department}/name", tag = "departments",
    params(("department" = DepartmentId, Path, description = "The department."), ReplacementHeaders),
    request_body = DepartmentName, responses(Done, ReplacementProblems))]
pub(crate) async fn rename_department(
    State(app): State<App>,
    operator: Acting<Operator>,
    Id(id): Id<DepartmentId>,
    Replacement(Command { content, terms }): Replacement<DepartmentName>,
) -> Result<Receipt, Problem> {
    let command = (id.clone(), DepartmentCommand::Rename { name: content.name });
    terms.carry_out::<Department>(&app, operator.actor(), &id, &command).await
}
