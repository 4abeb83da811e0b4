//! A reviewer's verdict on exactly one revision.

use axum::extract::State;
use domain::item::{ContentHash, Stage, Verdict};
use domain::{Actor, Item, ItemCommand, ItemId, Role};
use event_store::load;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, DepartmentReviewer, Id, Reviewer};
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// A verdict, bound to what was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Review {
    /// What the reviewer says.
    decision: ReviewDecision,
    /// The revision that was read: the proposal's.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    revision: u64,
    /// The hash of the content that was read: the proposal's.
    content_hash: ContentHash,
    /// What has to change, or why not; needed unless it is approved.
    #[schema(min_length = 1, max_length = 4000, pattern = r"\S")]
    comment: Option<String>,
}

/// What a reviewer can say.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum ReviewDecision {
    /// It may go on.
    Approve,
    /// The author has to change something first.
    RequestChanges,
    /// It will not be published.
    Reject,
}

/// Review a submission
///
/// For department reviewers of its department at the first stage and for catalogue reviewers at the second; never for
/// an author. A 409 if what is submitted now is not the revision and content that the review names.
#[utoipa::path(post, path = "/items/{item}/reviews", tag = "reviews",
    params(("item" = ItemId, Path, description = "The item."), CommandHeaders),
    request_body = Review, responses(Done, CommandProblems))]
pub(crate) async fn review_item(
    State(app): State<App>,
    reviewer: Acting<(DepartmentReviewer, Reviewer)>,
    Id(id): Id<ItemId>,
    Command { content: Review { decision, revision, content_hash, comment }, terms }: Command<Review>,
) -> Result<Receipt, Problem> {
    let verdict = match (decision, comment) {
        (ReviewDecision::Approve, None) => Verdict::Approve,
        (ReviewDecision::Approve, Some(_)) => {
            let detail = "an approval has no comment; nobody would read it";
            return Err(Problem::invalid_field("/comment", "not-expected", detail));
        }
        // The rules refuse a missing comment as they do a blank one.
        (ReviewDecision::RequestChanges, comment) => {
            Verdict::RequestChanges { comment: comment.unwrap_or_default() }
        }
        (ReviewDecision::Reject, comment) => Verdict::Reject { comment: comment.unwrap_or_default() },
    };
    let actor = for_stage(&app, &reviewer, &id).await?;
    let command = ItemCommand::Review { revision, content_hash, verdict };
    terms.carry_out::<Item>(&app, &actor, &id, &command).await
}

/// Who reviews at both stages acts at each in the role that it asks for.
async fn for_stage(
    app: &App,
    reviewer: &Acting<(DepartmentReviewer, Reviewer)>,
    id: &ItemId,
) -> Result<Actor, Problem> {
    let Some(second) = reviewer.also(Role::Reviewer).filter(|second| second.role != reviewer.actor().role)
    else {
        return Ok(reviewer.actor().clone());
    };
    let item = load::<Item>(app.store.as_ref(), id).await?.state;
    let proposal = item.registered().and_then(|item| item.proposal.as_ref());
    match proposal.and_then(|proposal| proposal.review.awaiting()) {
        Some(Stage::Catalogue) => Ok(second),
        Some(Stage::Department) | None => Ok(reviewer.actor().clone()),
    }
}
