//! The lists that matching is judged on: records, and what is known of them.

mod apisetu;
mod canada;
mod links;
mod names;
pub(crate) mod record;
pub(crate) mod rows;
mod truth;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub(crate) use record::{FIELDS, Record};
pub(crate) use truth::{LabelledPair, Truth};

/// The lists that this command knows.
pub(super) const NAMES: [&str; 6] = ["canada", "canada-fr", "names", "apisetu", "apisetu-code", "uk-links"];

/// A half of a list, split by entity: what is learned of one entity's wording says nothing of the other half's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Half {
    /// To learn from and to tune with.
    Train,
    /// To be judged on.
    #[default]
    Test,
}

impl Half {
    /// The half of an entity: train where the first byte of its SHA-256 is even.
    pub(crate) fn of(entity: &str) -> Self {
        match Sha256::digest(entity.as_bytes()).first() {
            Some(byte) if byte % 2 == 0 => Self::Train,
            Some(_) | None => Self::Test,
        }
    }
}

/// A list to be matched, with what is known of it.
#[derive(Debug)]
pub(crate) struct List {
    /// Short name, also of its files.
    pub(crate) name: String,
    /// What it is, in a sentence or two, with what was decided of it.
    pub(crate) note: String,
    /// The half that `records` are.
    pub(crate) half: Half,
    /// What is matched.
    pub(crate) records: Vec<Record>,
    /// What is true of them.
    pub(crate) truth: Truth,
    /// What a supervised tool may learn from: records and, for each, its entity.
    pub(crate) train: Vec<(Record, String)>,
}

/// The files that every tool reads.
#[derive(Debug)]
pub(crate) struct Files {
    /// What is to be matched.
    pub(crate) records: PathBuf,
    /// What may be learned from; with a column `entity`.
    pub(crate) train: PathBuf,
}

/// Reads one of [`NAMES`].
pub(crate) fn read(name: &str, data: &Path, half: Half) -> Result<List, String> {
    match name {
        "canada" => canada::read(data, half, canada::Language::English),
        "canada-fr" => canada::read(data, half, canada::Language::French),
        "names" => names::read(data, half),
        "apisetu" => apisetu::read(data, half, apisetu::Code::Withheld),
        "apisetu-code" => apisetu::read(data, half, apisetu::Code::Given),
        "uk-links" => links::read(data, half),
        unknown => Err(format!("no list is called {unknown}")),
    }
}

/// Reads a list of the caller's own: the fields of `yimen match`, and `entity`.
pub(super) fn read_own(name: &str, file: &Path, half: Half) -> Result<List, String> {
    let all = rows::read(file)?.iter().map(|row| (Record::of(row), row.get("entity").to_owned())).collect();
    Ok(List::split(name, format!("{}.", file.display()), half, all))
}

impl List {
    /// Splits records with their entities into what is judged and what may be learned from.
    fn split(name: &str, note: String, half: Half, all: Vec<(Record, String)>) -> Self {
        let train = all.iter().filter(|(_, entity)| Half::of(entity) == Half::Train).cloned().collect();
        let (records, entities) = all.into_iter().filter(|(_, entity)| Half::of(entity) == half).unzip();
        Self { name: name.to_owned(), note, half, records, truth: Truth::Entities(entities), train }
    }

    /// Writes the records, and what may be learned from, as CSV.
    pub(crate) fn write(&self, folder: &Path) -> Result<Files, String> {
        let half = match self.half {
            Half::Train => "train",
            Half::Test => "test",
        };
        let files = Files {
            records: folder.join(format!("{}-{half}.csv", self.name)),
            train: folder.join(format!("{}-{half}.learn.csv", self.name)),
        };
        record::write(&files.records, &FIELDS, self.records.iter().map(Record::cells))?;
        let head: Vec<&str> = FIELDS.into_iter().chain(["entity"]).collect();
        let learned = self.train.iter().map(|(record, entity)| {
            let mut cells = record.cells().to_vec();
            cells.push(entity);
            cells
        });
        record::write(&files.train, &head, learned)?;
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_is_told_by_the_first_byte_of_the_hash() {
        // sha256("135") = 13671077…, sha256("136") = 7b1a278f…, sha256("140") = dbae772d…
        let first = |entity: &str| Sha256::digest(entity.as_bytes())[0];
        for entity in ["135", "136", "140", ""] {
            let expected = if first(entity) % 2 == 0 { Half::Train } else { Half::Test };
            assert_eq!(Half::of(entity), expected, "{entity}");
        }
        // sha256("") = e3b0c442…
        assert_eq!(Half::of(""), Half::Test);
    }

    #[test]
    fn an_entity_is_wholly_in_one_half() {
        let rows = |half| {
            let all = (0..40).map(|n| (Record::named(&n.to_string(), "x"), (n % 8).to_string())).collect();
            List::split("x", String::new(), half, all)
        };
        let (train, test) = (rows(Half::Train), rows(Half::Test));
        assert_eq!(train.records.len() + test.records.len(), 40);
        assert_eq!(train.records.len() % 5, 0);
        assert_eq!((train.train.len(), test.train.len()), (train.records.len(), train.records.len()));
    }
}
