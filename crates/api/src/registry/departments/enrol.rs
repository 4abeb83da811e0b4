//! An operator takes a department into the register.

use axum::extract::State;
use domain::department::DepartmentCommand;
use domain::{Department, DepartmentId, Division, LocalizedText, OrganisationCode};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Operator};
use crate::location::location;
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Created};

/// A department to enrol.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Enrolment {
    /// Its organisation code; its identifier is made of it.
    code: OrganisationCode,
    /// Its name, at most 200 characters a language.
    name: LocalizedText,
    /// The division that it serves.
    region: Division,
}

/// Enrol a department
///
/// For operators. Enrolling again under the same name and region changes nothing; under others it is a 409.
#[utoipa::path(post, path = "/departments", tag = "departments", params(CommandHeaders), request_body = Enrolment,
    responses(Created, CommandProblems))]
pub(crate) async fn enrol_department(
    State(app): State<App>,
    operator: Acting<Operator>,
    Command { content, terms }: Command<Enrolment>,
) -> Result<Receipt, Problem> {
    let id = DepartmentId::from(content.code);
    let command = (id.clone(), DepartmentCommand::Enrol { name: content.name, region: content.region });
    let receipt = terms.carry_out::<Department>(&app, operator.actor(), &id, &command).await?;
    Ok(receipt.created_at(location("/registry/v1/departments", &id)))
}
