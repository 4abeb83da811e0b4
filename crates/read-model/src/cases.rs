//! The list of duplicate cases: what a steward with hundreds of them picks out, and in which order.

use std::fmt;
use std::ops::Bound;
use std::str::FromStr;
use std::sync::Arc;

use domain::{Basis, DepartmentId, EntryId, Relation};
use event_store::Position;

use crate::{CaseView, Page, Snapshot};

/// How many cases are looked at for one part: a rare one makes short parts, not slow ones.
const LOOKED_AT: usize = 5000;

/// Which cases are listed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaseFilter {
    /// Those that have a decision, or those that wait for one.
    pub decided: bool,
    /// Those with an item that this department owns now.
    pub department: Option<DepartmentId>,
    /// Those with an item that readers find under this entry now; an alias stands for its survivor.
    pub entry: Option<EntryId>,
    /// Those of this relation.
    pub relation: Option<Relation>,
    /// Those whose heaviest evidence is this feature's.
    pub feature: Option<String>,
    /// Those whose stated probability is at least this.
    pub min_probability: Option<f64>,
}

/// The order of a list of cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CaseOrder {
    /// The oldest suspicion first.
    #[default]
    Age,
    /// The most probable first, and between equals the oldest.
    Probability,
}

/// The place of a case in one of the two orders; written as `<position>` or `<rank>-<position>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CasePlace {
    /// Of the order by age.
    Age(Position),
    /// Of the order by probability.
    Probability(Rank, Position),
}

/// A stated probability as a key, the highest first; what states none comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(u64);

impl Rank {
    pub(crate) fn of(basis: &Basis) -> Self {
        // Of numbers from 0 upwards, the bits (IEEE 754) are ordered as the numbers are.
        Self(basis.probability.map_or(u64::MAX, |probability| !probability.clamp(0.0, 1.0).to_bits()))
    }
}

impl fmt::Display for CasePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Age(position) => position.fmt(f),
            Self::Probability(Rank(rank), position) => write!(f, "{rank:016x}-{position}"),
        }
    }
}

/// The text is no place of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in a list of cases")]
pub struct ForeignPlace;

impl FromStr for CasePlace {
    type Err = ForeignPlace;

    fn from_str(text: &str) -> Result<Self, ForeignPlace> {
        match text.split_once('-') {
            None => text.parse().map(Self::Age).map_err(|_| ForeignPlace),
            Some((rank, position)) => {
                let rank = u64::from_str_radix(rank, 16).map_err(|_| ForeignPlace)?;
                Ok(Self::Probability(Rank(rank), position.parse().map_err(|_| ForeignPlace)?))
            }
        }
    }
}

impl CasePlace {
    /// The order that it is a place of.
    pub fn order(self) -> CaseOrder {
        match self {
            Self::Age(_) => CaseOrder::Age,
            Self::Probability(..) => CaseOrder::Probability,
        }
    }
}

impl Snapshot {
    /// The duplicate cases that `filter` lets through.
    ///
    /// A part may be short although more follow, because only so many cases are looked at for one. A place of the other
    /// order is no place to go on from: the list begins at its start.
    pub fn list_cases(
        &self,
        filter: &CaseFilter,
        order: CaseOrder,
        after: Option<CasePlace>,
        limit: usize,
    ) -> Page<Arc<CaseView>, CasePlace> {
        let decided = filter.decided;
        match order {
            CaseOrder::Age => {
                let from = match after {
                    Some(CasePlace::Age(position)) => Bound::Excluded((decided, position)),
                    Some(CasePlace::Probability(..)) | None => Bound::Included((decided, Position::START)),
                };
                let cases = self.cases_by_age.range((from, Bound::Unbounded));
                let cases = cases.take_while(|((of, _), _)| *of == decided);
                self.part(filter, limit, cases.map(|((_, position), id)| (CasePlace::Age(*position), id)))
            }
            CaseOrder::Probability => {
                let from = match after {
                    Some(CasePlace::Probability(rank, position)) => {
                        Bound::Excluded((decided, rank, position))
                    }
                    Some(CasePlace::Age(_)) | None => Bound::Included((decided, Rank(0), Position::START)),
                };
                let cases = self.cases_by_probability.range((from, Bound::Unbounded));
                let cases = cases.take_while(|((of, _, _), _)| *of == decided);
                self.part(
                    filter,
                    limit,
                    cases.map(|((_, rank, position), id)| (CasePlace::Probability(*rank, *position), id)),
                )
            }
        }
    }

    fn part<'a>(
        &self,
        filter: &CaseFilter,
        limit: usize,
        cases: impl Iterator<Item = (CasePlace, &'a domain::CaseId)>,
    ) -> Page<Arc<CaseView>, CasePlace> {
        let survivor = filter.entry.map(|entry| self.survivor(entry));
        let mut items = Vec::new();
        let mut last = None;
        for (looked_at, (place, id)) in cases.enumerate() {
            if items.len() == limit || looked_at == LOOKED_AT {
                return Page { items, next: last };
            }
            last = Some(place);
            items.extend(self.cases.get(id).filter(|view| self.is_wanted(view, filter, survivor)).cloned());
        }
        Page { items, next: None }
    }

    fn is_wanted(&self, view: &CaseView, filter: &CaseFilter, survivor: Option<EntryId>) -> bool {
        let of_items = || view.items.iter().filter_map(|item| self.items.get(item));
        let basis = &view.basis;
        filter.relation.is_none_or(|relation| basis.relation == Some(relation))
            && filter.min_probability.is_none_or(|least| basis.probability.is_some_and(|p| p >= least))
            && filter.feature.as_deref().is_none_or(|feature| basis.leading_feature() == Some(feature))
            && filter
                .department
                .as_ref()
                .is_none_or(|department| of_items().any(|item| item.state.department == *department))
            && survivor.is_none_or(|survivor| {
                of_items().any(|item| item.entry().is_some_and(|entry| self.survivor(entry) == survivor))
            })
    }
}
