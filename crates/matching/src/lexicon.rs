//! What is known about the wording of service names, read once from `data/*.tsv`.

use std::{fmt, sync::LazyLock};

use crate::{evidence::Feature, words::Words};

/// An act that a service does to its object: 核发, 变更, 转入 … The list is `data/acts.tsv`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Act(u8);

impl Act {
    /// Issuing something for the first time: what a name without an act means, too.
    pub(crate) fn issue() -> Option<Self> {
        act("issue")
    }

    /// Stable identifier, for example `transfer-in`.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// The act in Chinese.
    #[must_use]
    pub fn zh(self) -> &'static str {
        self.row().zh
    }

    /// The act in English.
    #[must_use]
    pub fn en(self) -> &'static str {
        self.row().en
    }

    pub(crate) fn feature(self) -> Feature {
        self.row().feature
    }

    fn row(self) -> &'static ActRow {
        const UNKNOWN: ActRow = ActRow { id: "unknown", feature: Feature::Act, zh: "未知", en: "unknown" };
        ACTS.get(usize::from(self.0)).unwrap_or(&UNKNOWN)
    }
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Act({})", self.id())
    }
}

#[derive(Debug)]
struct ActRow {
    id: &'static str,
    feature: Feature,
    zh: &'static str,
    en: &'static str,
}

/// A word whose presence on one side only makes another service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Marker {
    /// What it speaks of.
    pub(crate) feature: Feature,
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
}

/// The tables that reading a name needs.
#[derive(Debug)]
pub(crate) struct Lexicon {
    pub(crate) synonyms: Words<&'static str>,
    pub(crate) acts: Words<(Vec<Act>, &'static str)>,
    pub(crate) markers: Words<Marker>,
    opposites: Vec<(Feature, &'static str)>,
    pub(crate) prefixes: Vec<&'static str>,
    pub(crate) suffixes: Vec<&'static str>,
    pub(crate) notes: Vec<&'static str>,
    pub(crate) note_prefixes: Vec<&'static str>,
}

impl Lexicon {
    /// What two characters contradict each other on, if they exclude each other.
    pub(crate) fn opposite(&self, a: &str, b: &str) -> Option<Feature> {
        let group = self.opposites.iter().find(|(_, group)| {
            a != b && !a.is_empty() && !b.is_empty() && group.contains(a) && group.contains(b)
        });
        group.map(|(feature, _)| *feature)
    }
}

const ACTS_TSV: &str = include_str!("../data/acts.tsv");
const ACT_TERMS_TSV: &str = include_str!("../data/act-terms.tsv");
const SYNONYMS_TSV: &str = include_str!("../data/synonyms.tsv");
const MARKERS_TSV: &str = include_str!("../data/markers.tsv");
const OPPOSITES_TSV: &str = include_str!("../data/opposites.tsv");
const FILLERS_TSV: &str = include_str!("../data/fillers.tsv");

static ACTS: LazyLock<Vec<ActRow>> = LazyLock::new(|| {
    rows(ACTS_TSV)
        .filter_map(|[id, name, zh, en]| Feature::named(name).map(|feature| ActRow { id, feature, zh, en }))
        .collect()
});

/// The lexicon that is built in.
pub(crate) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let fillers =
        |place: &str| rows(FILLERS_TSV).filter(|[p, _]| *p == place).map(|[_, term]| term).collect();
    Lexicon {
        synonyms: Words::new(rows(SYNONYMS_TSV).map(|[variant, canonical]| (variant, canonical))),
        acts: Words::new(
            rows(ACT_TERMS_TSV)
                .map(|[term, ids, kept]| (term, (ids.split(',').filter_map(act).collect(), kept))),
        ),
        markers: Words::new(rows(MARKERS_TSV).filter_map(|[name, zh, en, term]| {
            Feature::named(name).map(|feature| (term, Marker { feature, zh, en }))
        })),
        opposites: rows(OPPOSITES_TSV)
            .filter_map(|[name, group]| Feature::named(name).map(|feature| (feature, group)))
            .collect(),
        prefixes: fillers("prefix"),
        suffixes: fillers("suffix"),
        notes: fillers("note"),
        note_prefixes: fillers("note-prefix"),
    }
});

fn act(id: &str) -> Option<Act> {
    ACTS.iter().position(|row| row.id == id).and_then(|at| u8::try_from(at).ok()).map(Act)
}

/// The rows of a table that have `N` columns; `every_row_parses` sees to it that this is all of them.
fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    lines(table).filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok())
}

fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::fold::fold;

    fn well_formed<const N: usize>(table: &'static str, term: usize) {
        let mut seen = HashSet::new();
        for line in lines(table) {
            let columns: Vec<_> = line.split('\t').collect();
            assert_eq!(columns.len(), N, "columns of {line:?}");
            assert_eq!(fold(columns[term]), columns[term], "{line:?} isn't folded");
            assert!(seen.insert(columns[term]), "{line:?} stands twice");
        }
        assert!(!seen.is_empty());
    }

    #[test]
    fn every_row_parses() {
        well_formed::<4>(ACTS_TSV, 2);
        well_formed::<3>(ACT_TERMS_TSV, 0);
        well_formed::<2>(SYNONYMS_TSV, 0);
        well_formed::<4>(MARKERS_TSV, 3);
        well_formed::<2>(OPPOSITES_TSV, 1);
    }

    #[test]
    fn features_acts_and_places_are_known() {
        for [_, ids, _] in rows(ACT_TERMS_TSV) {
            assert!(ids.split(',').all(|id| act(id).is_some()), "{ids}");
        }
        for name in rows(ACTS_TSV)
            .map(|[_, name, _, _]| name)
            .chain(rows(MARKERS_TSV).map(|[name, _, _, _]| name))
            .chain(rows(OPPOSITES_TSV).map(|[name, _]| name))
        {
            assert!(Feature::named(name).is_some(), "{name}");
        }
        for [place, term] in rows(FILLERS_TSV) {
            assert!(["prefix", "suffix", "note", "note-prefix"].contains(&place), "{place}");
            assert_eq!(fold(term), term);
        }
        assert!(Act::issue().is_some());
    }

    #[test]
    fn opposites_are_characters_of_one_group() {
        assert_eq!(LEXICON.opposite("入", "出"), Some(Feature::Direction));
        assert_eq!(LEXICON.opposite("入", "入"), None);
        assert_eq!(LEXICON.opposite("入", "甲"), None);
        assert_eq!(LEXICON.opposite("", "甲"), None);
    }
}
