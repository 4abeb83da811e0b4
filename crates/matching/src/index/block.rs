//! Blocks: members under a key, listed up to a bound.

use std::collections::{HashMap, hash_map::Entry};

/// The most members that a block lists.
pub(super) const MAX_BLOCK: usize = 256;

#[derive(Clone, Debug)]
struct Block<M> {
    /// How many members it has, listed or not.
    count: u32,
    /// Those that came first, at most [`MAX_BLOCK`], in order of value.
    listed: Vec<M>,
}

/// Members by key. A key is a hash: keys that collide share a block, which costs a comparison and nothing else.
#[derive(Clone, Debug)]
pub(super) struct Blocks<M> {
    blocks: HashMap<u64, Block<M>>,
}

impl<M> Default for Blocks<M> {
    fn default() -> Self {
        Self { blocks: HashMap::new() }
    }
}

impl<M: Copy + Ord> Blocks<M> {
    /// Adds a member that the block doesn't have, and says how many it has now.
    pub(super) fn add(&mut self, key: u64, member: M) -> u32 {
        let block =
            self.blocks.entry(key).or_insert_with(|| Block { count: 0, listed: Vec::with_capacity(1) });
        block.count = block.count.saturating_add(1);
        if block.listed.len() < MAX_BLOCK {
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

    /// How many members a block has.
    pub(super) fn count(&self, key: u64) -> u32 {
        self.blocks.get(&key).map_or(0, |block| block.count)
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
        let mut blocks = Blocks::default();
        for member in (0..1_000_u32).rev() {
            blocks.add(7, member);
        }
        assert_eq!(blocks.count(7), 1_000);
        assert_eq!(blocks.members(7).len(), MAX_BLOCK);
        assert!(blocks.members(7).is_sorted());
        let left: Vec<u32> = (0..1_000).map(|member| blocks.remove(7, member)).collect();
        assert_eq!(left.last(), Some(&0));
        assert!(blocks.members(7).is_empty());
        assert_eq!(blocks.remove(7, 1), 0);
    }
}
