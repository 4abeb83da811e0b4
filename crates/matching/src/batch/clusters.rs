//! Groups that don't chain.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::{batch::Pair, evidence::Verdict};

/// Mean probability between the members of two groups from which they are alike on the whole.
const ALIKE: f64 = 0.5;
/// Pairs between two groups that are enough to tell; of larger groups not every pair was compared.
const ENOUGH_PAIRS: usize = 64;

/// Groups of items `0..items`, from pairs, the most probable first; each with its members in the order of joining.
pub(super) fn of(items: usize, pairs: &[Pair]) -> Vec<Vec<u32>> {
    let mut groups: Vec<Group> =
        (0..).take(items).map(|place| Group { members: vec![place], ..Group::default() }).collect();
    for pair in pairs {
        link(&mut groups, pair);
    }
    let mut home: Vec<usize> = (0..items).collect();
    for pair in pairs.iter().filter(|pair| pair.verdict == Verdict::Same) {
        let (Some(x), Some(y)) = (at(&home, pair.a), at(&home, pair.b)) else { continue };
        if x != y && alike(&groups, x, y) {
            let (large, small) = if size(&groups, x) >= size(&groups, y) { (x, y) } else { (y, x) };
            join(&mut groups, &mut home, large, small);
        }
    }
    groups.into_iter().map(|group| group.members).filter(|members| !members.is_empty()).collect()
}

#[derive(Debug, Default)]
struct Group {
    members: Vec<u32>,
    /// Sum of the probabilities between this group's members and another group's.
    links: HashMap<usize, f64, RandomState>,
}

fn at(home: &[usize], place: u32) -> Option<usize> {
    usize::try_from(place).ok().and_then(|place| home.get(place)).copied()
}

fn size(groups: &[Group], group: usize) -> usize {
    groups.get(group).map_or(0, |group| group.members.len())
}

fn link(groups: &mut [Group], pair: &Pair) {
    let (Ok(a), Ok(b)) = (usize::try_from(pair.a), usize::try_from(pair.b)) else { return };
    for (from, to) in [(a, b), (b, a)] {
        if let Some(group) = groups.get_mut(from) {
            *group.links.entry(to).or_default() += pair.probability;
        }
    }
}

/// A pair that was never compared counts as unlike.
#[expect(clippy::cast_precision_loss, reason = "at most 64")]
fn alike(groups: &[Group], x: usize, y: usize) -> bool {
    let between = groups.get(x).and_then(|group| group.links.get(&y)).copied().unwrap_or_default();
    let pairs = size(groups, x).saturating_mul(size(groups, y)).min(ENOUGH_PAIRS);
    between >= ALIKE * pairs as f64
}

fn join(groups: &mut [Group], home: &mut [usize], large: usize, small: usize) {
    let taken = groups.get_mut(small).map(std::mem::take).unwrap_or_default();
    for (other, sum) in taken.links {
        if let Some(group) = groups.get_mut(other) {
            group.links.remove(&small);
            if other != large {
                *group.links.entry(large).or_default() += sum;
            }
        }
        if other != large
            && let Some(group) = groups.get_mut(large)
        {
            *group.links.entry(other).or_default() += sum;
        }
    }
    for member in &taken.members {
        if let Some(home) = usize::try_from(*member).ok().and_then(|member| home.get_mut(member)) {
            *home = large;
        }
    }
    if let Some(group) = groups.get_mut(large) {
        group.members.extend(taken.members);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Relation;

    fn pair(a: u32, b: u32, probability: f64) -> Pair {
        let verdict = if probability >= 0.9 { Verdict::Same } else { Verdict::Suspect };
        let (relation, context) = (Relation::OtherImplementer, crate::batch::Told::default());
        Pair { a, b, probability, verdict, relation, context }
    }

    #[test]
    fn every_item_is_in_one_group() {
        assert_eq!(of(3, &[]), [[0], [1], [2]]);
        assert_eq!(of(3, &[pair(0, 2, 0.99)]), [vec![0, 2], vec![1]]);
    }

    #[test]
    fn one_link_does_not_join_two_groups() {
        let pairs = [pair(0, 1, 0.99), pair(2, 3, 0.98), pair(1, 2, 0.95)];
        assert_eq!(of(4, &pairs), [[0, 1], [2, 3]]);
        let all = [pair(0, 1, 0.99), pair(2, 3, 0.98), pair(1, 2, 0.95), pair(0, 2, 0.9), pair(1, 3, 0.7)];
        assert_eq!(of(4, &all), [[0, 1, 2, 3]]);
    }

    #[test]
    fn what_is_only_suspected_joins_nothing() {
        assert_eq!(of(2, &[pair(0, 1, 0.8)]), [[0], [1]]);
    }
}
