//! What a split comes to: which item goes from where to where, or why none does.

use std::collections::BTreeSet;

use domain::placement::Decider;
use domain::{EntryId, ItemId, Placement};
use read_model::Snapshot;

use crate::problem::{Code, Problem};

/// Most items that are split at once.
const MOST_ITEMS: usize = 100;

/// A split that nothing speaks against, as far as the snapshot knows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The revision of the entry that is split.
    pub(super) revision: u64,
    /// The entry under which readers find the items afterwards.
    pub(super) into: EntryId,
    /// Whether that entry has to be founded first.
    pub(super) founds: bool,
    /// All moves but one.
    pub(super) others: Vec<Move>,
    /// The last move.
    pub(super) last: Move,
}

/// One item's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) item: ItemId,
    /// The entry that it is placed in now.
    pub(super) from: EntryId,
    /// The entry that it is placed in afterwards.
    pub(super) into: EntryId,
}

/// An item and where it is.
struct Member<'s> {
    item: ItemId,
    from: EntryId,
    by: Decider,
    parted_from: &'s BTreeSet<EntryId>,
}

impl Plan {
    pub(super) fn of(
        snapshot: &Snapshot,
        entry: EntryId,
        items: &[ItemId],
        into: Option<EntryId>,
    ) -> Result<Self, Problem> {
        let Some(revision) = snapshot.entry_revision(entry) else { return Err(Problem::not_found("entry")) };
        refuse_alias(snapshot, entry)?;
        check_list(items)?;
        let family: BTreeSet<EntryId> = snapshot.family(entry).into_iter().collect();
        let members = members(snapshot, items)?;
        let (into, founds) = match into {
            Some(into) if into == entry => {
                return Err(Problem::invalid_field("/into", "same-entry", "the items leave this entry"));
            }
            Some(into) if snapshot.entry_revision(into).is_none() => {
                return Err(Problem::invalid_field("/into", "unknown-entry", "there is no such entry"));
            }
            Some(into) => {
                refuse_alias(snapshot, into)?;
                (into, false)
            }
            None => match already_apart(&members, &family) {
                Some(there) => (there, false),
                None => founded(snapshot, &family, items)?,
            },
        };
        let mut moves = Vec::new();
        for (index, member) in members.iter().enumerate() {
            // What comes back goes exactly where it was, be that an alias by now.
            let was = member.parted_from.iter().copied().find(|from| snapshot.survivor(*from) == into);
            let step = Move { item: member.item, from: member.from, into: was.unwrap_or(into) };
            let is_there = member.from == step.into && member.by == Decider::Steward;
            if !is_there && !family.contains(&member.from) {
                let pointer = format!("/items/{index}");
                return Err(Problem::invalid_field(
                    &pointer,
                    "foreign-item",
                    "the item is not in this entry",
                ));
            }
            moves.push(step);
        }
        let comes_back =
            moves.iter().zip(&members).all(|(step, member)| member.parted_from.contains(&step.into));
        if !comes_back {
            refuse_to_empty(snapshot, entry, items)?;
        }
        let last = moves.pop().ok_or_else(|| Problem::internal("a list that was checked is empty"))?;
        Ok(Self { revision, into, founds, others: moves, last })
    }

    /// Whether every item is where it should be.
    pub(super) fn is_done(&self) -> bool {
        self.others.iter().chain([&self.last]).all(|step| step.from == step.into)
    }
}

fn check_list(items: &[ItemId]) -> Result<(), Problem> {
    if !(1..=MOST_ITEMS).contains(&items.len()) {
        let detail = format!("name 1 to {MOST_ITEMS} items");
        return Err(Problem::invalid_field("/items", "count", detail));
    }
    let mut seen = BTreeSet::new();
    match items.iter().position(|item| !seen.insert(item)) {
        Some(index) => {
            Err(Problem::invalid_field(&format!("/items/{index}"), "repeated", "name each item once"))
        }
        None => Ok(()),
    }
}

fn refuse_alias(snapshot: &Snapshot, entry: EntryId) -> Result<(), Problem> {
    let survivor = snapshot.survivor(entry);
    if survivor == entry {
        return Ok(());
    }
    let detail = format!("the entry is merged into {survivor}; name that, or restore it first");
    Err(Problem::new(Code::EntryMerged, detail).with_member("mergedInto", survivor))
}

fn members<'s>(snapshot: &'s Snapshot, items: &[ItemId]) -> Result<Vec<Member<'s>>, Problem> {
    let place = |(index, item): (usize, &ItemId)| match snapshot.item(*item).map(|view| &view.placement) {
        Some(Placement::Placed { entry, by, parted_from, .. }) => {
            Ok(Member { item: *item, from: *entry, by: *by, parted_from })
        }
        Some(Placement::Unplaced | Placement::Withdrawn { .. }) | None => {
            let pointer = format!("/items/{index}");
            Err(Problem::invalid_field(&pointer, "foreign-item", "the item is in no entry"))
        }
    };
    items.iter().enumerate().map(place).collect()
}

/// The entry where all of them are since they were split from this one, if they were.
fn already_apart(members: &[Member<'_>], family: &BTreeSet<EntryId>) -> Option<EntryId> {
    let there = members.first()?.from;
    let split = |member: &Member<'_>| {
        member.from == there
            && member.by == Decider::Steward
            && !family.contains(&there)
            && member.parted_from.iter().any(|from| family.contains(from))
    };
    members.iter().all(split).then_some(there)
}

/// The entry of the first item that can found one for them alone, and whether that is still to be founded.
fn founded(
    snapshot: &Snapshot,
    family: &BTreeSet<EntryId>,
    items: &[ItemId],
) -> Result<(EntryId, bool), Problem> {
    for entry in items.iter().map(|item| EntryId::founded_by(*item)) {
        if family.contains(&entry) || snapshot.survivor(entry) != entry {
            continue;
        }
        let mut others = snapshot.family(entry).into_iter().flat_map(|name| snapshot.members(name));
        if others.all(|member| items.contains(&member)) {
            return Ok((entry, snapshot.entry_revision(entry).is_none()));
        }
    }
    let detail = "none of the items can found an entry: the entries that they founded are in use, this one or its \
                  aliases among them; name one with `into`, restore an alias, or split the other items instead";
    Err(Problem::invalid_field("/items", "no-founder", detail))
}

/// Refuses to leave an identifier that the public knows with nothing to lead to.
fn refuse_to_empty(snapshot: &Snapshot, entry: EntryId, items: &[ItemId]) -> Result<(), Problem> {
    let Some(view) = snapshot.live_entry(entry) else { return Ok(()) };
    if view.offerings.iter().any(|offering| !items.contains(&offering.item)) {
        return Ok(());
    }
    let detail = "no public item would be left in the entry; merge it instead, and its identifier lives on as an alias";
    Err(Problem::new(Code::EntryEmptied, detail))
}
