//! Matches a whole list with itself.

mod clusters;
mod neighbours;

use std::{
    collections::{HashMap, hash_map::Entry},
    num::NonZeroUsize,
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
    index::{Index, MAX_CANDIDATES},
    lexicon::Lexicon,
    measure::{Ready, USUAL_SPREAD},
    model::{Measurements, prior},
    profile::Profile,
    score::{Judgement, Reasons},
};
use neighbours::Neighbours;

/// Pairs that a list of any length may propose, so that a short one is searched wider than a long one.
const PAIRS_TO_PROPOSE: usize = 32_000_000;
/// The most earlier items that one item is compared with, however short the list.
const MOST_CANDIDATES: usize = 1_024;
/// Items that one thread takes at once.
const CHUNK: usize = 256;
/// Pairs below this probability tell nothing of others and are forgotten, unless they are asked for.
const FAINT: f64 = 0.01;
/// Repeated names that are taken to exist beside those of the list, as usual.
const UNSEEN_NAMES: f64 = 8.0;

/// A list of profiles, ready to be matched with itself.
///
/// Beside what [`score`](crate::score) looks at, it weighs how rare a word is in the list, whether its departments share
/// their services, whether either item has a closer partner, and whether both have a common one.
#[derive(Debug)]
pub struct Batch {
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
    context: neighbours::Told,
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
        let mut index = Index::bounded(lexicon, most, most.max(256));
        for (place, profile) in (0..).zip(profiles) {
            index.insert(place, profile);
        }
        index.context.spread = spread(&index);
        Self { index }
    }

    /// Every pair that was compared and whose probability is `floor` or more, the most probable first.
    #[must_use]
    pub fn pairs(&self, floor: f64) -> Vec<Pair> {
        let (found, told) = self.told(floor.min(FAINT));
        let mut pairs: Vec<Pair> = found
            .into_iter()
            .zip(told)
            .map(|(pair, context)| pair.with(context))
            .filter(|pair| pair.probability >= floor)
            .collect();
        pairs.sort_unstable_by(|x, y| {
            y.probability.total_cmp(&x.probability).then((x.a, x.b).cmp(&(y.a, y.b)))
        });
        pairs
    }

    /// What was measured of every pair that was compared, and the bits that are set by hand: what a model is fitted to.
    #[must_use]
    pub fn measurements(&self) -> Vec<(u32, u32, Measurements, f64)> {
        let (found, told) = self.told(0.0);
        let ready = self.ready();
        let of = |pair: &Found, context: neighbours::Told| {
            let judged = self.judge(&ready, pair.a, pair.b, Reasons::only_counted())?;
            let fitted = judged.measurements.sum();
            let by_hand = judged.bits() - prior() - fitted;
            Some((pair.a, pair.b, context.into_measurements(judged.measurements), by_hand))
        };
        found.iter().zip(told).filter_map(|(pair, context)| of(pair, context)).collect()
    }

    /// What speaks for and against a pair, in words.
    #[must_use]
    pub fn explain(&self, pair: &Pair) -> Match {
        let of = |place| self.index.item(place).map(|(_, record)| self.index.ready(record));
        let judged = of(pair.a)
            .zip(of(pair.b))
            .map(|(a, b)| Judgement::of(&a, &b, &self.index.context, Reasons::in_words()));
        match judged {
            Some(judged) => {
                let measurements = pair.context.into_measurements(judged.measurements);
                judged.with_context(measurements).into_match()
            }
            None => crate::score(&Profile::default(), &Profile::default()),
        }
    }

    /// The list in groups of one service each, from its pairs; every place is in one group, groups and places in order.
    ///
    /// Only pairs of verdict [`Verdict::Same`] join, the most probable first, and two groups only when their members are
    /// alike on the whole: one link between two groups that have nothing else in common joins nothing.
    #[must_use]
    pub fn clusters(&self, pairs: &[Pair]) -> Vec<Vec<u32>> {
        clusters::of(self.index.len(), pairs)
    }

    /// What candidate search was bounded by.
    #[must_use]
    pub fn blocking(&self) -> Blocking {
        self.index.blocking()
    }

    fn ready(&self) -> Vec<Option<Ready<'_>>> {
        let items = (0..).map_while(|place| self.index.item(place));
        items.map(|(_, record)| Some(self.index.ready(record))).collect()
    }

    fn judge(&self, ready: &[Option<Ready>], a: u32, b: u32, reasons: Reasons) -> Option<Judgement> {
        let of = |place: u32| usize::try_from(place).ok().and_then(|at| ready.get(at))?.as_ref();
        Some(Judgement::of(of(a)?, of(b)?, &self.index.context, reasons))
    }

    /// The pairs of probability `floor` or more before others are looked at, and what others tell of each.
    fn told(&self, floor: f64) -> (Vec<Found>, Vec<neighbours::Told>) {
        let ready = self.ready();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut found = Vec::new();
            loop {
                let from = next.fetch_add(CHUNK, Ordering::Relaxed);
                let Some(some) = ready.get(from..ready.len().min(from + CHUNK)).filter(|some| !some.is_empty())
                else {
                    return found;
                };
                for (place, item) in (from..).zip(some) {
                    let (Some(item), Ok(place)) = (item, u32::try_from(place)) else { continue };
                    for other in self.index.proposals(item.record, place) {
                        let judged = self.judge(&ready, other, place, Reasons::only_counted());
                        found.extend(judged.map(|judged| Found::of(other, place, &judged)).filter(|found| {
                            found.probability >= floor
                        }));
                    }
                }
            }
        };
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let mut found: Vec<Found> = thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            // A thread that panicked found nothing; there is no code in it that can.
            workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
        });
        found.sort_unstable_by_key(|pair| (pair.a, pair.b));
        let told = Neighbours::of(ready.len(), &found).tell(&found);
        (found, told)
    }
}

/// A pair that was compared, before others are looked at.
#[derive(Clone, Copy, Debug)]
struct Found {
    a: u32,
    b: u32,
    bits: f64,
    probability: f64,
    relation: Relation,
    standing: crate::score::Standing,
}

impl Found {
    fn of(a: u32, b: u32, judged: &Judgement) -> Self {
        Self {
            a,
            b,
            bits: judged.bits(),
            probability: judged.probability(),
            relation: judged.relation,
            standing: judged.standing,
        }
    }

    fn with(self, context: neighbours::Told) -> Pair {
        let bits = self.bits + context.into_measurements(Measurements::default()).sum();
        let probability = self.standing.probability(bits);
        let verdict = self.standing.verdict(probability);
        Pair { a: self.a, b: self.b, probability, verdict, relation: self.relation, context }
    }
}

/// Share of the names of several items that several departments use, other than counterparts.
fn spread(index: &Index<u32>) -> f64 {
    let mut names: HashMap<u64, (&str, bool, bool), RandomState> = HashMap::default();
    for (_, record) in (0..).map_while(|place| index.item(place)) {
        let (Some(name), Some(office)) = (record.name.key, record.department.as_ref()) else { continue };
        match names.entry(name) {
            Entry::Occupied(mut seen) => {
                let (first, repeated, several) = seen.get_mut();
                *repeated = true;
                *several |= *first != office.function;
            }
            Entry::Vacant(place) => {
                place.insert((office.function.as_str(), false, false));
            }
        }
    }
    let repeated = names.values().filter(|(_, repeated, _)| *repeated);
    let (all, several) =
        repeated.fold((0.0, 0.0), |(all, some), (_, _, several)| (all + 1.0, some + f64::from(u8::from(*several))));
    (several + UNSEEN_NAMES * USUAL_SPREAD) / (all + UNSEEN_NAMES)
}
