//! What the bounds cut off, with bounds that are small enough to see it.

use super::*;

/// Names that share nearly every n-gram, each of its own department.
fn near_duplicates(items: usize) -> Vec<Profile> {
    let marks = ["", "省级", "重点", "年度", "集中", "专项", "临时"];
    let profile = |n: usize| {
        let mark = |at: usize| marks.get(at % marks.len()).copied().unwrap_or_default();
        let name = format!("{}特种设备{}作业人员{}资格认定", mark(n), mark(n / 7), mark(n / 49));
        Profile { name, department: Some(format!("第{n}分所")), ..Profile::default() }
    };
    (0..items).map(profile).collect()
}

fn batch(profiles: &[Profile]) -> Batch {
    Batch::bounded(Arc::clone(Lexicon::built_in()), profiles, 5, 8)
}

/// Pairs as names and departments, with their probability, in an order of their own.
fn told(profiles: &[Profile]) -> Vec<([&Profile; 2], u64)> {
    let item = |place: u32| {
        usize::try_from(place).ok().and_then(|at| profiles.get(at)).expect("a place of the list")
    };
    let of = |pair: Pair| {
        let mut items = [item(pair.a), item(pair.b)];
        items.sort_unstable();
        (items, pair.probability.to_bits())
    };
    let mut told: Vec<_> = batch(profiles).pairs(0.0).into_iter().map(of).collect();
    told.sort_unstable();
    told
}

#[test]
fn near_duplicates_are_compared_with_a_bounded_number_of_others() {
    let batch = batch(&near_duplicates(800));
    let compared = batch.pairs(0.0).len();
    assert!((800..=800 * 5).contains(&compared), "{compared} pairs");
    let blocking = batch.blocking();
    assert_eq!(blocking.most_candidates, 5);
    assert!(blocking.full_blocks > 0 && blocking.largest_block > 8, "{blocking:?}");
}

#[test]
fn what_the_bounds_cut_off_does_not_depend_on_the_order_of_the_list() {
    let list = near_duplicates(120);
    let mut other = list.clone();
    other.reverse();
    other.rotate_left(31);
    assert_eq!(told(&list), told(&other));
}

#[test]
fn a_summary_is_measured_against_the_closest_that_either_item_has() {
    let said = |name: &str, summary: &str| Profile {
        name: name.to_owned(),
        summary: Some(summary.to_owned()),
        ..Profile::default()
    };
    let list = [
        said("Harbour permit", "Permits for vessels that anchor in the inner harbour overnight"),
        said("Harbour permits", "Permits for vessels that anchor in the inner harbour overnight"),
        said("Harbour permit fee", "Permits for vessels that leave"),
        said("Harbour permit", ""),
    ];
    let batch = batch(&list);
    let measured = |a: u32, b: u32| {
        let found = batch.measurements().into_iter().find(|pair| (pair.0, pair.1) == (a, b));
        found.expect("the pair was compared").2.get(Measure::SummaryRival)
    };
    assert_eq!(measured(0, 1), Some(0.0));
    // The third's own closest is no closer than this.
    assert_eq!(measured(0, 2), Some(0.0));
    assert_eq!(measured(0, 3), None);
    let list = [list.as_slice(), &[said("Harbour permit fees", "Permits for vessels that leave")]].concat();
    let batch = self::batch(&list);
    let behind = batch.measurements().into_iter().filter(|pair| pair.0 < 2 && (pair.1 == 2 || pair.1 == 4));
    let behind: Vec<_> = behind.filter_map(|pair| pair.2.get(Measure::SummaryRival)).collect();
    assert!(!behind.is_empty() && behind.iter().all(|behind| *behind < -0.1), "{behind:?}");
}

#[test]
fn a_floor_only_leaves_pairs_out() {
    let batch = batch(&near_duplicates(80));
    let all = batch.pairs(0.0);
    for floor in [0.000_1, 0.004, 0.02, 0.3, 0.9, 1.0, 7.0, -1.0] {
        let above: Vec<Pair> = all.iter().copied().filter(|pair| pair.probability >= floor).collect();
        assert_eq!(batch.pairs(floor), above, "{floor}");
    }
    assert_eq!(batch.pairs(f64::NAN), []);
}

#[test]
fn the_bound_on_recall_is_told_from_pairs_that_were_not_proposed_too() {
    let same = |n: usize| Profile {
        name: "食品经营许可核发".to_owned(),
        department: Some("市场监督管理局".to_owned()),
        regions: vec![format!("3301{:02}", n % 90)],
        ..Profile::default()
    };
    let list: Vec<Profile> = (0..40).map(same).collect();
    let narrow = batch(&list).reach(usize::MAX);
    assert_eq!((narrow.items, narrow.probable), (40, 40 * 39 / 2));
    assert_eq!(narrow.proposed, 5 * 35 + 4 + 3 + 2 + 1, "five of those before each, as the bound says");
    let wide = Batch::new(&list).reach(usize::MAX);
    assert_eq!(wide.recall(), Some(1.0));
    assert_eq!(Batch::new(&[]).reach(1_000).recall(), None);
    let one_in_four = Batch::new(&list).reach(200);
    assert_eq!((one_in_four.items, one_in_four.recall()), (10, Some(1.0)));
}
