//! What stewards made of what matching said: the figures on which thresholds are set.
//!
//! A suspicion is a question, and an automatic join an answer that nobody was asked about. A decided case says of one
//! pair what it is; so does a steward who takes an automatically joined item out of its entry again, or says that it
//! belongs there. Nothing is estimated: what nobody has looked at is counted as that, and beside every share stand the
//! numbers that it is made of. Stewards look at what seems doubtful, so that the share of wrong joins among the decided
//! ones is an upper bound of what it is among all, rather than a sample of it.

use std::collections::{BTreeMap, HashMap};

use domain::duplicate_case::Decision;
use domain::placement::Decider;
use domain::{CaseId, ItemId, Placement, Relation};

use crate::{CaseView, Join, Snapshot};

/// The precision that a floor has to have: no more than one wrong merge in a hundred.
pub const TARGET_PRECISION: f64 = 0.99;
/// Lower bounds of the ranges of probability, from the highest; what is below the last is one range.
const BOUNDS: [f64; 5] = [0.9, 0.8, 0.7, 0.6, 0.5];
/// Most features that are told apart: those of the most frequent evidence.
const MOST_FEATURES: usize = 64;

/// The figures, at one position of the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MatchingReport {
    /// Suspicions.
    pub cases: Share<CaseTally>,
    /// What the curator did without asking.
    pub joins: Share<JoinTally>,
    /// The lowest probability from which on automatic joins were right often enough; none where no probability was.
    pub floor_of_joins: Option<Floor>,
    /// The same among all pairs that were decided, joined or only suspected.
    pub floor_of_pairs: Option<Floor>,
}

/// One sort of figures: all together, and told apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Share<T> {
    /// All.
    pub total: T,
    /// By the stated probability: lower and upper bound of a range and its figures, from the highest; the upper bound
    /// belongs to the next range, but for 1.
    pub by_probability: Vec<(f64, f64, T)>,
    /// By the feature with the heaviest evidence, the most frequent first; `None` where there was no evidence.
    pub by_feature: Vec<(Option<String>, T)>,
    /// By the relation of the two; `None` where none was stated.
    pub by_relation: Vec<(Option<Relation>, T)>,
}

/// What became of suspicions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CaseTally {
    /// How many there were.
    pub suspected: u64,
    /// How many wait for a decision.
    pub open: u64,
    /// How many are the same service.
    pub confirmed: u64,
    /// How many are different services.
    pub dismissed: u64,
    /// How many were decided once and reopened, whatever they are now.
    pub reopened: u64,
}

/// What became of automatic joins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JoinTally {
    /// How many there were.
    pub joined: u64,
    /// How many nobody has said anything about.
    pub unseen: u64,
    /// How many were said to be right or wrong.
    pub decided: Verdicts,
}

/// What stewards said of pairs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// The same service.
    pub right: u64,
    /// Different services.
    pub wrong: u64,
}

/// A probability from which on everything could have been joined without asking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Floor {
    /// The probability.
    pub probability: f64,
    /// What was decided of the pairs at or above it.
    pub decided: Verdicts,
}

impl Verdicts {
    /// The share of the right ones; none where nothing is decided.
    pub fn precision(self) -> Option<f64> {
        let all = self.right + self.wrong;
        (all > 0).then(|| self.right as f64 / all as f64)
    }

    fn note(&mut self, right: bool) {
        if right { self.right += 1 } else { self.wrong += 1 }
    }
}

impl MatchingReport {
    /// The figures of a snapshot. The work is in proportion to the cases and the automatic joins.
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut cases = Counting::<CaseTally>::default();
        let mut pairs = HashMap::new();
        for view in snapshot.cases.values() {
            let basis = &view.basis;
            cases.count(basis.probability, basis.leading_feature(), basis.relation, |tally| tally.note(view));
            if let (Some(probability), Some(same)) = (basis.probability, said(view)) {
                pairs.insert(view.id, (probability, same));
            }
        }
        let mut joins = Counting::<JoinTally>::default();
        let mut joined = Vec::new();
        for (item, join) in &snapshot.joins {
            let right = snapshot.was_right(*item, join);
            joins.count(Some(join.probability), join.feature.as_deref(), join.relation, |tally| {
                tally.note(right)
            });
            if let Some(right) = right {
                joined.push((join.probability, right));
                pairs.entry(CaseId::new(*item, join.with)).or_insert((join.probability, right));
            }
        }
        Self {
            cases: cases.finish(|tally| tally.suspected),
            joins: joins.finish(|tally| tally.joined),
            floor_of_joins: floor(joined),
            floor_of_pairs: floor(pairs.into_values().collect()),
        }
    }
}

impl CaseTally {
    fn note(&mut self, view: &CaseView) {
        self.suspected += 1;
        match view.decision {
            Decision::Open => self.open += 1,
            Decision::Confirmed { .. } => self.confirmed += 1,
            Decision::Dismissed { .. } => self.dismissed += 1,
        }
        if view.reopenings > 0 {
            self.reopened += 1;
        }
    }
}

impl JoinTally {
    fn note(&mut self, right: Option<bool>) {
        self.joined += 1;
        match right {
            Some(right) => self.decided.note(right),
            None => self.unseen += 1,
        }
    }
}

/// What a decided case says of its pair: whether it is the same service.
fn said(view: &CaseView) -> Option<bool> {
    match view.decision {
        Decision::Open => None,
        Decision::Confirmed { .. } => Some(true),
        Decision::Dismissed { .. } => Some(false),
    }
}

impl Snapshot {
    /// Whether an automatic join was right, if a steward said so: by where the item is now, else of the very pair.
    fn was_right(&self, item: ItemId, join: &Join) -> Option<bool> {
        let placement = &self.items.get(&item)?.placement;
        if placement.is_parted_from(join.entry) {
            return Some(false);
        }
        match placement {
            Placement::Placed { entry, by: Decider::Steward, .. } if *entry == join.entry => Some(true),
            Placement::Placed { .. } | Placement::Unplaced | Placement::Withdrawn { .. } => {
                said(self.cases.get(&CaseId::new(item, join.with))?)
            }
        }
    }
}

/// The lowest stated probability such that enough of the pairs at or above it are right.
fn floor(mut pairs: Vec<(f64, bool)>) -> Option<Floor> {
    pairs.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let mut decided = Verdicts::default();
    let mut found = None;
    for equals in pairs.chunk_by(|(a, _), (b, _)| a == b) {
        equals.iter().for_each(|(_, right)| decided.note(*right));
        if let Some((probability, _)) = equals.first()
            && decided.precision().is_some_and(|precision| precision >= TARGET_PRECISION)
        {
            found = Some(Floor { probability: *probability, decided });
        }
    }
    found
}

/// Figures in the making.
#[derive(Debug, Default)]
struct Counting<T> {
    total: T,
    /// By the index of the range, counted from the highest.
    ranges: [T; BOUNDS.len() + 1],
    features: BTreeMap<Option<String>, T>,
    relations: Vec<(Option<Relation>, T)>,
}

impl<T: Default + Copy> Counting<T> {
    fn count(
        &mut self,
        probability: Option<f64>,
        feature: Option<&str>,
        relation: Option<Relation>,
        note: impl Fn(&mut T),
    ) {
        note(&mut self.total);
        // What states no probability is in the total alone.
        if let Some(probability) = probability {
            let range = BOUNDS.iter().position(|bound| probability >= *bound).unwrap_or(BOUNDS.len());
            self.ranges.get_mut(range).into_iter().for_each(&note);
        }
        note(self.features.entry(feature.map(str::to_owned)).or_default());
        match self.relations.iter_mut().find(|(of, _)| *of == relation) {
            Some((_, tally)) => note(tally),
            None => {
                let mut tally = T::default();
                note(&mut tally);
                self.relations.push((relation, tally));
            }
        }
    }

    fn finish(self, number: impl Fn(&T) -> u64) -> Share<T> {
        let lower = BOUNDS.iter().copied().chain([0.0]);
        let upper = [1.0].into_iter().chain(BOUNDS.iter().copied());
        let mut by_feature: Vec<_> = self.features.into_iter().collect();
        // Stable: between equals, the order of their names.
        by_feature.sort_by_key(|(_, tally)| std::cmp::Reverse(number(tally)));
        by_feature.truncate(MOST_FEATURES);
        let mut by_relation = self.relations;
        by_relation.sort_by_key(|(_, tally)| std::cmp::Reverse(number(tally)));
        Share {
            total: self.total,
            by_probability: lower
                .zip(upper)
                .zip(self.ranges)
                .map(|((from, to), tally)| (from, to, tally))
                .collect(),
            by_feature,
            by_relation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_the_lowest_probability_from_which_on_enough_is_right() {
        assert_eq!(floor(Vec::new()), None);
        assert_eq!(floor(vec![(0.99, false), (0.9, true)]), None);
        let mut pairs: Vec<_> = (0..99).map(|_| (0.95, true)).collect();
        pairs.extend([(0.93, false), (0.97, true), (0.92, false)]);
        let decided = Verdicts { right: 100, wrong: 1 };
        assert_eq!(floor(pairs), Some(Floor { probability: 0.93, decided }));
    }

    #[test]
    fn equally_probable_pairs_are_above_the_floor_together() {
        let pairs = vec![(0.95, true), (0.9, true), (0.9, false)];
        let decided = Verdicts { right: 1, wrong: 0 };
        assert_eq!(floor(pairs), Some(Floor { probability: 0.95, decided }));
    }

    #[test]
    fn every_probability_is_in_one_range() {
        let mut counting = Counting::<CaseTally>::default();
        for probability in [1.0, 0.9, 0.89, 0.5, 0.49, 0.0, -1.0, 7.0] {
            counting.count(Some(probability), None, None, |tally| tally.suspected += 1);
        }
        counting.count(None, Some("name"), None, |tally| tally.suspected += 1);
        let share = counting.finish(|tally| tally.suspected);
        let ranges: Vec<_> =
            share.by_probability.iter().map(|(from, to, tally)| (*from, *to, tally.suspected)).collect();
        assert_eq!(
            ranges,
            [(0.9, 1.0, 3), (0.8, 0.9, 1), (0.7, 0.8, 0), (0.6, 0.7, 0), (0.5, 0.6, 1), (0.0, 0.5, 3)]
        );
        assert_eq!(share.total.suspected, 9);
        assert_eq!(
            share.by_feature.first().map(|(name, tally)| (name.clone(), tally.suspected)),
            Some((None, 8))
        );
    }
}
