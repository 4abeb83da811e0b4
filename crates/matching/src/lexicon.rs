//! What is known about the wording of service names: built in from `data/*.tsv`, and extended by stewards.

mod draft;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, LazyLock},
};

use crate::{
    evidence::Feature,
    latin::singular,
    tables::{BUILT_IN, BadRow},
    words::{Endings, Words},
};
use draft::Draft;

/// An act that a service does to its object: 核发, 变更, 转入 … What it is called, its [`Lexicon`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Act(u16);

impl Act {
    /// Issuing something for the first time: what a name without an act means, too. The first row of `acts.tsv`.
    pub(crate) const ISSUE: Self = Self(0);

    /// Stable identifier, for example `transfer-in`.
    #[must_use]
    pub fn id(self, lexicon: &Lexicon) -> &str {
        lexicon.act(self).map_or("unknown", |row| &row.id)
    }

    /// The act in Chinese.
    #[must_use]
    pub fn zh(self, lexicon: &Lexicon) -> &str {
        lexicon.act(self).map_or("未知", |row| &row.zh)
    }

    /// The act in English.
    #[must_use]
    pub fn en(self, lexicon: &Lexicon) -> &str {
        lexicon.act(self).map_or("unknown", |row| &row.en)
    }

    /// Whether it is an act or a direction.
    pub(crate) fn feature(self, lexicon: &Lexicon) -> Feature {
        lexicon.act(self).map_or(Feature::Act, |row| row.feature)
    }
}

#[derive(Debug)]
struct ActRow {
    id: String,
    feature: Feature,
    zh: String,
    en: String,
}

/// How an act is written.
#[derive(Debug)]
pub(crate) struct ActTerm {
    pub(crate) acts: Vec<Act>,
    /// What stays in the object.
    pub(crate) kept: String,
    pub(crate) stands: Stands,
}

/// Where in a name a term must stand to be an act: `change of address`, but not `climate change`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stands {
    #[default]
    Anywhere,
    Begins,
    Ends,
    /// At the beginning or at the end.
    Edges,
}

/// A word whose presence on one side only makes another service. What it is called, the [`Lexicon`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Marker(u16);

impl Marker {
    /// What it speaks of.
    pub(crate) fn feature(self, lexicon: &Lexicon) -> Feature {
        lexicon.marker(self).map_or(Feature::Object, |row| row.feature)
    }

    pub(crate) fn zh(self, lexicon: &Lexicon) -> &str {
        lexicon.marker(self).map_or("", |row| &row.zh)
    }

    pub(crate) fn en(self, lexicon: &Lexicon) -> &str {
        lexicon.marker(self).map_or("", |row| &row.en)
    }
}

#[derive(Debug, PartialEq, Eq)]
struct MarkerRow {
    feature: Feature,
    zh: String,
    en: String,
}

/// What a listed word means at the beginning of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A province or prefecture.
    Division,
    /// A county, district, banner, or county-level city.
    County,
    /// A place only after another one.
    Zone,
    /// A Japanese prefecture or city: more follows by rule.
    Japan,
    /// A division without its last word, in the name of a department.
    Short,
    /// A country, in the name of a department in Latin letters.
    Country,
    /// No place, although it ends like one.
    Not,
    /// A word that runs over a place's last character.
    Compound,
    /// Two words after all, although it begins like a compound.
    Apart,
}

/// Everything that reading a name needs to know about words.
///
/// Acts of one lexicon mean nothing in another, except that an extended lexicon knows every act that is built in.
#[derive(Debug)]
pub struct Lexicon {
    acts: Vec<ActRow>,
    markers: Vec<MarkerRow>,
    opposites: HashMap<String, Vec<(u16, Feature)>>,
    singulars: HashSet<String>,
    pub(crate) synonyms: Words<String>,
    pub(crate) act_terms: Words<ActTerm>,
    /// `None`: a word that only contains a marker.
    pub(crate) marker_terms: Words<Option<Marker>>,
    pub(crate) joining: Words<String>,
    pub(crate) prefixes: Words<()>,
    pub(crate) suffixes: Endings,
    pub(crate) notes: Words<()>,
    pub(crate) note_prefixes: Words<()>,
    pub(crate) office_prefixes: Words<()>,
    pub(crate) office_suffixes: Endings,
    pub(crate) place_prefixes: Words<()>,
    pub(crate) place_suffixes: Endings,
    pub(crate) countries: Words<()>,
    pub(crate) country_suffixes: Endings,
    pub(crate) places: Words<Place>,
    pub(crate) not_places: HashSet<String>,
    pub(crate) departments: Words<String>,
    pub(crate) not_departments: Endings,
}

impl Lexicon {
    /// The names of the tables that [`extended_by`](Self::extended_by) takes.
    pub const TABLES: [&str; BUILT_IN.len()] = {
        let mut names = [""; BUILT_IN.len()];
        let mut at = 0;
        while at < names.len() {
            names[at] = BUILT_IN[at].0;
            at += 1;
        }
        names
    };

    /// The lexicon that is built in.
    #[must_use]
    pub fn built_in() -> &'static Arc<Self> {
        static LEXICON: LazyLock<Arc<Lexicon>> = LazyLock::new(|| {
            let mut draft = Draft::default();
            for (file, text) in BUILT_IN {
                draft.read(file, text);
            }
            Arc::new(draft.finish())
        });
        &LEXICON
    }

    /// The built-in words, and those of more tables: pairs of a file name out of [`TABLES`](Self::TABLES) and a text.
    ///
    /// A row adds a term, or takes the place of the built-in rows for the same term. Terms are folded, so that they may be
    /// written as in a name. The format is told in `data/README.md`.
    ///
    /// # Errors
    ///
    /// Every row that can't be taken, with its file and line; then nothing is taken.
    pub fn extended_by<F: AsRef<str>, T: AsRef<str>>(
        tables: impl IntoIterator<Item = (F, T)>,
    ) -> Result<Arc<Self>, Vec<BadRow>> {
        let tables: HashMap<String, T> =
            tables.into_iter().map(|(file, text)| (file.as_ref().to_owned(), text)).collect();
        let mut draft = Draft::default();
        // In the order of the built-in tables: act terms name acts that another table declares.
        for (file, text) in BUILT_IN {
            draft.read(file, text);
            if let Some(more) = tables.get(file) {
                draft.read(file, more.as_ref());
            }
        }
        let mut unknown: Vec<&String> =
            tables.keys().filter(|file| !Self::TABLES.contains(&file.as_str())).collect();
        unknown.sort();
        for file in unknown {
            draft.refuse(file, format!("not a word list; they are called {}", Self::TABLES.join(", ")));
        }
        let problems = draft.problems();
        if problems.is_empty() { Ok(Arc::new(draft.finish())) } else { Err(problems) }
    }

    /// What two words contradict each other on, if they exclude each other.
    pub(crate) fn opposite(&self, a: &str, b: &str) -> Option<Feature> {
        if a == b {
            return None;
        }
        let (left, right) = (self.opposites.get(a)?, self.opposites.get(b)?);
        left.iter()
            .find(|(group, _)| right.iter().any(|(other, _)| other == group))
            .map(|(_, feature)| *feature)
    }

    /// A folded text with its Latin words in the singular.
    pub(crate) fn singular<'t>(&self, text: &'t str) -> std::borrow::Cow<'t, str> {
        singular(text, &self.singulars)
    }

    /// Takes the acts out of a text.
    pub(crate) fn without_acts(&self, text: &str, acts: &mut BTreeSet<Act>) -> String {
        self.act_terms.replace(
            text,
            |term, at| match term.stands {
                Stands::Anywhere => true,
                Stands::Begins => at.begins,
                Stands::Ends => at.ends,
                Stands::Edges => at.begins || at.ends,
            },
            |term| {
                acts.extend(&term.acts);
                &term.kept
            },
        )
    }

    fn act(&self, act: Act) -> Option<&ActRow> {
        self.acts.get(usize::from(act.0))
    }

    fn marker(&self, marker: Marker) -> Option<&MarkerRow> {
        self.markers.get(usize::from(marker.0))
    }
}

#[cfg(test)]
mod tests;
