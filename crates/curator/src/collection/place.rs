//! The rule: where an item belongs among those that are public, and what a steward is asked.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use domain::{Basis, EntryId, Evidence, ItemId, LocalizedText, Relation};
use matching::{Match, Profile, Verdict};

use super::Collection;
use super::contradiction::{Objection, contradicts, estrangement};

/// Most cases that one publication opens: a steward reads the strongest suspicions, not a flood.
const MAX_CASES: usize = 5;
/// Most evidence of a comparison that is kept, the heaviest first.
const MAX_EVIDENCE: usize = 8;
/// Most entries that are tried before the item founds one of its own.
const MAX_HOMES: usize = 4;
/// Members of an entry that are heard before an item joins it: at least so many, or all that it has.
const MIN_HEARD: usize = 8;
/// Most contradictions of one entry that are looked into.
const MAX_CONTRADICTIONS: usize = 8;

/// Where an item belongs, and which suspicions it raises.
#[derive(Debug, Clone, PartialEq)]
pub struct Placing {
    /// Its entry.
    pub home: Home,
    /// Pairs that a steward should see, the strongest first; at most six.
    pub suspicions: Vec<Suspicion>,
}

/// The entry of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Home {
    /// Nothing is surely the same: an entry of its own.
    Founds,
    /// The entry of an item that is the same service.
    Joins {
        /// That entry.
        entry: EntryId,
        /// Which item, how surely, and why.
        basis: Basis,
    },
    /// It has a place already and keeps it, whatever its new content.
    Stays {
        /// That place.
        entry: EntryId,
    },
}

/// Another item that may be the same service, or is it for the same people.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspicion {
    /// The other item.
    pub other: ItemId,
    /// The other item's entry.
    pub entry: EntryId,
    /// What matching made of the pair.
    pub verdict: Verdict,
    /// How surely, and why.
    pub basis: Basis,
    /// Whether a case is opened; not where the pair, or an overlap of the same entry, is a case already.
    pub opens: bool,
}

/// What matching is told of a public item.
pub(crate) type Published<'p> = dyn Fn(ItemId) -> Option<Profile> + 'p;

/// An item that was compared.
struct Near {
    item: ItemId,
    entry: EntryId,
    /// The entry under which readers find it.
    under: EntryId,
    found: Match,
    dismissed: bool,
}

/// An entry with an item that is surely the same, best of them first.
struct Choice<'n> {
    best: &'n Near,
    agreeing: usize,
}

impl Collection {
    /// Where `item` belongs among the items that are public; `None` for one that nobody registered yet.
    ///
    /// It joins the entry of the one that it is most surely the same as, unless another member of that entry contradicts
    /// it and not that one: then a chain of likenesses would join two services, and a steward is asked instead. Between
    /// entries that are equally sure, the one with more such members wins, then the one with the lowest item. It founds an
    /// entry where none is left. An item that has a place keeps it; new content that contradicts its entry is a case.
    ///
    /// What may be the same is a case, one for each entry that the item may belong to. Within its own entry, only what is
    /// the same for the same people is; one open case stands for all such pairs of an entry.
    ///
    /// `published` says what matching was told of a public item; it is asked only where something contradicts.
    pub(crate) fn place(
        &self,
        item: Option<ItemId>,
        profile: &Profile,
        published: &Published<'_>,
    ) -> Placing {
        let near = self.near(item, profile);
        let (home, objections) = match item.and_then(|item| self.entry_of(item)) {
            Some(entry) => (Home::Stays { entry }, HashMap::new()),
            None => self.home(item, profile, &near, published),
        };
        let own = match &home {
            Home::Founds => None,
            Home::Joins { entry, .. } | Home::Stays { entry } => Some(self.survivor(*entry)),
        };
        let mut suspicions: Vec<Suspicion> = match (&home, item) {
            (Home::Stays { entry }, Some(item)) => {
                self.estranged(item, *entry, profile, &near, published).into_iter().collect()
            }
            (Home::Stays { .. } | Home::Founds | Home::Joins { .. }, _) => Vec::new(),
        };
        let mut asked = HashSet::new();
        let others = near
            .iter()
            .filter(|near| near.found.verdict != Verdict::Distinct && !near.dismissed)
            .filter(|near| own != Some(near.under) || near.found.relation == matching::Relation::Duplicate)
            .filter(|near| asked.insert(near.under))
            .take(MAX_CASES)
            .map(|near| {
                let stands_for_it = own == Some(near.under) && self.overlap_is_asked(near.under);
                let mut basis = basis_of(near.item, &near.found);
                basis.evidence.extend(objections.get(&near.item).map(Objection::evidence));
                Suspicion {
                    other: near.item,
                    entry: near.entry,
                    verdict: near.found.verdict,
                    basis,
                    opens: !stands_for_it && !self.was_suspected(item, near.item),
                }
            });
        suspicions.extend(others);
        Placing { home, suspicions }
    }

    /// The other items worth comparing, compared; the most probable first, between equals the lowest.
    fn near(&self, item: Option<ItemId>, profile: &Profile) -> Vec<Near> {
        let compared = self.index.matches(profile).into_iter().filter(|(other, _)| Some(*other) != item);
        compared
            .map(|(other, found)| {
                let entry = self.entry_of(other).unwrap_or_else(|| EntryId::founded_by(other));
                Near {
                    item: other,
                    entry,
                    under: self.survivor(entry),
                    found,
                    dismissed: self.is_dismissed(item, other),
                }
            })
            .collect()
    }

    /// The entry of an item that has none, and what was objected to entries that come before it.
    fn home(
        &self,
        item: Option<ItemId>,
        profile: &Profile,
        near: &[Near],
        published: &Published<'_>,
    ) -> (Home, HashMap<ItemId, Objection>) {
        let mut objections = HashMap::new();
        for Choice { best, .. } in choices(near).into_iter().take(MAX_HOMES) {
            match self.objection(item, profile, best, near, published) {
                Some(objection) => {
                    objections.insert(best.item, objection);
                }
                None => {
                    let basis = basis_of(best.item, &best.found);
                    return (Home::Joins { entry: best.entry, basis }, objections);
                }
            }
        }
        (Home::Founds, objections)
    }

    /// What another member of `best`'s entry has against an item that is the same as `best`.
    ///
    /// A member that contradicts `best`, too, is there by a steward's word: it can't say who else belongs there.
    fn objection(
        &self,
        item: Option<ItemId>,
        profile: &Profile,
        best: &Near,
        near: &[Near],
        published: &Published<'_>,
    ) -> Option<Objection> {
        let heard = self.heard(item, profile, best.entry, near);
        if let Some((other, _)) = heard.iter().find(|(other, _)| self.is_dismissed(item, *other)) {
            return Some(Objection::Dismissed { name: published(*other)?.name });
        }
        heard
            .into_iter()
            .filter(|(_, found)| contradicts(found))
            .take(MAX_CONTRADICTIONS)
            .filter_map(|(other, found)| Some((published(other)?, found)))
            .find(|(other, _)| self.agree(other, best.item))
            .map(|(other, found)| Objection::Contradicted { name: other.name, found: found.into_owned() })
    }

    /// The case of an item whose new content contradicts its entry as the old content did not.
    fn estranged(
        &self,
        item: ItemId,
        entry: EntryId,
        profile: &Profile,
        near: &[Near],
        published: &Published<'_>,
    ) -> Option<Suspicion> {
        // The index still holds the old content.
        let (other, found) = self
            .heard(Some(item), profile, entry, near)
            .into_iter()
            .filter(|(other, found)| contradicts(found) && !self.was_suspected(Some(item), *other))
            .take(MAX_CONTRADICTIONS)
            .filter(|(other, _)| published(*other).is_some_and(|other| self.agree(&other, item)))
            .min_by(|(a, left), (b, right)| {
                left.probability.total_cmp(&right.probability).then_with(|| a.cmp(b))
            })?;
        let mut basis = basis_of(other, &found);
        basis.evidence.insert(0, estrangement(&found));
        let entry = self.entry_of(other).unwrap_or(entry);
        Some(Suspicion { other, entry, verdict: found.verdict, basis, opens: true })
    }

    /// Members of an entry, each compared with the profile: those that were compared already, and, where these are few,
    /// the lowest of the others.
    fn heard<'n>(
        &self,
        item: Option<ItemId>,
        profile: &Profile,
        entry: EntryId,
        near: &'n [Near],
    ) -> Vec<(ItemId, Cow<'n, Match>)> {
        let under = self.survivor(entry);
        let mut heard: Vec<_> = near
            .iter()
            .filter(|near| near.under == under)
            .map(|near| (near.item, Cow::Borrowed(&near.found)))
            .collect();
        let known: HashSet<ItemId> = heard.iter().map(|(item, _)| *item).chain(item).collect();
        let others = self.members.get(&entry).into_iter().flatten().filter(|other| !known.contains(other));
        let compared = others
            .filter_map(|other| Some((*other, Cow::Owned(self.index.score(profile, other)?))))
            .take(MIN_HEARD.saturating_sub(heard.len()));
        heard.extend(compared);
        heard
    }

    /// Whether nothing keeps a public item and another one apart.
    fn agree(&self, profile: &Profile, item: ItemId) -> bool {
        self.index.score(profile, &item).is_some_and(|found| !contradicts(&found))
    }
}

/// The entries that an item may join, the surest first.
fn choices(near: &[Near]) -> Vec<Choice<'_>> {
    let mut choices: Vec<Choice<'_>> = Vec::new();
    for near in near.iter().filter(|near| near.found.verdict == Verdict::Same && !near.dismissed) {
        match choices.iter_mut().find(|choice| choice.best.under == near.under) {
            Some(choice) => choice.agreeing += 1,
            None => choices.push(Choice { best: near, agreeing: 1 }),
        }
    }
    // Stable: between equals, the lowest item stays first.
    choices.sort_by(|a, b| {
        b.best
            .found
            .probability
            .total_cmp(&a.best.found.probability)
            .then_with(|| b.agreeing.cmp(&a.agreeing))
    });
    choices
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
