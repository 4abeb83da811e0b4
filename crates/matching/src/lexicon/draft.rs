//! A lexicon that is being read from tables.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Act, ActRow, ActTerm, Lexicon, Marker, MarkerRow, Place, Stands};
use crate::{
    evidence::Feature,
    latin::singular,
    tables::{BadRow, Problem, Rows, Table, columns, words},
    words::{Endings, Words},
};

/// What a word of `fillers.tsv` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Filler {
    Prefix,
    Suffix,
    Note,
    NotePrefix,
    Joining,
    Kept,
    Singular,
    OfficePrefix,
    OfficeSuffix,
    PlacePrefix,
    PlaceSuffix,
    Never,
}

/// The rows that were taken so far: a later one takes the place of an earlier one for the same term.
#[derive(Debug, Default)]
pub(super) struct Draft {
    acts: Vec<ActRow>,
    act_terms: BTreeMap<String, (Vec<Act>, String, Stands)>,
    synonyms: BTreeMap<String, String>,
    markers: Vec<MarkerRow>,
    marker_terms: BTreeMap<String, Option<Marker>>,
    opposites: HashMap<String, Vec<(u16, Feature)>>,
    groups: u16,
    fillers: BTreeMap<String, Vec<Filler>>,
    places: BTreeMap<String, Place>,
    departments: BTreeMap<String, String>,
    problems: Vec<BadRow>,
}

impl Draft {
    /// Reads a table that is known by its file name; one that isn't is left alone.
    pub(super) fn read(&mut self, file: &str, text: &str) {
        let table = Table::new(file, text);
        let mut problems = std::mem::take(&mut self.problems);
        match file {
            "acts.tsv" => table.read(&mut problems, |rows, row| self.take_act(rows, row)),
            "act-terms.tsv" => table.read(&mut problems, |rows, row| self.take_act_term(rows, row)),
            "synonyms.tsv" => table.read(&mut problems, |rows, row| self.take_synonym(rows, row)),
            "markers.tsv" => table.read(&mut problems, |rows, row| self.take_marker(rows, row)),
            "opposites.tsv" => table.read(&mut problems, |rows, row| self.take_opposites(rows, row)),
            "fillers.tsv" => {
                let mut renewed = HashSet::new();
                table.read(&mut problems, |rows, row| self.take_filler(rows, row, &mut renewed));
            }
            "places.tsv" => table.read(&mut problems, |rows, row| self.take_place(rows, row)),
            "departments.tsv" => table.read(&mut problems, |rows, row| self.take_department(rows, row)),
            _ => {}
        }
        self.problems = problems;
    }

    /// Keeps what is wrong with a table as a whole.
    pub(super) fn refuse(&mut self, file: &str, problem: Problem) {
        self.problems.push(BadRow { file: file.to_owned(), line: 0, problem });
    }

    /// What is wrong so far; afterwards nothing is.
    pub(super) fn problems(&mut self) -> Vec<BadRow> {
        std::mem::take(&mut self.problems)
    }

    fn take_act(&mut self, rows: &mut Rows<'_>, row: &[&str]) -> Result<(), Problem> {
        let [id, name, zh, en] = row else { return Err(columns("id, feature, zh, en", row)) };
        let feature = feature(name, &[Feature::Act, Feature::Direction])?;
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
            return Err(format!("an act's id is of small Latin letters and hyphens, not “{id}”"));
        }
        if zh.is_empty() || en.is_empty() {
            return Err("an act needs a name in Chinese and in English".to_owned());
        }
        rows.once(id, id)?;
        let row = ActRow { id: (*id).to_owned(), feature, zh: (*zh).to_owned(), en: (*en).to_owned() };
        let known = self.acts.iter().position(|known| known.id == row.id);
        match known.and_then(|at| self.acts.get_mut(at)) {
            Some(known) => *known = row,
            None => self.acts.push(row),
        }
        u16::try_from(self.acts.len()).map(drop).map_err(|_| "too many acts".to_owned())
    }

    fn take_act_term(&mut self, rows: &mut Rows<'_>, row: &[&str]) -> Result<(), Problem> {
        let (term, ids, kept, stands) = match row {
            [term, ids, kept] => (term, ids, kept, ""),
            [term, ids, kept, stands] => (term, ids, kept, *stands),
            _ => return Err(columns("term, acts, kept and, where it isn't everywhere, where", row)),
        };
        let stands = match stands {
            "" => Stands::Anywhere,
            "begins" => Stands::Begins,
            "ends" => Stands::Ends,
            "edges" => Stands::Edges,
            _ => {
                return Err(format!(
                    "a term stands where it “begins”, “ends”, or on both “edges”, not “{stands}”"
                ));
            }
        };
        let acts = ids
            .split(',')
            .filter(|id| !id.is_empty())
            .map(|id| self.act(id).ok_or_else(|| format!("acts.tsv declares no act “{id}”")))
            .collect::<Result<_, _>>()?;
        let kept = if kept.is_empty() { String::new() } else { words(kept)? };
        self.act_terms.insert(rows.term(term)?, (acts, kept, stands));
        Ok(())
    }

    fn take_synonym(&mut self, rows: &mut Rows<'_>, row: &[&str]) -> Result<(), Problem> {
        // An editor that cuts white space at the end of a line cuts the tab before an empty column, too.
        let (variant, canonical) = match row {
            [variant, canonical] => (variant, *canonical),
            [variant] => (variant, ""),
            _ => return Err(columns("variant, canonical", row)),
        };
        let canonical = if canonical.is_empty() { String::new() } else { words(canonical)? };
        self.synonyms.insert(rows.term(variant)?, canonical);
        Ok(())
    }

    fn take_marker(&mut self, rows: &mut Rows<'_>, row: &[&str]) -> Result<(), Problem> {
        let [name, zh, en, term] = row else { return Err(columns("feature, zh, en, term", row)) };
        if *name == "none" {
            self.marker_terms.insert(rows.term(term)?, None);
            return Ok(());
        }
        let feature = feature(
            name,
            &[Feature::Object, Feature::Subject, Feature::Grade, Feature::Scope, Feature::Direction],
        )?;
        let term = rows.term(term)?;
        let row = MarkerRow { feature, zh: (*zh).to_owned(), en: (*en).to_owned() };
        let place = self.markers.iter().position(|known| *known == row).unwrap_or_else(|| {
            self.markers.push(row);
            self.markers.len() - 1
        });
        let marker = u16::try_from(place).map_err(|_| "too many markers".to_owned())?;
        self.marker_terms.insert(term, Some(Marker(marker)));
        Ok(())
    }

    fn take_opposites(&mut self, rows: &mut Rows<'_>, row: &[&str]) -> Result<(), Problem> {
        let [name, group] = row else { return Err(columns("feature, words or characters", row)) };
        let feature = feature(
            name,
            &[
                Feature::Object,
                Feature::Subject,
                Feature::Grade,
                Feature::Scope,
                Feature::Direction,
                Feature::Act,
            ],
        )?;
        let members: Vec<String> = if group.contains(',') {
            group.split(',').map(words).collect::<Result<_, _>>()?
        } else {
            words(group)?.chars().map(String::from).collect()
        };
        if members.len() < 2 {
            return Err(format!(
                "“{group}” names nothing that could be opposite: words are separated by commas"
            ));
        }
        rows.once(group, group)?;
        self.groups = self.groups.checked_add(1).ok_or("too many groups")?;
        for member in members {
            self.opposites.entry(member).or_default().push((self.groups, feature));
        }
        Ok(())
    }

    fn take_filler(
        &mut self,
        rows: &mut Rows<'_>,
        row: &[&str],
        renewed: &mut HashSet<String>,
    ) -> Result<(), Problem> {
        let [name, term] = row else { return Err(columns("place, term", row)) };
        let filler = match *name {
            "prefix" => Filler::Prefix,
            "suffix" => Filler::Suffix,
            "note" => Filler::Note,
            "note-prefix" => Filler::NotePrefix,
            "joining" => Filler::Joining,
            "kept" => Filler::Kept,
            "singular" => Filler::Singular,
            "office-prefix" => Filler::OfficePrefix,
            "office-suffix" => Filler::OfficeSuffix,
            "place-prefix" => Filler::PlacePrefix,
            "place-suffix" => Filler::PlaceSuffix,
            "never" => Filler::Never,
            _ => return Err(format!("“{name}” is no place for a word that says nothing")),
        };
        let folded = words(term)?;
        rows.once(&format!("{name}\t{folded}"), term)?;
        let fillers = self.fillers.entry(folded.clone()).or_default();
        if renewed.insert(folded) {
            fillers.clear();
        }
        fillers.push(filler);
        Ok(())
    }

    fn take_place(&mut self, rows: &mut Rows<'_>, row: &[&str]) -> Result<(), Problem> {
        let [kind, name] = row else { return Err(columns("kind, name", row)) };
        let place = match *kind {
            "division" => Place::Division,
            "county" => Place::County,
            "zone" => Place::Zone,
            "japan" => Place::Japan,
            "short" => Place::Short,
            "country" => Place::Country,
            "not" => Place::Not,
            "compound" => Place::Compound,
            "apart" => Place::Apart,
            _ => return Err(format!("“{kind}” is no kind of place")),
        };
        self.places.insert(rows.term(name)?, place);
        Ok(())
    }

    fn take_department(&mut self, rows: &mut Rows<'_>, row: &[&str]) -> Result<(), Problem> {
        let (name, canonical) = match row {
            [name, canonical] => (name, *canonical),
            [name] => (name, ""),
            _ => return Err(columns("name, what it is called here", row)),
        };
        let canonical = if canonical.is_empty() { String::new() } else { words(canonical)? };
        self.departments.insert(rows.term(name)?, canonical);
        Ok(())
    }

    fn act(&self, id: &str) -> Option<Act> {
        self.acts.iter().position(|row| row.id == id).and_then(|at| u16::try_from(at).ok()).map(Act)
    }

    /// The lexicon of all rows that were taken.
    pub(super) fn finish(self) -> Lexicon {
        let singulars: HashSet<String> = self.with(Filler::Singular).collect();
        // A text is in the singular before its words are looked up: so are the tables.
        let one = |text: &str| singular(text, &singulars).into_owned();
        let endings = |filler: Filler| Endings::new(self.with(filler).map(|word| one(&word)));
        let table = |filler: Filler| Words::new(self.with(filler).map(|word| (one(&word), ())));
        let joining = self
            .with(Filler::Joining)
            .map(|word| (one(&word), String::new()))
            .chain(self.with(Filler::Kept).map(|word| (one(&word), one(&word))));
        let act_terms = self.act_terms.iter().map(|(term, (acts, kept, stands))| {
            (one(term), ActTerm { acts: acts.clone(), kept: one(kept), stands: *stands })
        });
        let countries = || self.places_of(Place::Country).map(|name| one(&name));
        let short = self.places_of(Place::Division).filter_map(|name| {
            let stem = name.strip_suffix(['省', '市', '盟'])?;
            (stem.chars().count() > 1).then(|| (stem.to_owned(), Place::Short))
        });
        let places = short.chain(self.places.iter().map(|(name, place)| (name.clone(), *place)));
        Lexicon {
            synonyms: Words::new(self.synonyms.iter().map(|(term, canonical)| (one(term), one(canonical)))),
            act_terms: Words::new(act_terms),
            marker_terms: Words::new(self.marker_terms.iter().map(|(term, marker)| (one(term), *marker))),
            opposites: self.opposites.iter().map(|(word, groups)| (one(word), groups.clone())).collect(),
            joining: Words::new(joining),
            prefixes: table(Filler::Prefix),
            suffixes: endings(Filler::Suffix),
            notes: table(Filler::Note),
            note_prefixes: table(Filler::NotePrefix),
            office_prefixes: table(Filler::OfficePrefix),
            office_suffixes: endings(Filler::OfficeSuffix),
            place_prefixes: table(Filler::PlacePrefix),
            place_suffixes: endings(Filler::PlaceSuffix),
            countries: Words::new(countries().map(|name| (name, ()))),
            country_suffixes: Endings::new(countries()),
            not_places: self.places_of(Place::Not).chain(self.places_of(Place::Compound)).collect(),
            places: Words::new(places),
            not_departments: Endings::new(
                self.departments
                    .iter()
                    .filter(|(_, canonical)| canonical.is_empty())
                    .map(|(name, _)| name.clone()),
            ),
            departments: Words::new(
                self.departments.clone().into_iter().filter(|(_, name)| !name.is_empty()),
            ),
            singulars,
            acts: self.acts,
            markers: self.markers,
        }
    }

    fn with(&self, filler: Filler) -> impl Iterator<Item = String> {
        self.fillers.iter().filter(move |(_, roles)| roles.contains(&filler)).map(|(word, _)| word.clone())
    }

    fn places_of(&self, kind: Place) -> impl Iterator<Item = String> {
        self.places.iter().filter(move |(_, place)| **place == kind).map(|(name, _)| name.clone())
    }
}

/// A feature that a table may name.
fn feature(name: &str, allowed: &[Feature]) -> Result<Feature, Problem> {
    Feature::named(name).filter(|feature| allowed.contains(feature)).ok_or_else(|| {
        let names: Vec<&str> = allowed.iter().map(|feature| feature.as_str()).collect();
        format!("“{name}” is no feature of this table; they are {}", names.join(", "))
    })
}
