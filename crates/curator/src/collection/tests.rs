//! The rule, on small catalogues.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

use domain::{Basis, CaseId, EntryId, ItemId, Relation};
use event_store::Position;
use matching::{Profile, SharedCode, Verdict};

use super::{Collection, Home, Placing, Standing};

pub(super) fn item(code: &str) -> ItemId {
    let department = "local:test".parse().expect("well formed");
    ItemId::new(&department, &code.parse().expect("well formed"))
}

pub(super) fn profile(name: &str, codes: &[&str], region: &str) -> Profile {
    let code = |code: &&str| SharedCode { scheme: "cn-basic".to_owned(), value: (*code).to_owned() };
    Profile {
        name: name.to_owned(),
        codes: codes.iter().map(code).collect(),
        kind: Some("01".to_owned()),
        audience: vec!["legal-person".to_owned()],
        regions: vec![region.to_owned()],
        department: Some(format!("{region}政务服务局")),
        ..Profile::default()
    }
}

/// A collection and what it was told.
#[derive(Default)]
pub(super) struct Known {
    collection: Collection,
    profiles: HashMap<ItemId, Profile>,
}

impl Known {
    fn place(&self, item: Option<ItemId>, profile: &Profile) -> Placing {
        self.collection.place(item, profile, &|other| self.profiles.get(&other).cloned())
    }
}

impl Deref for Known {
    type Target = Collection;

    fn deref(&self) -> &Collection {
        &self.collection
    }
}

impl DerefMut for Known {
    fn deref_mut(&mut self) -> &mut Collection {
        &mut self.collection
    }
}

/// Takes an item in as the curator does; its entry.
pub(super) fn publish(known: &mut Known, item: ItemId, profile: &Profile) -> EntryId {
    let placing = known.place(Some(item), profile);
    let entry = match &placing.home {
        Home::Founds => EntryId::founded_by(item),
        Home::Joins { entry, .. } | Home::Stays { entry } => *entry,
    };
    known.insert(item, profile);
    known.profiles.insert(item, profile.clone());
    known.placed(item, entry);
    for suspicion in placing.suspicions.iter().filter(|suspicion| suspicion.opens) {
        known.suspected([item, suspicion.other], suspicion.basis.relation);
    }
    entry
}

fn collection(items: &[(&str, Profile)]) -> Known {
    let mut known = Known::default();
    for (code, profile) in items {
        publish(&mut known, item(code), profile);
    }
    known
}

fn joined(placing: &Placing) -> Option<(EntryId, &Basis)> {
    match &placing.home {
        Home::Joins { entry, basis } => Some((*entry, basis)),
        Home::Founds | Home::Stays { .. } => None,
    }
}

fn own(code: &str) -> EntryId {
    EntryId::founded_by(item(code))
}

fn words(placing: &Placing) -> String {
    let evidence = placing.suspicions.iter().flat_map(|suspicion| &suspicion.basis.evidence);
    evidence.map(|evidence| evidence.text.default_text()).collect::<Vec<_>>().join("\n")
}

const LICENCE: &str = "330131001000";
const PENSION: &str = "332014054003";
const IN: &str = "企业职工基本养老保险关系转入";
const OUT: &str = "企业职工基本养老保险关系转出";

#[test]
fn the_first_of_its_kind_founds_an_entry() {
    let known = Known::default();
    let placing = known.place(Some(item("a")), &profile("食品经营许可核发", &[LICENCE], "330106"));
    assert_eq!(placing, Placing { home: Home::Founds, suspicions: Vec::new() });
}

#[test]
fn the_same_code_and_a_compatible_name_join_with_evidence() {
    let known = collection(&[("a", profile("食品经营许可核发", &[LICENCE], "330106"))]);
    let placing = known.place(Some(item("b")), &profile("食品经营许可新办", &[LICENCE], "330110"));
    let (entry, basis) = joined(&placing).expect("it joins");
    assert_eq!(entry, own("a"));
    assert_eq!(basis.compared_with, Some(item("a")));
    assert_eq!(basis.relation, Some(Relation::OtherImplementer));
    assert!(!basis.evidence.is_empty());
    assert!(placing.suspicions.is_empty(), "another district's office is not a fault");
}

#[test]
fn what_nobody_registered_is_answered_alike() {
    let known = collection(&[("a", profile("食品经营许可核发", &[LICENCE], "330106"))]);
    let newcomer = profile("食品经营许可核发", &[LICENCE], "330106");
    assert_eq!(known.place(None, &newcomer), known.place(Some(item("b")), &newcomer));
}

#[test]
fn the_same_service_twice_in_one_region_is_one_entry_and_a_case() {
    let known = collection(&[("a", profile("食品经营许可核发", &[LICENCE], "330106"))]);
    let placing = known.place(Some(item("b")), &profile("食品经营许可核发", &[LICENCE], "330106"));
    assert_eq!(joined(&placing).map(|(entry, _)| entry), Some(own("a")));
    let suspicion = placing.suspicions.first().expect("a case");
    assert_eq!((suspicion.other, suspicion.entry, suspicion.opens), (item("a"), own("a"), true));
    assert_eq!((suspicion.verdict, suspicion.basis.relation), (Verdict::Same, Some(Relation::Duplicate)));
}

#[test]
fn one_open_case_stands_for_all_overlaps_of_an_entry() {
    let twin = || profile("食品经营许可核发", &[LICENCE], "000000");
    let mut known = collection(&[("a", twin()), ("b", twin())]);
    let first = CaseId::new(item("a"), item("b"));
    assert_eq!(known.cases.get(&first), Some(&Standing::Open));
    let third = known.place(Some(item("c")), &twin());
    let opens: Vec<bool> = third.suspicions.iter().map(|suspicion| suspicion.opens).collect();
    assert_eq!(opens, [false], "the overlap is said, and asked once");
    known.cases.insert(first, Standing::Confirmed);
    let later = known.place(Some(item("c")), &twin());
    assert!(later.suspicions.iter().all(|suspicion| suspicion.opens), "what comes after the answer is asked");
}

#[test]
fn one_code_for_two_services_is_a_case_and_two_entries() {
    let known = collection(&[("a", profile(IN, &[PENSION], "330100"))]);
    let placing = known.place(Some(item("b")), &profile(OUT, &[PENSION], "330100"));
    assert_eq!(placing.home, Home::Founds);
    assert_eq!(placing.suspicions.len(), 1);
}

#[test]
fn three_offices_of_one_doubtful_service_are_one_case() {
    let known = collection(&[
        ("a", profile(IN, &[PENSION], "330106")),
        ("b", profile(IN, &[PENSION], "330108")),
        ("c", profile(IN, &[PENSION], "330110")),
    ]);
    assert_eq!(known.entry_of(item("c")), Some(own("a")));
    let placing = known.place(Some(item("d")), &profile(OUT, &[PENSION], "330106"));
    assert_eq!(placing.suspicions.len(), 1);
}

/// A name between two others: the same as each, while these contradict each other on the audience.
fn for_audience(audience: &[&str], region: &str) -> Profile {
    Profile {
        audience: audience.iter().map(|audience| (*audience).to_owned()).collect(),
        ..profile("住房公积金提取", &[LICENCE], region)
    }
}

#[test]
fn a_weak_link_does_not_join_two_services() {
    let person = for_audience(&["natural-person"], "330106");
    let both = for_audience(&["natural-person", "legal-person"], "330108");
    let company = for_audience(&["legal-person"], "330110");
    for order in [[&person, &both, &company], [&company, &both, &person]] {
        let [first, link, last] = order;
        let known = collection(&[("a", first.clone()), ("b", link.clone())]);
        assert_eq!(known.entry_of(item("b")), Some(own("a")));
        let placing = known.place(Some(item("c")), last);
        assert_eq!(placing.home, Home::Founds, "it is the same as one member and contradicts the other");
        assert_eq!(
            placing.suspicions.iter().map(|suspicion| suspicion.other).collect::<Vec<_>>(),
            [item("b")]
        );
        assert!(
            words(&placing).contains("该入口的另一事项“住房公积金提取”与之不符：服务对象"),
            "{}",
            words(&placing)
        );
    }
}

#[test]
fn a_link_that_comes_last_joins_one_side_and_asks_about_the_other() {
    let mut known = collection(&[
        ("a", for_audience(&["natural-person"], "330106")),
        ("c", for_audience(&["legal-person"], "330110")),
    ]);
    let link = for_audience(&["natural-person", "legal-person"], "330108");
    let placing = known.place(Some(item("b")), &link);
    let (entry, _) = joined(&placing).expect("it joins one of them");
    let other = if entry == own("a") { own("c") } else { own("a") };
    let asked: Vec<_> =
        placing.suspicions.iter().map(|suspicion| (suspicion.entry, suspicion.verdict)).collect();
    assert_eq!(asked, [(other, Verdict::Same)]);
    known.merged(own("c"), Some(own("a")));
    assert_eq!(known.place(Some(item("b")), &link).suspicions, Vec::new(), "what is merged is one entry");
}

#[test]
fn what_a_steward_put_together_keeps_nobody_out() {
    let mut known =
        collection(&[("in", profile(IN, &[PENSION], "330106")), ("out", profile(OUT, &[PENSION], "330106"))]);
    known.placed(item("out"), own("in"));
    for name in [IN, OUT] {
        let placing = known.place(Some(item("next")), &profile(name, &[PENSION], "330110"));
        assert_eq!(joined(&placing).map(|(entry, _)| entry), Some(own("in")), "{name}");
    }
}

#[test]
fn a_dismissed_pair_is_not_suspected_again_and_shares_no_entry_through_a_third() {
    let mut known = collection(&[("a", profile("食品经营许可核发", &[LICENCE], "330106"))]);
    known.cases.insert(CaseId::new(item("a"), item("b")), Standing::Dismissed);
    let newcomer = profile("食品经营许可核发", &[LICENCE], "330106");
    assert_eq!(
        known.place(Some(item("b")), &newcomer),
        Placing { home: Home::Founds, suspicions: Vec::new() }
    );
    publish(&mut known, item("c"), &profile("食品经营许可新办", &[LICENCE], "330110"));
    let placing = known.place(Some(item("b")), &newcomer);
    assert_eq!(placing.home, Home::Founds);
    assert!(
        words(&placing).contains("已认定与该入口的“食品经营许可核发”不是同一服务"),
        "{}",
        words(&placing)
    );
}

#[test]
fn an_item_that_ended_attracts_nobody() {
    let mut known = collection(&[("a", profile("食品经营许可核发", &[LICENCE], "330106"))]);
    known.remove(item("a"));
    let placing = known.place(Some(item("b")), &profile("食品经营许可核发", &[LICENCE], "330110"));
    assert_eq!(placing.home, Home::Founds);
}

#[test]
fn an_item_keeps_its_place_and_new_content_that_contradicts_it_is_a_case() {
    let mut known =
        collection(&[("a", profile(IN, &[PENSION], "330106")), ("b", profile(IN, &[PENSION], "330110"))]);
    let home = Home::Stays { entry: own("a") };
    let same = known.place(Some(item("b")), &profile(IN, &[PENSION], "330110"));
    assert_eq!(same, Placing { home: home.clone(), suspicions: Vec::new() });

    let revised = profile(OUT, &[PENSION], "330110");
    let placing = known.place(Some(item("b")), &revised);
    assert_eq!(placing.home, home);
    let suspicion = placing.suspicions.first().expect("a case");
    assert_eq!((suspicion.other, suspicion.opens), (item("a"), true));
    assert!(words(&placing).contains("修改后与所在入口的该事项不符"), "{}", words(&placing));

    publish(&mut known, item("b"), &revised);
    let again = known.place(Some(item("b")), &revised);
    assert!(again.suspicions.iter().all(|suspicion| !suspicion.opens), "it is asked once");
}

#[test]
fn a_loop_of_merges_ends() {
    let mut known = collection(&[("a", profile("食品经营许可核发", &[LICENCE], "330106"))]);
    known.merged(own("a"), Some(own("b")));
    known.merged(own("b"), Some(own("a")));
    let placing = known.place(Some(item("c")), &profile("食品经营许可核发", &[LICENCE], "330110"));
    assert_eq!(joined(&placing).map(|(entry, _)| entry), Some(own("a")));
    assert_eq!(known.position(), None);
    known.reached(Position::START);
    assert_eq!(known.position(), Some(Position::START));
}
