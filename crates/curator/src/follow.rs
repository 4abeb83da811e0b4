//! Follows the log: what is published is placed, what a steward decides is carried out.

use std::sync::Arc;
use std::time::Duration;

use domain::duplicate_case::{Decision, Resolution};
use domain::{Aggregate, CaseId, DuplicateCase, EntryId, Item, ItemId, Placement, PlacementEvent};
use event_store::{Position, Recorded, StoreError, decode};
use futures_util::{StreamExt, TryStreamExt, stream};
use read_model::Snapshot;

use crate::collection::{Collection, Placing};
use crate::{Curator, commands, profile_of};

/// Events that are read at once.
const PAGE: usize = 512;
/// Items that are placed at once, so that their commits share a disk write.
const AT_ONCE: usize = 64;
/// How long to wait for a log that is away.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the read model may take for one page before it is asked again.
const CATCH_UP: Duration = Duration::from_secs(30);

/// Never ends; starts over from what the log says after an error.
pub(crate) async fn run(curator: &Curator) {
    loop {
        let Err(error) = follow(curator).await else { continue };
        tracing::warn!(%error, "the curator can't reach the log; it tries again");
        metrics::counter!("yimen_curator_failures_total").increment(1);
        tokio::time::sleep(PATIENCE).await;
    }
}

/// Starts from the read model as it is, then goes page by page.
async fn follow(curator: &Curator) -> Result<(), StoreError> {
    let head = curator.store.head().await?;
    let snapshot = caught_up(curator, head).await;
    let mut collection = Collection::default();
    for case in snapshot.cases().values() {
        collection.dismissed(case.id, matches!(case.decision, Decision::Dismissed { .. }));
    }
    let mut public: Vec<_> = snapshot.items().values().filter(|item| item.state.live().is_some()).collect();
    public.sort_by_key(|item| item.registered);
    // What has a place first: the others are placed among them.
    let (placed, mut waiting): (Vec<_>, Vec<_>) = public.into_iter().partition(|item| item.entry().is_some());
    for item in placed {
        note(&mut collection, &snapshot, item.id);
    }
    waiting.sort_by_key(|item| item.changed);
    let waiting: Vec<ItemId> = waiting.into_iter().map(|item| item.id).collect();
    place_all(curator, &mut collection, &snapshot, &waiting).await?;
    curator.done.send_replace(snapshot.position());

    let mut after = snapshot.position();
    loop {
        let page = curator.store.read_all(after, PAGE).await?;
        let Some(last) = page.last().map(|recorded| recorded.position) else {
            curator.store.changed(after).await?;
            continue;
        };
        let snapshot = caught_up(curator, last).await;
        digest(curator, &mut collection, &snapshot, &page).await?;
        after = last;
        curator.done.send_replace(after);
    }
}

async fn caught_up(curator: &Curator, position: Position) -> Arc<Snapshot> {
    loop {
        match curator.read_model.at_least(position, CATCH_UP).await {
            Ok(snapshot) => return snapshot,
            Err(behind) => tracing::warn!(%behind, "the curator waits for the read model"),
        }
    }
}

/// Does what the events of one page ask for.
async fn digest(
    curator: &Curator,
    collection: &mut Collection,
    snapshot: &Snapshot,
    page: &[Recorded],
) -> Result<(), StoreError> {
    let mut published = Vec::new();
    for recorded in page {
        let key = recorded.stream.key();
        match (recorded.stream.category(), recorded.event_type.as_str()) {
            (Item::CATEGORY, "Published") => published.extend(key.parse::<ItemId>().ok()),
            (Item::CATEGORY, "Retired") => {
                if let Ok(item) = key.parse() {
                    collection.remove(item);
                }
            }
            (Placement::CATEGORY, _) => note_placement(collection, recorded),
            (DuplicateCase::CATEGORY, _) => {
                // What the case says now counts, so what was published before it is placed before it.
                place_all(curator, collection, snapshot, &std::mem::take(&mut published)).await?;
                if let Ok(case) = key.parse() {
                    heed(curator, collection, snapshot, case, recorded).await?;
                }
            }
            (_, _) => {}
        }
    }
    place_all(curator, collection, snapshot, &published).await
}

/// Takes note of an item's content and place.
fn note(collection: &mut Collection, snapshot: &Snapshot, item: ItemId) {
    let Some(view) = snapshot.items().get(&item) else { return };
    if let Some(live) = view.state.live() {
        collection.insert(item, profile_of(&view.state.department, &live.content));
        if let Some(entry) = view.entry() {
            collection.placed(item, entry);
        }
    }
}

fn note_placement(collection: &mut Collection, recorded: &Recorded) {
    let (Ok(item), Ok(Some(event))) = (recorded.stream.key().parse(), decode::<PlacementEvent>(recorded))
    else {
        return;
    };
    match event {
        PlacementEvent::Placed { entry, .. } | PlacementEvent::Moved { to: entry, .. } => {
            collection.placed(item, entry)
        }
        PlacementEvent::Withdrawn { .. } => {}
    }
}

/// Places items in their order: decided one after the other, written together.
async fn place_all(
    curator: &Curator,
    collection: &mut Collection,
    snapshot: &Snapshot,
    items: &[ItemId],
) -> Result<(), StoreError> {
    for some in items.chunks(AT_ONCE) {
        let mut decided = Vec::new();
        for item in some {
            decided.extend(decide(collection, snapshot, *item).map(|placing| (*item, placing)));
        }
        let written: Vec<(ItemId, EntryId)> = stream::iter(decided)
            .map(|(item, placing)| async move {
                commands::place(curator, item, &placing).await.map(|entry| (item, entry))
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        for (item, entry) in written {
            collection.placed(item, entry);
        }
        metrics::counter!("yimen_curator_placed_total").increment(some.len() as u64);
    }
    Ok(())
}

/// Where an item belongs, if it is public; takes note of it. One that has a place keeps it.
fn decide(collection: &mut Collection, snapshot: &Snapshot, item: ItemId) -> Option<Placing> {
    let view = snapshot.items().get(&item)?;
    let live = view.state.live()?;
    let profile = profile_of(&view.state.department, &live.content);
    let mut placing = collection.place(item, &profile);
    if let Some(entry) = view.entry().or_else(|| collection.entry_of(item)) {
        placing.entry = entry;
    }
    collection.insert(item, profile);
    collection.placed(item, placing.entry);
    Some(placing)
}

/// Carries out what a steward decided of a case.
async fn heed(
    curator: &Curator,
    collection: &mut Collection,
    snapshot: &Snapshot,
    case: CaseId,
    recorded: &Recorded,
) -> Result<(), StoreError> {
    let Some(view) = snapshot.cases().get(&case) else { return Ok(()) };
    collection.dismissed(case, matches!(view.decision, Decision::Dismissed { .. }));
    let [low, high] = view.items;
    let registered = |item: &ItemId| snapshot.items().get(item).map(|view| view.registered);
    let (earlier, later) = if registered(&low) <= registered(&high) { (low, high) } else { (high, low) };
    let cause = recorded.id.to_string();
    let moved = match (recorded.event_type.as_str(), &view.decision) {
        ("Confirmed", Decision::Confirmed { resolution }) => {
            let (stays, joins) = match resolution {
                Resolution::KeepPrimary { primary } if *primary == later => (later, earlier),
                Resolution::KeepPrimary { .. } | Resolution::BothStay { .. } => (earlier, later),
            };
            match collection.entry_of(stays) {
                Some(entry) => {
                    commands::move_to(curator, joins, entry, stays, &cause).await?.map(|entry| (joins, entry))
                }
                None => None,
            }
        }
        ("Reopened", _) => {
            let mut undone = None;
            for (joined, stayed) in [(later, earlier), (earlier, later)] {
                if let Some(entry) = commands::moved_from(curator, joined, stayed).await? {
                    // Its evidence names nobody, so that a later look does not undo the undoing.
                    undone = commands::move_to(curator, joined, entry, joined, &cause)
                        .await?
                        .map(|entry| (joined, entry));
                }
            }
            undone
        }
        (_, _) => None,
    };
    if let Some((item, entry)) = moved {
        collection.placed(item, entry);
    }
    Ok(())
}
