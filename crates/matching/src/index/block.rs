//! Blocks: members under a key, listed up to a bound.

use std::collections::{HashMap, hash_map::Entry};

use foldhash::fast::RandomState;

#[derive(Clone, Debug)]
struct Block<M> {
    /// How many members it has, listed or not.
    count: u32,
    /// Those that came first, at most `bound`, in order of value.
    listed: Vec<M>,
}

/// Members by key. A key is a hash: keys that collide share a block, which costs a comparison and nothing else.
#[derive(Clone, Debug)]
pub(super) struct Blocks<M> {
    /// The most members that a block lists.
    bound: usize,
    blocks: HashMap<u64, Block<M>, RandomState>,
}

impl<M> Blocks<M> {
    pub(super) fn new(bound: usize) -> Self {
        Self { bound, blocks: HashMap::default() }
    }
}

impl<M: Copy + Ord> Blocks<M> {
    /// Adds a member that the block doesn't have, and says how many it has now.
    pub(super) fn add(&mut self, key: u64, member: M) -> u32 {
        let block =
            self.blocks.entry(key).or_insert_with(|| Block { count: 0, listed: Vec::with_capacity(1) });
        block.count = block.count.saturating_add(1);
        if block.listed.len() < self.bound {
            let place = block.listed.partition_point(|listed| *listed < member);
            block.listed.insert(place, member);
        }
        block.count
    }

    /// Removes a member that the block has, and says how many are left.
    pub(super) fn remove(&mut self, key: u64, member: M) -> u32 {
        let Entry::Occupied(mut entry) = self.blocks.entry(key) else { return 0 };
        let block = entry.get_mut();
        block.count = block.count.saturating_sub(1);
        if let Ok(place) = block.listed.binary_search(&member) {
            block.listed.remove(place);
        }
        let left = block.count;
        if left == 0 {
            entry.remove();
        }
        left
    }

    /// How many blocks list fewer members than they have, and the members of the largest block.
    pub(super) fn full(&self) -> (usize, u32) {
        let counts = || self.blocks.values().map(|block| block.count);
        let full =
            counts().filter(|count| usize::try_from(*count).is_ok_and(|count| count > self.bound)).count();
        (full, counts().max().unwrap_or_default())
    }

    /// How many members a block has.
    pub(super) fn count(&self, key: u64) -> u32 {
        self.blocks.get(&key).map_or(0, |block| block.count)
    }

    /// The `most` keys whose blocks are smallest but not empty, with what it tells to be in them.
    pub(super) fn rarest(&self, keys: impl Iterator<Item = u64>, most: usize) -> Vec<(u64, f64)> {
        let mut counts: Vec<(u32, u64)> =
            keys.map(|key| (self.count(key), key)).filter(|(count, _)| *count > 0).collect();
        counts.sort_unstable();
        let told = |count: u32| 1.0 / (1.0 + f64::from(count)).log2();
        counts.into_iter().take(most).map(|(count, key)| (key, told(count))).collect()
    }

    /// The members that a block lists.
    pub(super) fn members(&self, key: u64) -> &[M] {
        self.blocks.get(&key).map_or(&[], |block| &block.listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_counts_all_and_lists_a_bounded_number() {
        let mut blocks = Blocks::new(256);
        for member in (0..1_000_u32).rev() {
            blocks.add(7, member);
        }
        assert_eq!(blocks.count(7), 1_000);
        assert_eq!(blocks.members(7).len(), 256);
        assert!(blocks.members(7).is_sorted());
        let left: Vec<u32> = (0..1_000).map(|member| blocks.remove(7, member)).collect();
        assert_eq!(left.last(), Some(&0));
        assert!(blocks.members(7).is_empty());
        assert_eq!(blocks.remove(7, 1), 0);
    }
}
