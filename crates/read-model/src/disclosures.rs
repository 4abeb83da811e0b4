//! The list of disclosures: which department may learn what, since when, and who approved it.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use domain::{DepartmentId, EntryId, ItemId};
use event_store::Position;

use crate::views::{Disclosure, DisclosurePlace};
use crate::{Page, Snapshot};

/// How many disclosures are looked at for one part: a rare one makes short parts, not slow ones.
const LOOKED_AT: usize = 5000;

/// Which disclosures are listed: those that meet every condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DisclosureFilter {
    /// This department's, or what was this department's.
    pub department: Option<DepartmentId>,
    /// Of this claim.
    pub claim: Option<String>,
    /// Through this item.
    pub item: Option<ItemId>,
    /// Through an item that readers find under this entry now; an alias stands for its survivor.
    pub entry: Option<EntryId>,
    /// Those in force, or those that ended.
    pub in_force: Option<bool>,
}

/// What disclosures are looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DisclosureFacet {
    Department(DepartmentId),
    Item(ItemId),
    Claim(String),
}

impl Snapshot {
    /// The disclosures that `filter` lets through, in the order in which they began.
    ///
    /// A part may be short although more follow, because only so many are looked at for one.
    pub fn disclosures(
        &self,
        filter: &DisclosureFilter,
        after: Option<DisclosurePlace>,
        limit: usize,
    ) -> Page<Arc<Disclosure>, DisclosurePlace> {
        let mut items = Vec::new();
        let mut last = None;
        for (looked_at, place) in self.candidates(filter, after).enumerate() {
            if items.len() == limit || looked_at == LOOKED_AT {
                return Page { items, next: last };
            }
            last = Some(place);
            items.extend(self.disclosures.get(&place).filter(|found| is_wanted(found, filter)).cloned());
        }
        Page { items, next: None }
    }

    /// The places after `after` of all that the narrowest of the conditions leaves.
    fn candidates<'a>(
        &'a self,
        filter: &DisclosureFilter,
        after: Option<DisclosurePlace>,
    ) -> Box<dyn Iterator<Item = DisclosurePlace> + 'a> {
        let facet = match (filter.item, filter.entry, &filter.department, &filter.claim) {
            (Some(item), _, _, _) => DisclosureFacet::Item(item),
            (None, Some(entry), _, _) => return Box::new(self.of_entry(entry, after).into_iter()),
            (None, None, Some(department), _) => DisclosureFacet::Department(department.clone()),
            (None, None, None, Some(claim)) => DisclosureFacet::Claim(claim.clone()),
            (None, None, None, None) => {
                let from = after.map_or(Bound::Unbounded, Bound::Excluded);
                return Box::new(self.disclosures.range((from, Bound::Unbounded)).map(|(place, _)| *place));
            }
        };
        Box::new(self.of_facet(facet, after))
    }

    fn of_facet(
        &self,
        facet: DisclosureFacet,
        after: Option<DisclosurePlace>,
    ) -> impl Iterator<Item = DisclosurePlace> {
        let from = match after {
            Some(place) => Bound::Excluded((facet.clone(), place)),
            None => {
                Bound::Included((facet.clone(), DisclosurePlace { position: Position::START, number: 0 }))
            }
        };
        let places = self.disclosure_facets.range((from, Bound::Unbounded));
        places.take_while(move |(of, _)| *of == facet).map(|(_, place)| *place)
    }

    fn of_entry(&self, entry: EntryId, after: Option<DisclosurePlace>) -> BTreeSet<DisclosurePlace> {
        let family = self.family(self.survivor(entry));
        let items = family.into_iter().flat_map(|name| self.members(name));
        items.flat_map(|item| self.of_facet(DisclosureFacet::Item(item), after)).collect()
    }
}

fn is_wanted(disclosure: &Disclosure, filter: &DisclosureFilter) -> bool {
    filter.department.as_ref().is_none_or(|department| disclosure.department == *department)
        && filter.claim.as_ref().is_none_or(|claim| disclosure.claim == *claim)
        && filter.item.is_none_or(|item| disclosure.item == item)
        && filter.in_force.is_none_or(|in_force| disclosure.end.is_none() == in_force)
}
