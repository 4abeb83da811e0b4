//! Events as the fold takes them: read from their JSON, which is most of the work and needs no state.

use std::num::NonZeroUsize;
use std::str::FromStr;
use std::thread;

use domain::{
    Aggregate, CallCount, CallCountEvent, CaseId, Channel, ChannelEvent, ChannelId, Department,
    DepartmentEvent, DepartmentId, DuplicateCase, DuplicateCaseEvent, Entry, EntryEvent, EntryId, Item,
    ItemEvent, ItemId, Placement, PlacementEvent, Revocation, RevocationEvent, RevocationId,
};
use event_store::{Cause, Recorded, decode};

/// Fewest events for which a thread of their own is worth it.
const A_THREADS_WORK: usize = 256;

/// An event that was read.
#[derive(Debug)]
pub(crate) struct Happened {
    /// None if the metadata can't be read.
    pub(super) cause: Option<Cause>,
    pub(super) what: What,
}

/// What it says.
#[derive(Debug)]
pub(super) enum What {
    Item(ItemId, ItemEvent),
    Placement(ItemId, PlacementEvent),
    Entry(EntryId, EntryEvent),
    Department(DepartmentId, DepartmentEvent),
    Channel(ChannelId, ChannelEvent),
    Revocation(RevocationId, RevocationEvent),
    Case(CaseId, DuplicateCaseEvent),
    Calls(CallCountEvent),
    /// About the log itself, and nothing that readers ask for.
    OfTheLog,
    /// Nothing that this binary can read, and why.
    PassedOver(&'static str),
}

impl Happened {
    pub(crate) fn read(recorded: &Recorded) -> Self {
        Self { cause: recorded.cause().ok(), what: What::read(recorded) }
    }

    /// Reads events on as many threads as there are processors; blocks the caller meanwhile.
    pub(crate) fn read_all(events: &[Recorded]) -> Vec<Self> {
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let share = events.len().div_ceil(threads).max(A_THREADS_WORK);
        let read = |share: &[Recorded]| share.iter().map(Self::read).collect::<Vec<_>>();
        let mut shares = events.chunks(share);
        let own = shares.next().unwrap_or_default();
        thread::scope(|scope| {
            let others: Vec<_> = shares.map(|share| (share, scope.spawn(move || read(share)))).collect();
            let mut happened = read(own);
            for (share, other) in others {
                // A thread that panicked did so over an event: then it happens here, where it is seen.
                happened.extend(other.join().unwrap_or_else(|_| read(share)));
            }
            happened
        })
    }
}

impl What {
    fn read(recorded: &Recorded) -> Self {
        match recorded.stream.category() {
            Item::CATEGORY => event::<Item>(recorded, Self::Item),
            Placement::CATEGORY => event::<Placement>(recorded, Self::Placement),
            Entry::CATEGORY => event::<Entry>(recorded, Self::Entry),
            Department::CATEGORY => event::<Department>(recorded, Self::Department),
            Channel::CATEGORY => event::<Channel>(recorded, Self::Channel),
            Revocation::CATEGORY => event::<Revocation>(recorded, Self::Revocation),
            DuplicateCase::CATEGORY => event::<DuplicateCase>(recorded, Self::Case),
            CallCount::CATEGORY => event::<CallCount>(recorded, |_, event| Self::Calls(event)),
            event_store::ANCHOR_CATEGORY => Self::OfTheLog,
            _ => Self::PassedOver("its stream is of no kind that is known"),
        }
    }
}

fn event<A: Aggregate>(recorded: &Recorded, what: impl FnOnce(A::Id, A::Event) -> What) -> What {
    match (A::Id::from_str(recorded.stream.key()), decode::<A::Event>(recorded)) {
        (Ok(id), Ok(Some(event))) => what(id, event),
        (_, Ok(None)) => What::PassedOver("its type is not known"),
        (Err(_), _) => What::PassedOver("its stream's key is no identifier"),
        (_, Err(_)) => What::PassedOver("its data can't be read"),
    }
}
