//! Matches a whole list with itself.

mod clusters;
mod neighbours;
mod order;
mod reach;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, hash_map::Entry},
    num::NonZeroUsize,
    panic::resume_unwind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};

use crate::{
    evidence::{Match, Relation, Verdict},
    index::{Index, MAX_CANDIDATES, Search},
    lexicon::Lexicon,
    measure::{Ready, USUAL_SPREAD},
    model::{Measure, Measurements, log_odds, prior},
    office::Office,
    profile::Profile,
    score::{Glance, Judgement, NameMemory},
};
use neighbours::{ClosestSummaries, FAINT, Neighbours, Told};
use order::Order;
pub use reach::Reach;

/// Pairs that a list of any length may propose, so that a short one is searched wider than a long one.
const PAIRS_TO_PROPOSE: usize = 16_000_000;
/// The most earlier items that one item is compared with, however short the list.
const MOST_CANDIDATES: usize = 1_024;
/// Items that one thread takes at once.
const CHUNK: usize = 256;
/// Repeated names that are taken to exist beside those of the list, as usual.
const UNSEEN_NAMES: f64 = 8.0;

/// A list of profiles, ready to be matched with itself.
///
/// Beside what [`score`](crate::score) looks at, it weighs how rare a word is in the list, whether its departments share
/// their services, whether either item has a closer partner, and whether both have a common one.
///
/// The answer doesn't depend on the list's order, within one limit: where more items say exactly the same than are looked at,
/// those that come first in the list are.
#[derive(Debug)]
pub struct Batch {
    order: Order,
    /// By rank in that order.
    index: Index<u32>,
}

/// Two places of a list and what they are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The first place, from 0.
    pub a: u32,
    /// The second place, above the first.
    pub b: u32,
    /// Stated probability that the two are one service, 0 to 1.
    pub probability: f64,
    /// What follows.
    pub verdict: Verdict,
    /// What they would be to each other.
    pub relation: Relation,
    /// What other pairs tell of this one.
    context: Told,
}

/// What candidate search did with a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Blocking {
    /// The most earlier items that one item was compared with.
    pub most_candidates: usize,
    /// Blocks that held more items than they list; what only such a block has in common was not compared.
    pub full_blocks: usize,
    /// Items in the largest block.
    pub largest_block: u32,
}

impl Batch {
    /// Takes a list in.
    #[must_use]
    pub fn new(profiles: &[Profile]) -> Self {
        Self::with_words(Arc::clone(Lexicon::built_in()), profiles)
    }

    /// Takes a list in, reading names and departments with these words.
    #[must_use]
    pub fn with_words(lexicon: Arc<Lexicon>, profiles: &[Profile]) -> Self {
        let most = (PAIRS_TO_PROPOSE / profiles.len().max(1)).clamp(MAX_CANDIDATES, MOST_CANDIDATES);
        Self::bounded(lexicon, profiles, most, most.max(256))
    }

    /// Compares an item with `most` others at most, from blocks of `block` members.
    fn bounded(lexicon: Arc<Lexicon>, profiles: &[Profile], most: usize, block: usize) -> Self {
        let order = Order::of(profiles);
        let mut index = Index::bounded(lexicon, most, block);
        for (rank, profile) in (0..=u32::MAX).zip(order.arrange(profiles)) {
            index.insert(rank, profile);
        }
        index.context.spread = spread(&index);
        Self { order, index }
    }

    /// Every pair that was compared and whose probability is `floor` or more, the most probable first.
    #[must_use]
    pub fn pairs(&self, floor: f64) -> Vec<Pair> {
        let (found, told) = self.told(floor);
        let mut pairs: Vec<Pair> = found
            .into_iter()
            .zip(told)
            .filter_map(|(pair, context)| pair.with(context, &self.order))
            .filter(|pair| pair.probability >= floor)
            .collect();
        pairs.sort_unstable_by(|x, y| {
            y.probability.total_cmp(&x.probability).then((x.a, x.b).cmp(&(y.a, y.b)))
        });
        pairs
    }

    /// What was measured of every pair that was compared, as two places, and the bits that are set by hand: what a model is
    /// fitted to.
    #[must_use]
    pub fn measurements(&self) -> Vec<(u32, u32, Measurements, f64)> {
        let (found, told) = self.told(0.0);
        let ready = self.ready();
        let mut memory = NameMemory::default();
        let mut measured = |pair: &Found, context: Told| {
            let glance = Glance::of(of(&ready, pair.a)?, of(&ready, pair.b)?, &self.index.context);
            let judged = glance.only_counted(&mut memory);
            let by_hand = judged.bits() - prior() - judged.measurements.sum();
            let (a, b) = (self.order.place(pair.a)?, self.order.place(pair.b)?);
            Some((a.min(b), a.max(b), context.into_measurements(judged.measurements), by_hand))
        };
        found.iter().zip(told).filter_map(|(pair, context)| measured(pair, context)).collect()
    }

    /// What speaks for and against a pair of this list, in words.
    ///
    /// Places that the list doesn't have are items that say nothing.
    #[must_use]
    pub fn explain(&self, pair: &Pair) -> Match {
        let of = |place| self.index.item(self.order.rank(place)?).map(|(_, record)| self.index.ready(record));
        let Some((a, b)) = of(pair.a).zip(of(pair.b)) else {
            return crate::score(&Profile::default(), &Profile::default());
        };
        let judged = Glance::of(&a, &b, &self.index.context).in_words();
        let measurements = pair.context.into_measurements(judged.measurements);
        let found = judged.with_context(measurements).into_match();
        // The same sum, rounded once more where it is made in another order.
        Match { probability: pair.probability, verdict: pair.verdict, ..found }
    }

    /// The list in groups of one service each, from its pairs; every place is in one group, groups and places in order.
    ///
    /// Only pairs of verdict [`Verdict::Same`] join, the most probable first, and two groups only when their members are
    /// alike on the whole: one link between two groups that have nothing else in common joins nothing.
    #[must_use]
    pub fn clusters(&self, pairs: &[Pair]) -> Vec<Vec<u32>> {
        // Equally probable pairs join in the order of ranks, so that the list's order decides nothing.
        let ranked = |pair: &Pair| {
            let (a, b) = (self.order.rank(pair.a)?, self.order.rank(pair.b)?);
            Some(Pair { a: a.min(b), b: a.max(b), ..*pair })
        };
        let mut ranked: Vec<Pair> = pairs.iter().filter_map(ranked).collect();
        ranked.sort_unstable_by(|x, y| {
            y.probability.total_cmp(&x.probability).then((x.a, x.b).cmp(&(y.a, y.b)))
        });
        let mut groups = clusters::of(self.index.len(), &ranked);
        for group in &mut groups {
            *group = group.iter().filter_map(|rank| self.order.place(*rank)).collect();
            group.sort_unstable();
        }
        groups.sort_unstable();
        groups
    }

    /// What candidate search was bounded by.
    #[must_use]
    pub fn blocking(&self) -> Blocking {
        self.index.blocking()
    }

    /// Every item, by rank.
    fn ready(&self) -> Vec<Ready<'_>> {
        (0..=u32::MAX)
            .map_while(|rank| self.index.item(rank))
            .map(|(_, record)| self.index.ready(record))
            .collect()
    }

    /// The pairs, by rank, that are at the floor or may come there when others are looked at, and what others tell of each.
    fn told(&self, floor: f64) -> (Vec<Found>, Vec<Told>) {
        let least = (log_odds(floor) - Told::most_bits()).min(log_odds(FAINT));
        let ready = self.ready();
        let turns = turns(&ready);
        let next = AtomicUsize::new(0);
        let work = || {
            let (mut found, mut closest) = (Vec::new(), ClosestSummaries::of_none(ready.len()));
            let (mut memory, mut search) = (NameMemory::default(), Search::of(&self.index));
            loop {
                let from = next.fetch_add(CHUNK, Ordering::Relaxed);
                let Some(some) =
                    turns.get(from..turns.len().min(from + CHUNK)).filter(|some| !some.is_empty())
                else {
                    return (found, closest);
                };
                for rank in some.iter().copied() {
                    let Some(item) = of(&ready, rank) else { continue };
                    for other in search.proposals(item.record, rank) {
                        let Some(first) = of(&ready, other) else { continue };
                        let glance = Glance::of(first, item, &self.index.context);
                        if let Some(alike) = glance.summaries() {
                            closest.see([other, rank], alike);
                        }
                        if glance.most_bits() >= least {
                            let pair = Found::of(other, rank, &glance.only_counted(&mut memory));
                            found.extend(Some(pair).filter(|pair| pair.bits >= least));
                        }
                    }
                }
            }
        };
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let (mut found, mut closest) = (Vec::new(), ClosestSummaries::of_none(ready.len()));
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            for worker in workers {
                let (pairs, seen) = worker.join().unwrap_or_else(|panic| resume_unwind(panic));
                found.extend(pairs);
                closest.take_in(&seen);
            }
        });
        found.sort_unstable_by_key(|pair| (pair.a, pair.b));
        let told = Neighbours::of(ready.len(), &found, closest).tell(&found);
        (found, told)
    }
}

/// The item of a rank.
fn of<'g, 'r>(ready: &'g [Ready<'r>], rank: u32) -> Option<&'g Ready<'r>> {
    ready.get(usize::try_from(rank).ok()?)
}

/// Every rank, those with one name after each other: what is found out of a name is used at once.
fn turns(ready: &[Ready]) -> Vec<u32> {
    let mut turns: Vec<(u64, u32)> =
        ready.iter().zip(0..=u32::MAX).map(|(item, rank)| (item.record.name.hash, rank)).collect();
    turns.sort_unstable();
    turns.into_iter().map(|(_, rank)| rank).collect()
}

/// A pair that was compared, by rank, before others are looked at.
#[derive(Clone, Copy, Debug)]
struct Found {
    a: u32,
    b: u32,
    bits: f64,
    relation: Relation,
    standing: crate::score::Standing,
    /// How alike the summaries are, where both have one.
    summaries: Option<f32>,
}

impl Found {
    fn of(a: u32, b: u32, judged: &Judgement) -> Self {
        Self {
            a,
            b,
            bits: judged.bits(),
            relation: judged.relation,
            standing: judged.standing,
            summaries: judged.measurements.get(Measure::SummaryWords).map(|alike| alike as f32),
        }
    }

    fn with(self, context: Told, order: &Order) -> Option<Pair> {
        let (a, b) = (order.place(self.a)?, order.place(self.b)?);
        let bits = self.bits + context.into_measurements(Measurements::default()).sum();
        let probability = self.standing.probability(bits);
        let verdict = self.standing.verdict(probability);
        Some(Pair { a: a.min(b), b: a.max(b), probability, verdict, relation: self.relation, context })
    }
}

/// Share of the names used more than once that departments of several functions use. What only counterparts share says
/// nothing of it.
fn spread(index: &Index<u32>) -> f64 {
    let mut names: HashMap<u64, (&Office, Use), RandomState> = HashMap::default();
    for (_, record) in (0..=u32::MAX).map_while(|rank| index.item(rank)) {
        let (Some(name), Some(office)) = (record.name.key, record.department.as_deref()) else { continue };
        match names.entry(name) {
            Entry::Occupied(mut seen) => {
                let (first, used) = seen.get_mut();
                used.by_several |= first.function != office.function;
                used.again |= first.text == office.text;
            }
            Entry::Vacant(place) => {
                place.insert((office, Use::default()));
            }
        }
    }
    let (mut all, mut several) = (UNSEEN_NAMES, UNSEEN_NAMES * USUAL_SPREAD);
    for (_, used) in names.values() {
        all += f64::from(u8::from(used.by_several || used.again));
        several += f64::from(u8::from(used.by_several));
    }
    several / all
}

/// Who uses a name after its first department did.
#[derive(Debug, Default)]
struct Use {
    /// A department of another function.
    by_several: bool,
    /// The very same department.
    again: bool,
}
