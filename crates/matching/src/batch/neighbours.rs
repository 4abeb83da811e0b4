//! What the other pairs of a list tell of a pair: whether somebody is closer, and whether both have a common partner.

use serde::{Deserialize, Serialize};

use crate::{
    batch::Found,
    model::{Measure, Measurements, log_odds, most_bits, probability},
};

/// Pairs below this probability tell nothing of others.
pub(super) const FAINT: f64 = 0.01;
/// The most partners of one item that are looked at, the closest.
const MAX_PARTNERS: usize = 32;
/// Bits of an item without another partner, and the largest lead that counts.
const NOBODY: f64 = -8.0;

/// What other pairs tell of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Told {
    summary_rival: Option<f32>,
    rival: f32,
    rival_of_one: f32,
    neighbour: f32,
}

impl Told {
    /// The most that it can weigh for a pair, in bits.
    pub(super) fn most_bits() -> f64 {
        [Measure::SummaryRival, Measure::Rival, Measure::RivalOfOne, Measure::Neighbour]
            .map(most_bits)
            .iter()
            .sum()
    }

    /// Adds it to what was measured of the pair itself.
    pub(super) fn into_measurements(self, mut measurements: Measurements) -> Measurements {
        measurements.set(Measure::SummaryRival, self.summary_rival.map(f64::from));
        measurements.set(Measure::Rival, f64::from(self.rival));
        measurements.set(Measure::RivalOfOne, f64::from(self.rival_of_one));
        measurements.set(Measure::Neighbour, f64::from(self.neighbour));
        measurements
    }
}

/// What is known of every item beside a pair.
#[derive(Debug)]
pub(super) struct Neighbours {
    /// The closest partners, the closest first, as (item, bits).
    partners: Vec<Vec<(u32, f32)>>,
    summaries: ClosestSummaries,
}

/// How alike the summary that is closest to an item's own is to it, for every item.
#[derive(Debug)]
pub(super) struct ClosestSummaries(Vec<f32>);

impl ClosestSummaries {
    pub(super) fn of_none(items: usize) -> Self {
        Self(vec![0.0; items])
    }

    /// Looks at a pair of items whose summaries are that alike.
    pub(super) fn see(&mut self, items: [u32; 2], alike: f64) {
        let alike = told(alike);
        for item in items {
            if let Some(closest) = place_of(&mut self.0, item) {
                *closest = closest.max(alike);
            }
        }
    }

    /// Takes in what others saw of the same items.
    pub(super) fn take_in(&mut self, others: &Self) {
        self.0.iter_mut().zip(&others.0).for_each(|(closest, other)| *closest = closest.max(*other));
    }

    fn closest(&self, item: u32) -> f32 {
        usize::try_from(item).ok().and_then(|at| self.0.get(at)).copied().unwrap_or_default()
    }
}

impl Neighbours {
    pub(super) fn of(items: usize, found: &[Found], summaries: ClosestSummaries) -> Self {
        let mut partners = vec![Vec::new(); items];
        let faint = log_odds(FAINT);
        for pair in found.iter().filter(|pair| pair.bits >= faint) {
            for (item, other) in [(pair.a, pair.b), (pair.b, pair.a)] {
                if let Some(list) = place_of(&mut partners, item) {
                    list.push((other, told(pair.bits)));
                    if list.len() >= 2 * MAX_PARTNERS {
                        keep_closest(list);
                    }
                }
            }
        }
        partners.iter_mut().for_each(keep_closest);
        Self { partners, summaries }
    }

    /// What they tell of each pair, in the pairs' order.
    pub(super) fn tell(&self, found: &[Found]) -> Vec<Told> {
        found.iter().map(|pair| self.of_pair(pair)).collect()
    }

    fn of_pair(&self, pair: &Found) -> Told {
        let (left, right) = (self.partners(pair.a), self.partners(pair.b));
        let lead = |partners: &[(u32, f32)], other: u32| {
            let best = partners.iter().find(|(item, _)| *item != other);
            let best = best.map_or(NOBODY, |(_, bits)| f64::from(*bits));
            (pair.bits - best).clamp(NOBODY, -NOBODY)
        };
        let (a, b) = (lead(left, pair.b), lead(right, pair.a));
        let common = strongest_common(left, right);
        let closest = self.summaries.closest(pair.a).min(self.summaries.closest(pair.b));
        Told {
            summary_rival: pair.summaries.map(|alike| alike - closest),
            rival: told(a.min(b)),
            rival_of_one: told(a.max(b)),
            neighbour: told(probability(common.into())),
        }
    }

    fn partners(&self, item: u32) -> &[(u32, f32)] {
        usize::try_from(item).ok().and_then(|at| self.partners.get(at)).map_or(&[], Vec::as_slice)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "three digits of each are told")]
fn told(value: f64) -> f32 {
    value as f32
}

fn place_of<T>(list: &mut [T], item: u32) -> Option<&mut T> {
    usize::try_from(item).ok().and_then(|at| list.get_mut(at))
}

/// The most that the weaker of two links to one item has; both lists have their strongest first.
fn strongest_common(left: &[(u32, f32)], right: &[(u32, f32)]) -> f32 {
    let mut strongest = f32::NEG_INFINITY;
    for (item, bits) in left {
        if *bits <= strongest {
            break;
        }
        let stronger = right.iter().take_while(|(_, other)| *other > strongest);
        let mut same = stronger.filter(|(other, _)| other == item);
        strongest = same.next().map_or(strongest, |(_, other)| bits.min(*other));
    }
    strongest
}

fn keep_closest(list: &mut Vec<(u32, f32)>) {
    list.sort_unstable_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
    list.truncate(MAX_PARTNERS);
}
