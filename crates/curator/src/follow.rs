//! Follows the log: what is published is placed, what a steward decides is carried out.

use std::sync::Arc;
use std::time::Duration;

use domain::placement::Decider;
use domain::{
    Aggregate, CaseId, Department, DepartmentId, DuplicateCase, Entry, EntryId, Item, ItemId, Placement,
    PlacementEvent,
};
use event_store::{Position, Recorded, StoreError, decode};
use futures_util::{StreamExt, TryStreamExt, stream};
use matching::Lexicon;
use read_model::{EntryStanding, Snapshot};

use crate::collection::Collection;
use crate::commands::Decided;
use crate::profile::published;
use crate::shared::Shared;
use crate::{Curator, commands, decisions};

/// Events that are read at once.
const PAGE: usize = 512;
/// Items that are decided while the ones before them are written.
const AT_ONCE: usize = 128;
/// Items of one department that are looked up at once.
const ITEMS_AT_ONCE: usize = 256;
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
    let known = Arc::clone(&snapshot);
    let words = Arc::clone(&curator.words);
    let collection = on_a_thread(move || collected(words, &known)).await;
    *curator.collection.write() = collection;
    found_again(curator, &snapshot).await?;
    decisions::heed_missed(curator, &snapshot).await?;
    let mut waiting: Vec<_> = snapshot
        .items()
        .values()
        .filter(|item| item.state.live().is_some() && item.entry().is_none())
        .collect();
    waiting.sort_by_key(|item| item.changed);
    let waiting: Vec<ItemId> = waiting.into_iter().map(|item| item.id).collect();
    place_all(curator, &snapshot, &waiting).await?;
    reached(curator, snapshot.position());

    let mut after = snapshot.position();
    loop {
        let page = curator.store.read_all(after, PAGE).await?;
        let Some(last) = page.last().map(|recorded| recorded.position) else {
            curator.store.changed(after).await?;
            continue;
        };
        let snapshot = caught_up(curator, last).await;
        digest(curator, &snapshot, &page).await?;
        after = last;
        reached(curator, after);
    }
}

/// Everything up to `position` is placed. Whoever waits for that may ask for a preview at once.
fn reached(curator: &Curator, position: Position) {
    curator.collection.write().reached(position);
    curator.done.send_replace(position);
}

async fn caught_up(curator: &Curator, position: Position) -> Arc<Snapshot> {
    loop {
        match curator.read_model.at_least(position, CATCH_UP).await {
            Ok(snapshot) => return snapshot,
            Err(behind) => tracing::warn!(%behind, "the curator waits for the read model"),
        }
    }
}

/// Does work that takes its time where it keeps nobody waiting.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(done) => done,
        // As if it had happened here.
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // The runtime is ending, and everything with it.
        Err(Err(_)) => std::future::pending().await,
    }
}

/// What has a place, and what was decided: the others are placed among them.
fn collected(words: Arc<Lexicon>, snapshot: &Snapshot) -> Collection {
    let mut collection = Collection::with_words(words);
    for view in snapshot.items().values() {
        let Some(entry) = view.entry() else { continue };
        if let Some(profile) = published(snapshot, view.id) {
            collection.insert(view.id, &profile);
            collection.placed(view.id, entry);
            collection.parted(view.id, &view.placement);
        }
    }
    for (entry, standing) in snapshot.entries() {
        if let EntryStanding::Alias { .. } = standing {
            collection.merged(*entry, merged_into(snapshot, *entry));
        }
    }
    for case in snapshot.cases().values() {
        collection.ruled(case);
    }
    collection
}

fn merged_into(snapshot: &Snapshot, entry: EntryId) -> Option<EntryId> {
    snapshot.lineage(entry).get(1).copied()
}

/// Founds the entries whose founder was placed by a curator that did not get so far.
async fn found_again(curator: &Curator, snapshot: &Snapshot) -> Result<(), StoreError> {
    for view in snapshot.items().values() {
        let own = EntryId::founded_by(view.id);
        if view.entry() == Some(own) && snapshot.entry_revision(own).is_none() {
            commands::found(curator, own).await?;
        }
    }
    Ok(())
}

/// Does what the events of one page ask for.
async fn digest(curator: &Curator, snapshot: &Arc<Snapshot>, page: &[Recorded]) -> Result<(), StoreError> {
    let mut published = Vec::new();
    for recorded in page {
        let key = recorded.stream.key();
        match (recorded.stream.category(), recorded.event_type.as_str()) {
            (Item::CATEGORY, "Published") => published.extend(key.parse::<ItemId>().ok()),
            (Item::CATEGORY, "Retired") => {
                if let Ok(item) = key.parse() {
                    curator.collection.write().remove(item);
                }
            }
            // Another department's name is weighed from now on.
            (Item::CATEGORY, "Transferred") => {
                if let Ok(item) = key.parse() {
                    note(&curator.collection, snapshot, item);
                }
            }
            (Department::CATEGORY, "Renamed") => {
                if let Ok(department) = key.parse() {
                    note_items_of(&curator.collection, snapshot, &department);
                }
            }
            (Entry::CATEGORY, "MergedInto" | "Restored") => {
                if let Ok(entry) = key.parse() {
                    curator.collection.write().merged(entry, merged_into(snapshot, entry));
                }
            }
            (Placement::CATEGORY, _) => note_placement(&curator.collection, snapshot, recorded),
            (DuplicateCase::CATEGORY, _) => {
                // What the case says now counts, so what was published before it is placed before it.
                place_all(curator, snapshot, &std::mem::take(&mut published)).await?;
                let case = key.parse::<CaseId>().ok().and_then(|case| snapshot.case(case));
                if let Some(case) = case {
                    curator.collection.write().ruled(case);
                    decisions::heed(curator, snapshot, case, recorded).await?;
                }
            }
            (_, _) => {}
        }
    }
    place_all(curator, snapshot, &published).await
}

/// Takes note of what is weighed of an item that is known already.
fn note(collection: &Shared, snapshot: &Snapshot, item: ItemId) {
    if collection.read().knows(item)
        && let Some(profile) = published(snapshot, item)
    {
        collection.write().insert(item, &profile);
    }
}

/// Takes note of what is weighed of a department's items. The work is in proportion to the department.
fn note_items_of(collection: &Shared, snapshot: &Snapshot, department: &DepartmentId) {
    let mut after = None;
    loop {
        let part = snapshot.items_of(department, after, ITEMS_AT_ONCE);
        part.items.iter().for_each(|view| note(collection, snapshot, view.id));
        if part.next.is_none() {
            return;
        }
        after = part.next;
    }
}

fn note_placement(collection: &Shared, snapshot: &Snapshot, recorded: &Recorded) {
    let (Ok(item), Ok(Some(event))) = (recorded.stream.key().parse(), decode::<PlacementEvent>(recorded))
    else {
        return;
    };
    match event {
        PlacementEvent::Placed { entry, .. } | PlacementEvent::Moved { to: entry, .. } => {
            let Some(view) = snapshot.item(item).filter(|view| view.state.live().is_some()) else { return };
            let mut collection = collection.write();
            // Another curator was faster, or a steward put back what had been taken out.
            if !collection.knows(item)
                && let Some(profile) = published(snapshot, item)
            {
                collection.insert(item, &profile);
            }
            collection.placed(item, entry);
            collection.parted(item, &view.placement);
        }
        PlacementEvent::Withdrawn { .. } => collection.write().remove(item),
    }
}

/// Places items in their order: decided one after the other, written together, the next decided meanwhile.
async fn place_all(curator: &Curator, snapshot: &Arc<Snapshot>, items: &[ItemId]) -> Result<(), StoreError> {
    let mut decided = Vec::new();
    for some in items.chunks(AT_ONCE) {
        let (shared, known, some) = (curator.collection.clone(), Arc::clone(snapshot), some.to_vec());
        let deciding =
            on_a_thread(move || some.into_iter().filter_map(|item| decide(&shared, &known, item)).collect());
        let (written, next) = tokio::join!(write(curator, decided), deciding);
        written?;
        decided = next;
    }
    write(curator, decided).await
}

/// Writes what was decided; commands that wait together share a disk write.
async fn write(curator: &Curator, decided: Vec<Decided>) -> Result<(), StoreError> {
    let placed = decided.len();
    stream::iter(decided)
        .map(|decided| async move {
            let entry = commands::place(curator, &decided).await?;
            // Another curator may have put it elsewhere.
            if entry != decided.entry() {
                curator.collection.write().placed(decided.item, entry);
            }
            Ok::<(), StoreError>(())
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    metrics::counter!("yimen_curator_placed_total").increment(placed as u64);
    Ok(())
}

/// Where an item belongs, if it is public; takes note of it and of the cases that it opens.
fn decide(shared: &Shared, snapshot: &Snapshot, item: ItemId) -> Option<Decided> {
    let view = snapshot.items().get(&item)?;
    let profile = published(snapshot, item)?;
    match view.placement {
        // What a steward took out of the catalogue attracts nobody either.
        Placement::Withdrawn { by: Decider::Steward } => return None,
        Placement::Unplaced | Placement::Withdrawn { by: Decider::Curator } => {}
        Placement::Placed { entry, .. } => {
            if shared.read().entry_of(item).is_none() {
                shared.write().placed(item, entry);
            }
        }
    }
    let placing = shared.read().place(Some(item), &profile, &|other| published(snapshot, other));
    let decided = Decided { item, placing };
    let mut collection = shared.write();
    collection.insert(item, &profile);
    collection.placed(item, decided.entry());
    for suspicion in decided.placing.suspicions.iter().filter(|suspicion| suspicion.opens) {
        collection.suspected([item, suspicion.other], suspicion.basis.relation);
    }
    Some(decided)
}
