//! A steward says that two items are the same service.

use axum::extract::State;
use domain::duplicate_case::{DuplicateCaseCommand, Resolution};
use domain::{CaseId, DuplicateCase, ItemId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Id, Steward};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// What becomes of two items of one service: one of the two members says it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Confirmation {
    /// The one of them that stays and speaks for both; the other's department is asked to retire its own.
    primary: Option<ItemId>,
    /// Why both stay, under one entry.
    #[schema(min_length = 1, max_length = 4000, pattern = r"\S")]
    comment: Option<String>,
}

/// Confirm a duplicate
///
/// For stewards. The decision is remembered, and can be reopened.
#[utoipa::path(post, path = "/duplicate-cases/{case}/confirmation", tag = "duplicate-cases",
    params(("case" = CaseId, Path, description = "The case."), CommandHeaders),
    request_body = Confirmation, responses(Done, CommandProblems))]
pub(crate) async fn confirm_duplicate(
    State(app): State<App>,
    steward: Acting<Steward>,
    Id(id): Id<CaseId>,
    Command { content, terms }: Command<Confirmation>,
) -> Result<Receipt, Problem> {
    let resolution = match (content.primary, content.comment) {
        (Some(primary), None) => Resolution::KeepPrimary { primary },
        (None, Some(comment)) => Resolution::BothStay { comment },
        (Some(_), Some(_)) | (None, None) => {
            let detail = "give either the primary that stays, or the comment why both stay";
            return Err(Problem::invalid_field("", "one-of", detail));
        }
    };
    let command = DuplicateCaseCommand::Confirm { resolution };
    terms.carry_out::<DuplicateCase>(&app, steward.actor(), &id, &command).await
}
