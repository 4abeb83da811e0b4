//! One order for a list, in whichever order it came: what a list's bounds cut off must not depend on that.

use crate::{profile::Profile, terms::hash64};

/// The places of a list in an order that follows from what stands there.
///
/// Items that say exactly the same stand in the list's order: which of them is which is nothing that they tell.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// The place in the list, by rank.
    places: Vec<u32>,
    /// The rank, by place in the list.
    ranks: Vec<u32>,
}

impl Order {
    pub(super) fn of(profiles: &[Profile]) -> Self {
        let mut keyed: Vec<(u64, u32)> =
            (0..=u32::MAX).zip(profiles).map(|(place, profile)| (hash64(profile), place)).collect();
        keyed.sort_unstable();
        let places: Vec<u32> = keyed.into_iter().map(|(_, place)| place).collect();
        let mut ranks = vec![0; places.len()];
        for (rank, place) in (0..=u32::MAX).zip(&places) {
            if let Some(slot) = usize::try_from(*place).ok().and_then(|at| ranks.get_mut(at)) {
                *slot = rank;
            }
        }
        Self { places, ranks }
    }

    /// The list in this order.
    pub(super) fn arrange<'p>(&self, profiles: &'p [Profile]) -> impl Iterator<Item = &'p Profile> {
        self.places.iter().filter_map(|place| profiles.get(usize::try_from(*place).ok()?))
    }

    /// The place of a rank.
    pub(super) fn place(&self, rank: u32) -> Option<u32> {
        self.places.get(usize::try_from(rank).ok()?).copied()
    }

    /// The rank of a place.
    pub(super) fn rank(&self, place: u32) -> Option<u32> {
        self.ranks.get(usize::try_from(place).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_order_whatever_order_it_came_in() {
        let named = |name: &str| Profile { name: name.to_owned(), ..Profile::default() };
        let list = ["取水许可", "结婚登记", "养蜂证核发", "取水许可"].map(named);
        let mut other = list.clone();
        other.reverse();
        let arranged = |list: &[Profile]| Order::of(list).arrange(list).cloned().collect::<Vec<_>>();
        assert_eq!(arranged(&list), arranged(&other));
        let order = Order::of(&list);
        for place in 0..4 {
            assert_eq!(order.rank(place).and_then(|rank| order.place(rank)), Some(place));
        }
        assert_eq!((order.rank(4), order.place(4)), (None, None));
    }
}
