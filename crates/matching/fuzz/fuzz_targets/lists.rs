//! Matching a list with itself: pairs in order and explained, clusters a partition, whatever the list's order.

#![no_main]

use std::collections::BTreeSet;

use inputs::Item;
use libfuzzer_sys::fuzz_target;
use matching::{Batch, Profile};

/// The clusters as sets of items, in an order of their own.
fn partition<'p>(list: &'p [Profile], clusters: &[Vec<u32>]) -> BTreeSet<BTreeSet<&'p Profile>> {
    let items = |cluster: &Vec<u32>| cluster.iter().filter_map(|place| list.get(*place as usize)).collect();
    clusters.iter().map(items).collect()
}

fuzz_target!(|items: (Vec<Item>, f64)| {
    let (items, floor) = items;
    // Items that say the same are interchangeable, but not the same item: the order is compared without them.
    let mut list: Vec<Profile> = items
        .into_iter()
        .take(24)
        .map(|Item(profile)| profile)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let batch = Batch::new(&list);
    let pairs = batch.pairs(floor);
    assert!(pairs.is_sorted_by(|x, y| x.probability >= y.probability));
    for pair in &pairs {
        assert!(pair.a < pair.b && (pair.b as usize) < list.len() && pair.probability >= floor);
        let found = batch.explain(pair);
        assert_eq!(
            (found.probability, found.verdict, found.relation),
            (pair.probability, pair.verdict, pair.relation)
        );
    }
    let clusters = batch.clusters(&batch.pairs(0.5));
    let mut places = clusters.concat();
    places.sort_unstable();
    assert!(places.into_iter().eq((0_u32..).take(list.len())));
    let found = format!("{:?}", partition(&list, &clusters));
    list.reverse();
    let reversed = Batch::new(&list);
    let again = reversed.clusters(&reversed.pairs(0.5));
    assert_eq!(found, format!("{:?}", partition(&list, &again)));
});
