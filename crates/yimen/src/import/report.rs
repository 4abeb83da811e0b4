//! What became of each row: counted, written to a report, and the refused ones said.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use domain::ItemId;
use serde::Serialize;

use super::Refusal;
use crate::failure::Failure;

/// Refused rows that are shown on standard error; the report has them all.
const SHOWN: u64 = 20;

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Registered and published for the first time.
    Created(Taken),
    /// Its content was brought up to date.
    Updated(Taken),
    /// It was there already, just so.
    Unchanged(Taken),
    /// It was not taken.
    Refused(Refusal),
}

/// A row that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// The line on which the row begins, counted from 1.
    pub line: u64,
    /// The department's own code for the item.
    pub local_code: String,
    /// The item.
    pub item: ItemId,
}

/// How many rows had which outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Registered for the first time.
    pub created: u64,
    /// Brought up to date.
    pub updated: u64,
    /// There already.
    pub unchanged: u64,
    /// Not taken.
    pub refused: u64,
}

impl Counts {
    /// All rows.
    pub fn rows(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.refused
    }
}

/// Collects outcomes in the order of the rows.
#[derive(Debug)]
pub struct Report {
    file: Option<BufWriter<File>>,
    counts: Counts,
}

impl Report {
    /// A report to that file, or to standard error alone.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let file = path.map(|path| {
            File::create(path).map(BufWriter::new).map_err(|error| {
                Failure::because(format_args!("the report {} can't be written", path.display()), &error)
            })
        });
        Ok(Self { file: file.transpose()?, counts: Counts::default() })
    }

    /// Notes one outcome. Gives the line to show to people, if the row was refused and not too many were before.
    pub fn note(&mut self, outcome: &Outcome) -> Result<Option<String>, Failure> {
        if let Some(file) = &mut self.file {
            serde_json::to_writer(&mut *file, outcome)
                .map_err(std::io::Error::from)
                .and_then(|()| file.write_all(b"\n"))
                .map_err(|error| Failure::because("the report can't be written", &error))?;
        }
        let counts = &mut self.counts;
        match outcome {
            Outcome::Created(_) => counts.created += 1,
            Outcome::Updated(_) => counts.updated += 1,
            Outcome::Unchanged(_) => counts.unchanged += 1,
            Outcome::Refused(refusal) => {
                counts.refused += 1;
                return Ok((counts.refused <= SHOWN).then(|| refusal.to_string()));
            }
        }
        Ok(None)
    }

    /// Writes out what is buffered, and gives the counts.
    pub fn finish(mut self) -> Result<Counts, Failure> {
        if let Some(file) = &mut self.file {
            file.flush().map_err(|error| Failure::because("the report can't be written", &error))?;
        }
        Ok(self.counts)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::import::Field;

    #[test]
    fn every_row_is_in_the_report_and_counted() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("report.jsonl");
        let mut report = Report::open(Some(&path)).expect("it can be written");
        let item = ItemId::new(&"local:d".parse().expect("an id"), &"a".parse().expect("a code"));
        let taken = Taken { line: 2, local_code: "a".to_owned(), item };
        assert_eq!(report.note(&Outcome::Created(taken)).expect("written"), None);
        let refusal = Refusal::of_field(3, Field::Name, "blank", "must not be blank");
        let shown = report.note(&Outcome::Refused(refusal)).expect("written");
        assert_eq!(shown.as_deref(), Some("line 3: name: must not be blank [blank]"));
        let counts = report.finish().expect("written");
        assert_eq!((counts.created, counts.refused, counts.rows()), (1, 1, 2));
        let text = std::fs::read_to_string(path).expect("written");
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let created = json!({ "outcome": "created", "line": 2, "localCode": "a", "item": item });
        let error = json!({ "field": "name", "code": "blank", "detail": "must not be blank" });
        assert_eq!(lines, [created, json!({ "outcome": "refused", "line": 3, "errors": [error] })]);
    }
}
