//! The entries by what they can be filtered by, so that a filtered list costs about its result.

use std::collections::BTreeSet;
use std::ops::Bound;

use domain::item::{Audience, EntryPointChannel, Kind};
use domain::{DepartmentId, Division, EntryId};
use event_store::Position;
use imbl::{OrdMap, OrdSet};

use crate::{EntryView, Filter};

/// Live entries in order of their formation, as a whole and by each facet.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Facets {
    all: OrdMap<Position, EntryId>,
    by_facet: OrdMap<Facet, OrdSet<Position>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Facet {
    Region(Division),
    Department(DepartmentId),
    Kind(Kind),
    Audience(Audience),
    Channel(EntryPointChannel),
}

impl Facet {
    /// Everything that an entry can be found by.
    pub(crate) fn of(entry: &EntryView) -> BTreeSet<Self> {
        let mut facets = BTreeSet::new();
        for offering in &entry.offerings {
            let content = &offering.content;
            facets.insert(Self::Department(offering.department.id.clone()));
            facets.insert(Self::Kind(content.kind));
            facets.extend(content.regions.iter().cloned().map(Self::Region));
            facets.extend(content.audience.iter().copied().map(Self::Audience));
            facets.extend(content.entry_points.iter().map(|point| Self::Channel(point.channel)));
        }
        facets
    }

    /// What a filter asks for: at least one facet of each group.
    pub(crate) fn asked_by(filter: &Filter) -> Vec<Vec<Self>> {
        let region = filter.region.iter().map(|region| region.lineage().map(Self::Region).collect());
        let department =
            filter.department.iter().map(|department| vec![Self::Department(department.clone())]);
        let kind = filter.kind.iter().map(|kind| vec![Self::Kind(*kind)]);
        let audience = filter.audience.iter().map(|audience| vec![Self::Audience(*audience)]);
        let channel = filter.channel.iter().map(|channel| vec![Self::Channel(*channel)]);
        department.chain(region).chain(kind).chain(channel).chain(audience).collect()
    }
}

impl Facets {
    /// Takes an entry from under what it was to under what it is.
    pub(crate) fn replace(&mut self, old: Option<&EntryView>, new: Option<&EntryView>) {
        let before = old.map(Facet::of).unwrap_or_default();
        let after = new.map(Facet::of).unwrap_or_default();
        if let Some(old) = old {
            self.all.remove(&old.formed);
            for facet in before.difference(&after) {
                self.take_out(facet, old.formed);
            }
        }
        if let Some(new) = new {
            self.all.insert(new.formed, new.id);
            for facet in after.difference(&before) {
                self.by_facet.entry(facet.clone()).or_default().insert(new.formed);
            }
        }
    }

    fn take_out(&mut self, facet: &Facet, formed: Position) {
        if let Some(entries) = self.by_facet.get_mut(facet) {
            entries.remove(&formed);
            if entries.is_empty() {
                self.by_facet.remove(facet);
            }
        }
    }

    /// Entries that have a facet of every group, in order of formation, after `after`.
    ///
    /// Leapfrogs between the groups: each step jumps to the first place that a group still allows.
    pub(crate) fn matching(
        &self,
        filter: &Filter,
        after: Option<Position>,
    ) -> impl Iterator<Item = (Position, EntryId)> {
        let groups: Vec<Vec<&OrdSet<Position>>> = Facet::asked_by(filter)
            .iter()
            .map(|group| group.iter().filter_map(|facet| self.by_facet.get(facet)).collect())
            .collect();
        let mut from = after.map_or(Bound::Unbounded, Bound::Excluded);
        std::iter::from_fn(move || {
            let found = self.next(&groups, from)?;
            from = Bound::Excluded(found.0);
            Some(found)
        })
    }

    fn next(
        &self,
        groups: &[Vec<&OrdSet<Position>>],
        mut from: Bound<Position>,
    ) -> Option<(Position, EntryId)> {
        loop {
            let (candidate, entry) = self.all.range((from, Bound::Unbounded)).next()?;
            let mut furthest = *candidate;
            for group in groups {
                furthest = first_from(group, furthest)?;
            }
            if furthest == *candidate {
                return Some((*candidate, *entry));
            }
            from = Bound::Included(furthest);
        }
    }
}

/// The first place, not before `from`, that one of the sets has.
fn first_from(sets: &[&OrdSet<Position>], from: Position) -> Option<Position> {
    sets.iter().filter_map(|set| set.range(from..).next()).min().copied()
}
