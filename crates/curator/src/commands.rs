//! The commands that the curator gives, each once whoever else gives it too.

use domain::{
    Actor, Aggregate, Basis, CaseId, DuplicateCase, DuplicateCaseCommand, Entry, EntryCommand, EntryId, Item,
    ItemCommand, ItemId, Placement, PlacementCommand,
};
use event_store::{Digest, Envelope, ExecuteError, Executed, StoreError, execute};
use uuid::Uuid;

use crate::Curator;
use crate::collection::{Home, Placing};

/// Namespace of the curator's command ids (uuid v5); never changes.
const NAMESPACE: Uuid = Uuid::from_u128(0x41c2_7d0b_5a0e_5c7e_9d42_0c7f_2d6f_8b11);

/// Gives a command as the component `component`. `cause` names what asks for it: the same cause, the same command.
pub(crate) async fn give<A: Aggregate>(
    curator: &Curator,
    component: &str,
    id: &A::Id,
    command: &A::Command,
    cause: &str,
) -> Result<Executed<A>, ExecuteError<A::Rejection>> {
    give_as::<A>(curator, &Actor::system(component), id, command, cause).await
}

/// Gives a command in somebody's name: a steward's, where it carries out what they decided.
pub(crate) async fn give_as<A: Aggregate>(
    curator: &Curator,
    actor: &Actor,
    id: &A::Id,
    command: &A::Command,
    cause: &str,
) -> Result<Executed<A>, ExecuteError<A::Rejection>> {
    let envelope = Envelope {
        actor,
        command_id: command_id::<A>(id, cause),
        command_digest: Digest::of(key::<A>(id, cause).as_bytes()),
        reason: None,
        trace_id: None,
        now: (curator.now)(),
        policy: &curator.policy,
        expected: None,
    };
    execute::<A>(&*curator.store, id, command, &envelope).await
}

/// The id of the command that `cause` asks of one aggregate.
pub(crate) fn command_id<A: Aggregate>(id: &A::Id, cause: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, key::<A>(id, cause).as_bytes())
}

fn key<A: Aggregate>(id: &A::Id, cause: &str) -> String {
    format!("{}\0{id}\0{cause}", A::CATEGORY)
}

/// A public item and what was decided of it.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) item: ItemId,
    pub(crate) placing: Placing,
}

impl Decided {
    /// The entry that the item is in from now on.
    pub(crate) fn entry(&self) -> EntryId {
        match &self.placing.home {
            Home::Founds => EntryId::founded_by(self.item),
            Home::Joins { entry, .. } | Home::Stays { entry } => *entry,
        }
    }
}

/// Opens an item's cases and puts it where it belongs, unless it is already somewhere. Answers where it is then.
///
/// The cases come first: an item without a place is decided on again after a failure, and one that has its place is not.
pub(crate) async fn place(curator: &Curator, decided: &Decided) -> Result<EntryId, StoreError> {
    let item = decided.item;
    for suspicion in decided.placing.suspicions.iter().filter(|suspicion| suspicion.opens) {
        let case = CaseId::new(item, suspicion.other);
        let items = [item, suspicion.other];
        let command = DuplicateCaseCommand::Suspect { items, basis: suspicion.basis.clone() };
        settled(give::<DuplicateCase>(curator, "curator", &case, &command, "suspicion").await)?;
    }
    let basis = match &decided.placing.home {
        Home::Stays { entry } => return Ok(*entry),
        Home::Joins { basis, .. } => basis.clone(),
        Home::Founds => Basis::default(),
    };
    let command = PlacementCommand::Place { entry: decided.entry(), basis };
    let placed = settled(give::<Placement>(curator, "curator", &item, &command, "publication").await)?;
    let Some(Placement::Placed { entry, .. }) = placed.map(|placed| placed.state) else {
        // A steward took it out of the catalogue.
        return Ok(decided.entry());
    };
    // Only after the placement: another curator may have put the item elsewhere.
    if entry == EntryId::founded_by(item) {
        found(curator, entry).await?;
    }
    Ok(entry)
}

/// Founds an entry, unless it is there.
pub(crate) async fn found(curator: &Curator, entry: EntryId) -> Result<(), StoreError> {
    settled(give::<Entry>(curator, "curator", &entry, &EntryCommand::Form, "founder").await).map(drop)
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
pub(crate) fn settled<A: Aggregate>(
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
