//! All that the curator knows of the items that are public, and what follows for one more.

use std::collections::{HashMap, HashSet};

use domain::{Basis, CaseId, EntryId, Evidence, ItemId, LocalizedText, Relation};
use matching::{Index, Match, Profile, Verdict};

/// Most cases that one publication opens: a steward reads the strongest suspicions, not a flood.
const MAX_CASES: usize = 5;
/// Evidence that is kept in an event, the heaviest first.
const MAX_EVIDENCE: usize = 8;

/// The public items, in the order in which they became public.
#[derive(Debug, Default)]
pub(crate) struct Collection {
    index: Index<ItemId>,
    order: HashMap<ItemId, usize>,
    entries: HashMap<ItemId, EntryId>,
    dismissed: HashSet<CaseId>,
}

/// Where an item belongs, and which suspicions it raises.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placing {
    /// The entry that it joins, or founds.
    pub(crate) entry: EntryId,
    /// Why.
    pub(crate) basis: Basis,
    /// Pairs for a steward.
    pub(crate) cases: Vec<([ItemId; 2], Basis)>,
}

impl Collection {
    /// Takes note of a public item, or of its new content.
    pub(crate) fn insert(&mut self, item: ItemId, profile: Profile) {
        let next = self.order.len();
        self.order.entry(item).or_insert(next);
        self.index.insert(item, profile);
    }

    /// Forgets an item that is public no more.
    pub(crate) fn remove(&mut self, item: ItemId) {
        self.index.remove(&item);
        self.entries.remove(&item);
    }

    /// Takes note of where an item is.
    pub(crate) fn placed(&mut self, item: ItemId, entry: EntryId) {
        self.entries.insert(item, entry);
    }

    /// Where an item is, as far as is known here.
    pub(crate) fn entry_of(&self, item: ItemId) -> Option<EntryId> {
        self.entries.get(&item).copied()
    }

    /// Takes note of what a steward said of a pair.
    pub(crate) fn dismissed(&mut self, case: CaseId, dismissed: bool) {
        if dismissed {
            self.dismissed.insert(case);
        } else {
            self.dismissed.remove(&case);
        }
    }

    /// Where `item` belongs among the items that were public before it.
    ///
    /// It joins the entry of the one that it is most surely the same as; between equals, of the earliest. It founds
    /// an entry where nothing is surely the same. What may be the same, and what is the same for the same people in
    /// the same region, are cases.
    pub(crate) fn place(&self, item: ItemId, profile: &Profile) -> Placing {
        let mut found: Vec<(ItemId, Match)> = self
            .index
            .candidates(profile)
            .into_iter()
            .filter(|other| *other != item && !self.dismissed.contains(&CaseId::new(item, *other)))
            .filter_map(|other| Some((other, matching::score(profile, self.index.get(&other)?))))
            .filter(|(_, found)| found.verdict != Verdict::Distinct)
            .collect();
        found.sort_by(|(a, left), (b, right)| {
            let order = |item: &ItemId| self.order.get(item).copied();
            right.probability.total_cmp(&left.probability).then_with(|| order(a).cmp(&order(b)))
        });
        let home = found
            .iter()
            .find(|(_, found)| found.verdict == Verdict::Same)
            .and_then(|(other, found)| Some((self.entry_of(*other)?, basis_of(*other, found))));
        let (entry, basis) = home.unwrap_or_else(|| (EntryId::founded_by(item), Basis::default()));
        // One case for each entry that it may belong to; none for where it is, but for a duplicate there.
        let mut asked = HashSet::new();
        let cases = found
            .iter()
            .filter(|(other, found)| match found.relation {
                matching::Relation::Duplicate => true,
                matching::Relation::OtherImplementer => {
                    found.verdict == Verdict::Suspect && self.entry_of(*other) != Some(entry)
                }
            })
            .filter(|(other, _)| asked.insert(self.entry_of(*other)))
            .take(MAX_CASES)
            .map(|(other, found)| ([item, *other], basis_of(*other, found)))
            .collect();
        Placing { entry, basis, cases }
    }
}

fn basis_of(other: ItemId, found: &Match) -> Basis {
    let evidence = found.evidence.iter().take(MAX_EVIDENCE).map(|evidence| Evidence {
        feature: evidence.feature.as_str().to_owned(),
        weight: evidence.weight,
        text: LocalizedText::zh(evidence.zh.clone()).with("en", evidence.en.clone()),
    });
    Basis {
        compared_with: Some(other),
        probability: Some(found.probability),
        relation: Some(match found.relation {
            matching::Relation::OtherImplementer => Relation::OtherImplementer,
            matching::Relation::Duplicate => Relation::Duplicate,
        }),
        evidence: evidence.collect(),
    }
}

#[cfg(test)]
mod tests {
    use matching::SharedCode;

    use super::*;

    fn item(code: &str) -> ItemId {
        let department = "local:test".parse().expect("well formed");
        ItemId::new(&department, &code.parse().expect("well formed"))
    }

    fn profile(name: &str, code: &str, region: &str) -> Profile {
        Profile {
            name: name.to_owned(),
            codes: vec![SharedCode { scheme: "cn-basic".to_owned(), value: code.to_owned() }],
            kind: Some("01".to_owned()),
            audience: vec!["legal-person".to_owned()],
            regions: vec![region.to_owned()],
            department: Some(format!("local:{region}")),
            ..Profile::default()
        }
    }

    fn collection(items: &[(&str, Profile)]) -> Collection {
        let mut collection = Collection::default();
        for (code, profile) in items {
            let placing = collection.place(item(code), profile);
            collection.placed(item(code), placing.entry);
            collection.insert(item(code), profile.clone());
        }
        collection
    }

    #[test]
    fn the_first_of_its_kind_founds_an_entry() {
        let placing =
            Collection::default().place(item("a"), &profile("食品经营许可核发", "330131001000", "330106"));
        assert_eq!(placing.entry, EntryId::founded_by(item("a")));
        assert_eq!(placing.basis, Basis::default());
        assert!(placing.cases.is_empty());
    }

    #[test]
    fn the_same_code_and_a_compatible_name_join_with_evidence() {
        let known = collection(&[("a", profile("食品经营许可核发", "330131001000", "330106"))]);
        let placing = known.place(item("b"), &profile("食品经营许可新办", "330131001000", "330110"));
        assert_eq!(placing.entry, EntryId::founded_by(item("a")));
        assert_eq!(placing.basis.compared_with, Some(item("a")));
        assert_eq!(placing.basis.relation, Some(Relation::OtherImplementer));
        assert!(!placing.basis.evidence.is_empty());
        assert!(placing.cases.is_empty(), "another district's office is not a fault");
    }

    #[test]
    fn the_same_service_twice_in_one_region_is_one_entry_and_a_case() {
        let known = collection(&[("a", profile("食品经营许可核发", "330131001000", "330106"))]);
        let placing = known.place(item("b"), &profile("食品经营许可核发", "330131001000", "330106"));
        assert_eq!(placing.entry, EntryId::founded_by(item("a")));
        assert_eq!(placing.cases.len(), 1);
    }

    #[test]
    fn one_code_for_two_services_is_a_case_and_two_entries() {
        let known = collection(&[("a", profile("企业职工基本养老保险关系转入", "332014054003", "330100"))]);
        let placing =
            known.place(item("b"), &profile("企业职工基本养老保险关系转出", "332014054003", "330100"));
        assert_eq!(placing.entry, EntryId::founded_by(item("b")));
        assert_eq!(placing.cases.len(), 1);
    }

    #[test]
    fn three_offices_of_one_doubtful_service_are_one_case() {
        let known = collection(&[
            ("a", profile("企业职工基本养老保险关系转入", "332014054003", "330106")),
            ("b", profile("企业职工基本养老保险关系转入", "332014054003", "330108")),
            ("c", profile("企业职工基本养老保险关系转入", "332014054003", "330110")),
        ]);
        let placing =
            known.place(item("d"), &profile("企业职工基本养老保险关系转出", "332014054003", "330106"));
        assert_eq!(placing.cases.len(), 1);
    }

    #[test]
    fn a_dismissed_pair_is_not_suspected_again() {
        let mut known = collection(&[("a", profile("食品经营许可核发", "330131001000", "330106"))]);
        known.dismissed(CaseId::new(item("a"), item("b")), true);
        let placing = known.place(item("b"), &profile("食品经营许可核发", "330131001000", "330106"));
        assert_eq!(placing.entry, EntryId::founded_by(item("b")));
        assert!(placing.cases.is_empty());
    }

    #[test]
    fn an_item_that_ended_attracts_nobody() {
        let mut known = collection(&[("a", profile("食品经营许可核发", "330131001000", "330106"))]);
        known.remove(item("a"));
        let placing = known.place(item("b"), &profile("食品经营许可核发", "330131001000", "330110"));
        assert_eq!(placing.entry, EntryId::founded_by(item("b")));
    }
}
