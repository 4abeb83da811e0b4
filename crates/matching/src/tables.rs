//! The word lists as text: those that are built in, how a row is read, and what is wrong with one.

use std::{collections::HashMap, fmt};

use crate::fold::fold;

/// The tables that are built in, by file name. What they mean is told in `data/README.md`.
pub(crate) const BUILT_IN: [(&str, &str); 8] = [
    ("acts.tsv", include_str!("../data/acts.tsv")),
    ("act-terms.tsv", include_str!("../data/act-terms.tsv")),
    ("synonyms.tsv", include_str!("../data/synonyms.tsv")),
    ("markers.tsv", include_str!("../data/markers.tsv")),
    ("opposites.tsv", include_str!("../data/opposites.tsv")),
    ("fillers.tsv", include_str!("../data/fillers.tsv")),
    ("places.tsv", include_str!("../data/places.tsv")),
    ("departments.tsv", include_str!("../data/departments.tsv")),
];

/// The longest term, in bytes: a longer one is a sentence that slipped into the list.
const MAX_TERM_BYTES: usize = 200;

/// A row of a word list that can't be taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Name of the file, as it was handed over.
    pub file: String,
    /// Line in the file, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// What is wrong, in English.
    pub problem: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.problem)
    }
}

impl std::error::Error for BadRow {}

/// Why a row can't be taken.
pub(crate) type Problem = String;

/// One table, row by row.
#[derive(Debug)]
pub(crate) struct Table<'t> {
    file: &'t str,
    text: &'t str,
    /// Terms and the line on which they stand.
    seen: HashMap<String, usize>,
}

impl<'t> Table<'t> {
    pub(crate) fn new(file: &'t str, text: &'t str) -> Self {
        // Spreadsheets save UTF-8 with a byte order mark.
        Self { file, text: text.strip_prefix('\u{FEFF}').unwrap_or(text), seen: HashMap::new() }
    }

    /// Hands every row's columns to `take`, and keeps what is wrong.
    pub(crate) fn read(
        mut self,
        problems: &mut Vec<BadRow>,
        mut take: impl FnMut(&mut Rows<'_>, &[&'t str]) -> Result<(), Problem>,
    ) {
        for (line, row) in (1..).zip(self.text.lines()) {
            if row.trim().is_empty() || row.starts_with('#') {
                continue;
            }
            let columns: Vec<&str> = row.split('\t').map(str::trim).collect();
            let taken = take(&mut Rows { line, seen: &mut self.seen }, &columns);
            if let Err(problem) = taken {
                problems.push(BadRow { file: self.file.to_owned(), line, problem });
            }
        }
    }
}

/// The row that is read now.
#[derive(Debug)]
pub(crate) struct Rows<'s> {
    line: usize,
    seen: &'s mut HashMap<String, usize>,
}

impl Rows<'_> {
    /// The row's term in the folded spelling; refused when it is empty, very long, or given on an earlier line already.
    pub(crate) fn term(&mut self, written: &str) -> Result<String, Problem> {
        let term = words(written)?;
        self.once(&term, written)?;
        Ok(term)
    }

    /// Refuses what stands on an earlier line of this file.
    pub(crate) fn once(&mut self, key: &str, written: &str) -> Result<(), Problem> {
        match self.seen.insert(key.to_owned(), self.line) {
            Some(line) => Err(format!("“{written}” stands on line {line} already")),
            None => Ok(()),
        }
    }
}

/// Words in the folded spelling, at least one.
pub(crate) fn words(written: &str) -> Result<String, Problem> {
    if written.len() > MAX_TERM_BYTES {
        return Err(format!("a term is at most {MAX_TERM_BYTES} bytes long"));
    }
    let term = fold(written);
    if term.is_empty() {
        return Err(format!("“{written}” holds no word"));
    }
    Ok(term)
}

/// What to say of a row with the wrong number of columns.
pub(crate) fn columns(expected: &str, found: &[&str]) -> Problem {
    format!("expected the columns {expected}, separated by tabs; found {}", found.len())
}
