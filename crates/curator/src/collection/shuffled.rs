//! Whatever the order of publication, the same items share an entry.
//!
//! The catalogues are small and built from the field's own wordings: acts, objects and restrictions that differ by a
//! character or two, written in several ways, under codes that are shared, wrong, double or missing, by several districts.
//!
//! Where being the same is transitive among the items, the groups are exactly those of that relation, in every order. Where
//! it is not (一 is the same as 二, 二 as 三, and 一 contradicts 三), the order decides whom 二 joins; whatever the order, no two
//! items share an entry that contradict each other.

use std::collections::{BTreeMap, BTreeSet};

use domain::{EntryId, ItemId};
use matching::{Match, Profile, Verdict};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index as Pick, select};

use super::contradiction::contradiction;
use super::tests::{Known, item, profile, publish};

const OBJECTS: &[&str] = &[
    "食品经营许可",
    "食品生产许可",
    "药品经营许可",
    "道路货物运输经营许可",
    "道路旅客运输经营许可",
    "企业职工基本养老保险关系",
    "住房公积金",
    "探矿权",
    "采矿权",
    "公司设立",
    "分公司设立",
];
const ACTS: &[&str] = &["", "核发", "新办", "变更", "延续", "注销", "转入", "转出", "补办"];
const REMARKS: &[&str] = &["", "", "（县级）", "（甲类）", "（乙类）", "办理", "证"];
const DISTRICTS: &[&str] = &["330102", "330105", "330106", "330108", "330109", "330110"];
const AUDIENCES: &[&[&str]] =
    &[&["natural-person", "legal-person"], &["legal-person"], &["natural-person"], &["legal-person"]];

/// Three objects and three acts that a catalogue's items are about, so that many of them meet.
type Theme = ([&'static str; 3], [&'static str; 3]);

fn theme() -> impl Strategy<Value = Theme> {
    let three = |words: &'static [&'static str]| [select(words), select(words), select(words)];
    (three(OBJECTS), three(ACTS))
}

fn wording((objects, acts): Theme) -> impl Strategy<Value = Profile> {
    let codes = prop_oneof![
        // The object's own, as it should be.
        6 => Just(None),
        // A wrong one, two at once, or none.
        1 => select(objects.to_vec()).prop_map(|other| Some(vec![other])),
        1 => Just(Some(vec![objects[0], objects[1]])),
        1 => Just(Some(Vec::new())),
    ];
    let name = (select(objects.to_vec()), select(acts.to_vec()), select(REMARKS));
    (name, select(DISTRICTS), select(AUDIENCES), codes).prop_map(
        |((object, act, remark), district, audience, codes)| {
            let codes: Vec<String> = codes.unwrap_or_else(|| vec![object]).into_iter().map(code_of).collect();
            let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
            Profile {
                audience: audience.iter().map(|audience| (*audience).to_owned()).collect(),
                ..profile(&format!("{object}{act}{remark}"), &codes, district)
            }
        },
    )
}

/// The basic code under which an object stands.
fn code_of(object: &str) -> String {
    let number = OBJECTS.iter().position(|known| *known == object).unwrap_or_default();
    format!("330131{number:03}000")
}

/// A catalogue, and what makes another order of it.
fn catalogue() -> impl Strategy<Value = (Vec<(ItemId, Profile)>, Vec<Pick>)> {
    theme().prop_flat_map(|theme| vec((wording(theme), any::<Pick>()), 2..14)).prop_map(|items| {
        let (profiles, picks): (Vec<_>, Vec<_>) = items.into_iter().unzip();
        let numbered = (0..).map(|n: u8| item(&n.to_string())).zip(profiles);
        (numbered.collect(), picks)
    })
}

fn shuffled(mut items: Vec<(ItemId, Profile)>, picks: &[Pick]) -> Vec<(ItemId, Profile)> {
    let mut order = Vec::new();
    for pick in picks {
        let at = pick.index(items.len());
        order.push(items.swap_remove(at));
    }
    order
}

type Groups = BTreeSet<BTreeSet<ItemId>>;

/// The groups that share an entry when the items are published in this order.
fn published(items: &[(ItemId, Profile)]) -> Groups {
    let mut known = Known::default();
    let mut groups: BTreeMap<EntryId, BTreeSet<ItemId>> = BTreeMap::new();
    for (item, profile) in items {
        groups.entry(publish(&mut known, *item, profile)).or_default().insert(*item);
    }
    groups.into_values().collect()
}

/// Whether two items contradict each other whatever else is in the catalogue. The curator also knows how rare each word is
/// there, which moves a probability a little: one just below even is none that it must have seen.
fn contradict(found: &Match) -> bool {
    const UNLIKE: f64 = 0.25;
    found.verdict != Verdict::Same && (contradiction(found).is_some() || found.probability < UNLIKE)
}

/// The groups of items that are the same, directly or through others; `None` where that is not transitive.
fn by_sameness(items: &[(ItemId, Profile)]) -> Option<Groups> {
    let same = |a: &Profile, b: &Profile| matching::score(a, b).verdict == Verdict::Same;
    let groups: Groups = items
        .iter()
        .map(|(_, one)| {
            let alike = items.iter().filter(|(_, other)| std::ptr::eq(one, other) || same(one, other));
            alike.map(|(item, _)| *item).collect()
        })
        .collect();
    let members: usize = groups.iter().map(BTreeSet::len).sum();
    (members == items.len()).then_some(groups)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn where_sameness_is_transitive_every_order_gives_its_groups((items, picks) in catalogue()) {
        let expected = by_sameness(&items);

        prop_assume!(expected.is_some());
        let reordered = shuffled(items.clone(), &picks);
        prop_assert_eq!(Some(published(&items)), expected.clone());
        prop_assert_eq!(Some(published(&reordered)), expected);
    }

    #[test]
    fn no_order_puts_two_under_one_entry_that_contradict((items, picks) in catalogue()) {
        let profiles: BTreeMap<ItemId, &Profile> = items.iter().map(|(item, profile)| (*item, profile)).collect();
        for group in published(&shuffled(items.clone(), &picks)) {
            for (one, other) in group.iter().flat_map(|one| group.iter().map(move |other| (one, other))) {
                let (Some(a), Some(b)) = (profiles.get(one), profiles.get(other)) else { continue };
                let found = matching::score(a, b);
                prop_assert!(one == other || !contradict(&found), "{} and {}: {:?}", a.name, b.name, found);
            }
        }
    }
}
