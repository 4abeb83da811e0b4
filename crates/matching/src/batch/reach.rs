//! What candidate search can find at most, told from a sample: some items are compared with all that stand before them.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};

use super::{Batch, of};
use crate::{
    index::Search,
    model::log_odds,
    score::{Glance, NameMemory},
    weights::SUSPECT_FLOOR,
};

/// How much of what would be said to be one service candidate search proposes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reach {
    /// Items of the list that were compared with everything before them.
    pub items: usize,
    /// Pairs of these that are more likely one service than not, by what the two say themselves.
    pub probable: usize,
    /// Those of them that candidate search proposes, too.
    pub proposed: usize,
}

impl Reach {
    /// The most that recall can be, 0 to 1, as far as the sample tells; none where it has no probable pair.
    ///
    /// Of pairs, not of groups: what is left out of a hundred items with one name, the others hold together.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        (self.probable > 0).then(|| self.proposed as f64 / self.probable as f64)
    }
}

impl Batch {
    /// Compares every so many-th item with all before it, about `comparisons` times in all, and says how many of the
    /// probable pairs candidate search proposes.
    #[must_use]
    pub fn reach(&self, comparisons: usize) -> Reach {
        let ready = self.ready();
        // An item in the middle has half of the list before it.
        let items = (comparisons / (ready.len() / 2).max(1)).clamp(1, ready.len().max(1));
        let every = ready.len().div_ceil(items).max(1);
        let (mut memory, mut search) = (NameMemory::default(), Search::of(&self.index));
        let least = log_odds(SUSPECT_FLOOR);
        let mut reach = Reach::default();
        // From the middle of the first step on, so that neither end is preferred.
        for rank in (0..=u32::MAX).take(ready.len()).skip(every / 2).step_by(every) {
            let Some(item) = of(&ready, rank) else { continue };
            let proposed: HashSet<u32, RandomState> = search.proposals(item.record, rank).collect();
            reach.items += 1;
            for other in 0..rank {
                let Some(first) = of(&ready, other) else { continue };
                let glance = Glance::of(first, item, &self.index.context);
                if glance.most_bits() >= least
                    && glance.only_counted(&mut memory).probability() >= SUSPECT_FLOOR
                {
                    reach.probable += 1;
                    reach.proposed += usize::from(proposed.contains(&other));
                }
            }
        }
        reach
    }
}
