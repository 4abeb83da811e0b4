//! Scoring two profiles: symmetric, in range, explained in short words; and an index says the same before and after others.

#![no_main]

use inputs::Item;
use libfuzzer_sys::fuzz_target;
use matching::{Index, MAX_CANDIDATES, score};

fuzz_target!(|items: (Item, Item, Vec<(u8, Item)>)| {
    let (Item(a), Item(b), others) = items;
    let found = score(&a, &b);
    assert_eq!(found, score(&b, &a), "{a:#?} {b:#?}");
    assert!((0.0..=1.0).contains(&found.probability));
    assert!(
        found
            .evidence
            .iter()
            .all(|reason| reason.weight.is_finite() && !reason.zh.is_empty() && !reason.en.is_empty())
    );
    assert!(
        found
            .evidence
            .iter()
            .all(|reason| reason.zh.chars().count() < 200 && reason.en.chars().count() < 200)
    );

    let mut index = Index::new();
    index.insert(1_000, &a);
    let alone = index.matches(&b);
    for (id, Item(other)) in &others {
        index.insert(u32::from(id % 8), other);
    }
    let matches = index.matches(&b);
    assert!(matches.len() <= MAX_CANDIDATES.min(index.len()));
    assert!(matches.is_sorted_by(|(_, x), (_, y)| x.probability >= y.probability));
    assert!(matches.iter().all(|(id, found)| index.score(&b, id).as_ref() == Some(found)));
    for (id, _) in &others {
        index.remove(&u32::from(id % 8));
    }
    assert_eq!(index.len(), 1);
    assert_eq!(index.matches(&b), alone, "what was removed is forgotten");
});
