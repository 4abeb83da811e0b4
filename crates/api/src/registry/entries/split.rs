//! A steward takes items out of an entry.

use std::time::Duration;

use axum::extract::State;
use domain::{Entry, EntryCommand, EntryId, ItemId, Placement, PlacementCommand};
use event_store::load;
use serde::Deserialize;
use utoipa::ToSchema;

use super::split_plan::{Move, Plan};
use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Id, Steward};
use crate::problem::{Code, Problem};
use crate::registry::checked_comment;
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// How long the read model may take to show what the log holds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which items leave an entry.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Split {
    /// The items, of the entry itself or of its aliases.
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<ItemId>,
    /// The entry that they join; a new one, founded by the first of them that can, where absent.
    into: Option<EntryId>,
    /// Why; kept in the log.
    #[schema(min_length = 1, max_length = 4000, pattern = r"\S")]
    comment: String,
}

/// Split items from an entry
///
/// For stewards. The curator neither puts the items back nor suspects them of being the entry's service again.
///
/// The receipt names the entry where they are now. Splitting them from there into the old entry takes it all back: each
/// is where it was, and nothing is remembered. An entry keeps an item that the public sees, unless a split is taken back
/// so; to end it altogether, merge it, and its identifier lives on. The items move one after the other: whoever gets no
/// answer sends the request again, with the same `Idempotency-Key`. `If-Match` takes the revision of the entry that is
/// split; a move of an item does not change that, but an item that is not there any more is refused.
#[utoipa::path(post, path = "/entries/{entry}/split", tag = "entries",
    params(("entry" = EntryId, Path, description = "The entry that they leave."), CommandHeaders),
    request_body = Split, responses(Done, CommandProblems))]
pub(crate) async fn split_entry(
    State(app): State<App>,
    steward: Acting<Steward>,
    Id(entry): Id<EntryId>,
    Command { content: Split { items, into, comment }, terms }: Command<Split>,
) -> Result<Receipt, Problem> {
    let terms = terms.because(Some(checked_comment(comment)?));
    let head = app.store.head().await?;
    let snapshot = app.read_model.at_least(head, PATIENCE).await.map_err(|behind| {
        Problem::new(Code::ReadModelBehind, "what is in the entry is not known yet")
            .retry_after(1)
            .caused_by(behind)
    })?;
    let plan = Plan::of(&snapshot, entry, &items, into)?;
    // What is done already is answered again, whatever became of the entry since.
    let terms = if plan.is_done() { terms.unconditional() } else { terms.fulfilled_by(plan.revision)? };
    if plan.founds {
        terms.prepare::<Entry>(&app, steward.actor(), &plan.into, &EntryCommand::Form).await?;
    }
    let command = |Move { from, into, .. }: &Move| PlacementCommand::Split { from: *from, into: *into };
    for step in &plan.others {
        terms.prepare::<Placement>(&app, steward.actor(), &step.item, &command(step)).await?;
    }
    let last = &plan.last;
    let receipt = terms.carry_out::<Placement>(&app, steward.actor(), &last.item, &command(last)).await?;
    let revision = load::<Entry>(app.store.as_ref(), &plan.into).await?.revision;
    Ok(receipt.about(plan.into.to_string(), revision))
}
