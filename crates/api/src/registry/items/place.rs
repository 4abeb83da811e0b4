//! A steward moves an item to another entry, or gives it one of its own.

use axum::extract::State;
use domain::{Basis, Entry, EntryCommand, EntryId, Item, ItemId, Placement, PlacementCommand};
use event_store::load;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Id, Steward};
use crate::problem::{Code, Problem};
use crate::responses::{CommandHeaders, CommandProblems, Done};

/// Where an item belongs.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Place {
    /// The entry. The item's own identifier founds an entry for it alone, which splits it from where it was.
    entry: EntryId,
    /// Why; kept in the log.
    #[schema(min_length = 1, max_length = 4000, pattern = r"\S")]
    comment: String,
}

/// Place an item
///
/// For stewards. Their decision always wins over the curator's and stays.
#[utoipa::path(post, path = "/items/{item}/placement", tag = "entries",
    params(("item" = ItemId, Path, description = "The item."), CommandHeaders),
    request_body = Place, responses(Done, CommandProblems))]
pub(crate) async fn place_item(
    State(app): State<App>,
    steward: Acting<Steward>,
    Id(item): Id<ItemId>,
    Command { content: Place { entry, comment }, terms }: Command<Place>,
) -> Result<Receipt, Problem> {
    let store = app.store.as_ref();
    if load::<Item>(store, &item).await?.revision.is_none() {
        return Err(Problem::not_found("item"));
    }
    let terms = terms.because(Some(crate::registry::checked_comment(comment)?));
    match load::<Entry>(store, &entry).await?.state {
        Entry::Unformed if entry == EntryId::founded_by(item) => {
            terms.prepare::<Entry>(&app, steward.actor(), &entry, &EntryCommand::Form).await?;
        }
        Entry::Unformed => {
            return Err(Problem::invalid_field("/entry", "unknown-entry", "there is no such entry"));
        }
        Entry::Formed { merged_into: Some(survivor), .. } => {
            let detail = format!("the entry is merged into {survivor}; name that");
            return Err(Problem::new(Code::EntryMerged, detail).with_member("mergedInto", survivor));
        }
        Entry::Formed { merged_into: None, .. } => {}
    }
    let basis = Basis::default();
    let command = match load::<Placement>(store, &item).await?.state {
        Placement::Unplaced | Placement::Withdrawn { .. } => PlacementCommand::Place { entry, basis },
        Placement::Placed { .. } => PlacementCommand::Move { entry, basis },
    };
    terms.carry_out::<Placement>(&app, steward.actor(), &item, &command).await
}
