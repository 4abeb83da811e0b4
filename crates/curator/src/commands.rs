//! The commands that the curator gives, each once whoever else gives it too.

use domain::{
    Actor, Aggregate, Basis, CaseId, DuplicateCase, DuplicateCaseCommand, Entry, EntryCommand, EntryId, Item,
    ItemCommand, ItemId, Placement, PlacementCommand, PlacementEvent,
};
use event_store::{Digest, Envelope, ExecuteError, Executed, StoreError, StreamName, decode, execute};
use uuid::Uuid;

use crate::Curator;
use crate::collection::Placing;

/// Namespace of the curator's command ids (uuid v5); never changes.
const NAMESPACE: Uuid = Uuid::from_u128(0x41c2_7d0b_5a0e_5c7e_9d42_0c7f_2d6f_8b11);
/// Events of a stream that are read at once.
const PAGE: usize = 256;

/// Gives a command as the component `component`. `cause` names what asks for it: the same cause, the same command.
pub(crate) async fn give<A: Aggregate>(
    curator: &Curator,
    component: &str,
    id: &A::Id,
    command: &A::Command,
    cause: &str,
) -> Result<Executed<A>, ExecuteError<A::Rejection>> {
    let key = format!("{}\0{id}\0{cause}", A::CATEGORY);
    let envelope = Envelope {
        actor: &Actor::system(component),
        command_id: Uuid::new_v5(&NAMESPACE, key.as_bytes()),
        command_digest: Digest::of(key.as_bytes()),
        reason: None,
        trace_id: None,
        now: (curator.now)(),
        policy: &curator.policy,
        expected: None,
    };
    execute::<A>(&*curator.store, id, command, &envelope).await
}

/// Puts an item where it belongs, unless it is already somewhere, and opens its cases. Answers where it is then.
pub(crate) async fn place(curator: &Curator, item: ItemId, placing: &Placing) -> Result<EntryId, StoreError> {
    let command = PlacementCommand::Place { entry: placing.entry, basis: placing.basis.clone() };
    let placed = settled(give::<Placement>(curator, "curator", &item, &command, "publication").await)?;
    let Some(Placement::Placed { entry, .. }) = placed.map(|placed| placed.state) else {
        // A steward took it out of the catalogue.
        return Ok(placing.entry);
    };
    // Only after the placement: another curator may have put the item elsewhere.
    if entry == EntryId::founded_by(item) {
        settled(give::<Entry>(curator, "curator", &entry, &EntryCommand::Form, "founder").await)?;
    }
    for (items, basis) in &placing.cases {
        let case = CaseId::new(items[0], items[1]);
        let command = DuplicateCaseCommand::Suspect { items: *items, basis: basis.clone() };
        settled(give::<DuplicateCase>(curator, "curator", &case, &command, "suspicion").await)?;
    }
    Ok(entry)
}

/// Moves an item as a steward's decision on a case asks. Answers the entry if it moved.
pub(crate) async fn move_to(
    curator: &Curator,
    item: ItemId,
    entry: EntryId,
    other: ItemId,
    cause: &str,
) -> Result<Option<EntryId>, StoreError> {
    let basis = Basis { compared_with: Some(other), ..Basis::default() };
    let command = PlacementCommand::Move { entry, basis };
    let moved = settled(give::<Placement>(curator, "curator", &item, &command, cause).await)?;
    Ok(moved.filter(|moved| !moved.events.is_empty()).map(|_| entry))
}

/// The entry that `item` was in before the curator moved it to where `other` is; none if it did not.
pub(crate) async fn moved_from(
    curator: &Curator,
    item: ItemId,
    other: ItemId,
) -> Result<Option<EntryId>, StoreError> {
    let Ok(stream) = StreamName::new(Placement::CATEGORY, &item.to_string()) else { return Ok(None) };
    let mut last = None;
    let mut next = 0;
    loop {
        let page = curator.store.read_stream(&stream, next, PAGE).await?;
        let Some(end) = page.last().map(|recorded| recorded.revision) else { return Ok(last) };
        next = end + 1;
        for recorded in &page {
            last = match decode::<PlacementEvent>(recorded) {
                Ok(Some(PlacementEvent::Moved { from, basis, .. })) if basis.compared_with == Some(other) => {
                    Some(from)
                }
                Ok(Some(_)) => None,
                Ok(None) | Err(_) => last,
            };
        }
    }
}

/// Carries out an announcement whose time has come.
pub(crate) async fn carry_out(
    curator: &Curator,
    item: ItemId,
    command: &ItemCommand,
) -> Result<(), StoreError> {
    let cause = format!("{command:?}\0{}", (curator.now)());
    settled(give::<Item>(curator, "calendar", &item, command, &cause).await).map(drop)
}

/// A refusal is an answer too: somebody decided otherwise in the meantime. Only a failing log is an error.
fn settled<A: Aggregate>(
    outcome: Result<Executed<A>, ExecuteError<A::Rejection>>,
) -> Result<Option<Executed<A>>, StoreError> {
    match outcome {
        Ok(executed) => Ok(Some(executed)),
        Err(ExecuteError::Store(error)) => Err(error),
        Err(refusal) => {
            tracing::debug!(%refusal, category = A::CATEGORY, "a command of the curator was refused");
            Ok(None)
        }
    }
}
