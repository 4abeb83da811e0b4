//! One entry with the items that are placed in it, and why.

use axum::extract::State;
use axum::response::Response;
use domain::placement::Decider;
use domain::{Basis, Entry, EntryId, ItemId, LocalizedText, Placement};
use event_store::load;
use http::HeaderMap;
use read_model::EntryStanding;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::extract::{Id, StaffReading};
use crate::problem::Problem;
use crate::representation::Representation;
use crate::responses::{ReadHeaders, ReadProblems, Unchanged};

/// An entry as a steward sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegistryEntry {
    /// Its identifier.
    id: EntryId,
    /// The name that readers see; absent where there is nothing that they could see.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<LocalizedText>,
    /// The name that a steward gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    own_name: Option<LocalizedText>,
    /// The item that a steward chose to speak for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen_primary: Option<ItemId>,
    /// The entry that it is merged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<EntryId>,
    /// The entries that are merged into it.
    #[schema(max_items = 10000)]
    aliases: Vec<EntryId>,
    /// The public items that it offers, its own and those of its aliases, each with the reason.
    #[schema(max_items = 10000)]
    placements: Vec<PlacedItem>,
    /// Its revision, for `If-Match`.
    #[schema(maximum = 9_007_199_254_740_991u64)]
    revision: u64,
}

/// An item's place in an entry.
#[derive(Debug, Serialize, ToSchema)]
struct PlacedItem {
    item: ItemId,
    /// The entry that it was placed in.
    entry: EntryId,
    /// Who decided.
    by: Decider,
    /// On which evidence.
    basis: Basis,
}

/// Read an entry with its placements
///
/// For all staff. The public view is in the catalogue.
#[utoipa::path(get, path = "/entries/{entry}", tag = "entries",
    params(("entry" = EntryId, Path, description = "The entry."), ReadHeaders),
    responses((status = 200, description = "The entry.", body = RegistryEntry), Unchanged, ReadProblems))]
pub(crate) async fn get_registry_entry(
    State(app): State<App>,
    reading: StaffReading,
    Id(id): Id<EntryId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let loaded = load::<Entry>(app.store.as_ref(), &id).await?;
    let (Entry::Formed { name: own_name, primary, merged_into }, Some(revision)) =
        (loaded.state, loaded.revision)
    else {
        return Err(Problem::not_found("entry"));
    };
    let mut document = RegistryEntry {
        id,
        name: None,
        own_name,
        chosen_primary: primary,
        merged_into,
        aliases: Vec::new(),
        placements: Vec::new(),
        revision,
    };
    match reading.snapshot.entry(id) {
        Some(EntryStanding::Live(view)) => {
            document.name = Some(view.name().clone());
            document.aliases = view.aliases.clone();
            for offering in &view.offerings {
                document.placements.extend(placed(&app, offering.item).await?);
            }
        }
        Some(EntryStanding::Retired(view)) => {
            document.name = Some(view.name().clone());
            document.aliases = view.aliases.clone();
        }
        Some(EntryStanding::Alias { .. }) | None => {}
    }
    Ok(Representation::of_revision(&document, revision)?.answer(&headers))
}

/// Read from the log, which alone keeps the evidence.
async fn placed(app: &App, item: ItemId) -> Result<Option<PlacedItem>, Problem> {
    Ok(match load::<Placement>(app.store.as_ref(), &item).await?.state {
        Placement::Unplaced | Placement::Withdrawn { .. } => None,
        Placement::Placed { entry, by, basis, .. } => Some(PlacedItem { item, entry, by, basis }),
    })
}
