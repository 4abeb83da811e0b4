//! Lists, page by page: entries, a department's items, the review queue, and the change feed.

use std::ops::Bound;
use std::sync::Arc;

use domain::item::Stage;
use domain::{DepartmentId, EntryId};
use event_store::Position;

use crate::snapshot::FeedPlace;
use crate::{
    Change, ChangeToken, EntryStanding, EntryView, Filter, ItemView, Page, Removal, ResyncRequired, Snapshot,
};

/// A part of the change feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// The latest change of each entry that changed, in order of the log.
    pub changes: Vec<Change>,
    /// Where to go on, also when nothing has changed.
    pub next: ChangeToken,
    /// Whether more changes are there already.
    pub more: bool,
}

impl Snapshot {
    /// The live entries that `filter` lets through, in order of their formation.
    ///
    /// The cursor is the place of formation of the last entry of the page before: an entry keeps its place for
    /// ever, so that writes between two pages neither repeat nor hide others.
    pub fn list(
        &self,
        filter: &Filter,
        after: Option<Position>,
        limit: usize,
    ) -> Page<Arc<EntryView>, Position> {
        let found =
            self.facets.matching(filter, after).filter_map(|(formed, id)| match self.entries.get(&id) {
                Some(EntryStanding::Live(view)) if filter.matches(view) => Some((formed, view)),
                Some(EntryStanding::Live(_) | EntryStanding::Alias { .. } | EntryStanding::Retired(_))
                | None => None,
            });
        page(found, limit)
    }

    /// A department's items, in order of their registration.
    pub fn items_of(
        &self,
        department: &DepartmentId,
        after: Option<Position>,
        limit: usize,
    ) -> Page<Arc<ItemView>, Position> {
        let registered = self.items_of.get(department).into_iter();
        let found = registered
            .flat_map(|items| items.range((lower(after), Bound::Unbounded)))
            .filter_map(|(position, id)| Some((*position, self.items.get(id)?)));
        page(found, limit)
    }

    /// The items that wait for one stage of review, in order of their submission.
    ///
    /// All of them, or one department's.
    pub fn review_queue(
        &self,
        stage: Stage,
        department: Option<&DepartmentId>,
        after: Option<Position>,
        limit: usize,
    ) -> Page<Arc<ItemView>, Position> {
        let after = after.unwrap_or(Position::START);
        match department {
            Some(department) => {
                let from = Bound::Excluded((department.clone(), stage, after));
                let queue = self.queue_of.range((from, Bound::Unbounded));
                let waiting = queue
                    .take_while(|((of, at, _), _)| of == department && *at == stage)
                    .filter_map(|((_, _, position), id)| Some((*position, self.items.get(id)?)));
                page(waiting, limit)
            }
            None => {
                let queue = self.queue.range((Bound::Excluded((stage, after)), Bound::Unbounded));
                let waiting = queue
                    .take_while(|((at, _), _)| *at == stage)
                    .filter_map(|((_, position), id)| Some((*position, self.items.get(id)?)));
                page(waiting, limit)
            }
        }
    }

    /// The latest change of each entry that changed after `since`, in order of the log; all of them for `None`.
    ///
    /// Fails with [`ResyncRequired`] for a token of another log, or of this log's future.
    pub fn changes(&self, since: Option<ChangeToken>, limit: usize) -> Result<Changes, ResyncRequired> {
        let from = match since {
            None => Bound::Unbounded,
            Some(token) => {
                // A log's beginning is every log's beginning.
                let of_this_log = token.position == Position::START || token.log == self.log;
                if !of_this_log || token.position > self.position {
                    return Err(ResyncRequired);
                }
                Bound::Excluded((token.position, token.entry.map_or(FeedPlace::End, FeedPlace::Entry)))
            }
        };
        let mut changed = self.feed.range((from, Bound::Unbounded)).filter_map(|(_, place)| match place {
            FeedPlace::Entry(id) => self.change(*id),
            FeedPlace::End => None,
        });
        let changes: Vec<Change> = changed.by_ref().take(limit).collect();
        let more = changed.next().is_some();
        let next = match (changes.last(), more) {
            (Some(last), true) => {
                ChangeToken { log: self.log, position: last.changed(), entry: Some(last.id()) }
            }
            (None, true) => {
                since.unwrap_or(ChangeToken { log: None, position: Position::START, entry: None })
            }
            (_, false) => ChangeToken { log: self.log, position: self.position, entry: None },
        };
        Ok(Changes { changes, next, more })
    }

    fn change(&self, id: EntryId) -> Option<Change> {
        let removal = match self.entries.get(&id) {
            Some(EntryStanding::Live(view)) => return Some(Change::Upserted(Arc::clone(view))),
            Some(EntryStanding::Alias { into }) => Removal::MergedInto(*into),
            Some(EntryStanding::Retired(view)) => Removal::Retired(Arc::clone(view)),
            None => Removal::Withdrawn,
        };
        let node = self.nodes.get(&id)?;
        Some(Change::Removed { id, removal, changed: node.changed, at: node.updated_at })
    }

    /// The entries that changed after `position`, as far as anybody outside could know them.
    pub(crate) fn changed_after(&self, position: Position) -> impl Iterator<Item = EntryId> {
        let from = Bound::Excluded((position, FeedPlace::End));
        self.feed.range((from, Bound::Unbounded)).filter_map(|(_, place)| match place {
            FeedPlace::Entry(id) => Some(*id),
            FeedPlace::End => None,
        })
    }
}

fn lower(after: Option<Position>) -> Bound<Position> {
    after.map_or(Bound::Unbounded, Bound::Excluded)
}

/// Takes `limit` elements, and a cursor if there are more.
fn page<'a, T: 'a>(
    found: impl Iterator<Item = (Position, &'a Arc<T>)>,
    limit: usize,
) -> Page<Arc<T>, Position> {
    let mut items = Vec::new();
    let mut last = None;
    for (position, view) in found {
        if items.len() == limit {
            return Page { items, next: last };
        }
        items.push(Arc::clone(view));
        last = Some(position);
    }
    Page { items, next: None }
}
