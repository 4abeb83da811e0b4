//! The list to match, read from a file: what is kept of its rows, and what was refused.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use matching::Profile;

use super::profile::profile;
use crate::cli::{ListFormat, MatchArgs};
use crate::failure::Failure;
use crate::import::{self, Fault, Field, Record, Refusal, csv, jsonl};
use crate::{output, progress};

/// Refused rows whose lines the summary names; standard error has them all.
const MOST_LINES: usize = 10;

/// A row that is matched, as far as its result speaks of it.
#[derive(Debug)]
pub struct Row {
    /// Its id, which no other row of the list has.
    pub id: String,
    /// The item's name.
    pub name: String,
    /// The department, where it is stated.
    pub department: Option<Arc<str>>,
    /// The line on which it begins, counted from 1.
    pub line: u64,
}

/// What was read.
#[derive(Debug, Default)]
pub struct List {
    /// The rows to match, in the order of the file.
    pub rows: Vec<Row>,
    /// How many rows were refused.
    pub refused: u64,
    /// The lines of the first of them.
    pub refused_lines: Vec<u64>,
}

/// Reads the list; the profiles are those of its rows, in the same order. Every refusal is told on standard error.
pub fn read(args: &MatchArgs) -> Result<(List, Vec<Profile>), Failure> {
    let input = open(&args.file)?;
    match args.format {
        ListFormat::Csv => {
            let records = csv::Rows::open(input, &args.map, args.encoding)?;
            for fields in [&[Field::Name][..], &[Field::Id, Field::ItemCode]] {
                if !fields.iter().any(|field| records.has(*field) || args.default.get(*field).is_some()) {
                    let [field, ..] = fields else { continue };
                    return Err(Failure::usage(format!(
                        "the head line has no column {field}: name it by --map {field}=COLUMN"
                    )));
                }
            }
            take_all(records, args)
        }
        ListFormat::Jsonl => {
            args.encoding.must_be_utf_8()?;
            take_all(jsonl::Rows::new(input, &args.map), args)
        }
    }
}

/// Opens the list; `-` is standard input.
fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    if path.is_dir() {
        return Err(Failure::usage(format!("{} is a folder: name a file in it", path.display())));
    }
    let file: BufReader<File> = import::open(path)?;
    Ok(Box::new(file))
}

fn take_all(
    records: impl Iterator<Item = Result<Record, Refusal>>,
    args: &MatchArgs,
) -> Result<(List, Vec<Profile>), Failure> {
    let mut reading = Reading::new(args);
    let bar = progress::counter("rows");
    for read in records {
        bar.inc(1);
        match read.and_then(|record| reading.take(&record)) {
            Ok(()) => {}
            Err(refusal) if refusal.errors.iter().any(|error| error.code == import::UNREADABLE) => {
                bar.finish_and_clear();
                return Err(Failure::new(format!(
                    "{} can't be read to its end: {refusal}",
                    args.file.display()
                )));
            }
            Err(refusal) => {
                let refusal = refusal.in_columns(|field| args.map.column(field));
                bar.suspend(|| output::remark(&refusal.to_string()));
                reading.list.refused += 1;
                if reading.list.refused_lines.len() < MOST_LINES {
                    reading.list.refused_lines.push(refusal.line);
                }
            }
        }
    }
    bar.finish_and_clear();
    Ok(reading.finish())
}

/// A list as far as it is read.
#[derive(Debug)]
struct Reading<'a> {
    args: &'a MatchArgs,
    list: List,
    profiles: Vec<Profile>,
    /// Lines by id.
    ids: HashMap<String, u64>,
    /// Each department's name once: few names stand in many rows.
    departments: HashSet<Arc<str>>,
    /// Fields of `--map` that no row has had anything for yet.
    silent: Vec<(Field, String)>,
    /// Cells that say nothing to matching, by field and rule: how many, and the first one's line and rule in words.
    left_out: BTreeMap<(Field, &'static str), (u64, String)>,
}

impl<'a> Reading<'a> {
    fn new(args: &'a MatchArgs) -> Self {
        Self {
            args,
            list: List::default(),
            profiles: Vec::new(),
            ids: HashMap::new(),
            departments: HashSet::new(),
            silent: args.map.named().map(|(field, column)| (field, column.to_owned())).collect(),
            left_out: BTreeMap::new(),
        }
    }

    fn take(&mut self, record: &Record) -> Result<(), Refusal> {
        let line = record.line;
        record.check(&[Field::Id, Field::Name])?;
        let cell = |field| record.get(field, &self.args.default);
        self.silent.retain(|(field, _)| cell(*field).is_none());
        let id = cell(Field::Id).or_else(|| cell(Field::ItemCode)).ok_or_else(|| {
            Refusal::of_field(line, Field::Id, "required", "the row has neither id nor itemCode")
        })?;
        let name = cell(Field::Name)
            .ok_or_else(|| Refusal::of_field(line, Field::Name, "required", "the row has no name"))?;
        if let Some(first) = self.ids.get(id) {
            let detail = format!("line {first} has the same id");
            return Err(Refusal::of_field(line, Field::Id, "repeated", detail));
        }
        self.ids.insert(id.to_owned(), line);
        let profile = profile(record, &self.args.default, &self.args.code_scheme);
        let no_level = profile.level.is_none() && cell(Field::Level).is_some();
        let department = profile.department.as_deref().map(|name| match self.departments.get(name) {
            Some(known) => Arc::clone(known),
            None => {
                let name = Arc::<str>::from(name);
                self.departments.insert(Arc::clone(&name));
                name
            }
        });
        for Fault { field, code, detail } in record.faults() {
            self.leave_out(line, *field, code, detail);
        }
        if no_level {
            self.leave_out(line, Field::Level, "level", "a level is a digit from 1 to 6");
        }
        self.list.rows.push(Row { id: id.to_owned(), name: name.to_owned(), department, line });
        self.profiles.push(profile);
        Ok(())
    }

    fn leave_out(&mut self, line: u64, field: Field, code: &'static str, detail: &str) {
        let (cells, _) =
            self.left_out.entry((field, code)).or_insert_with(|| (0, format!("line {line}: {detail}")));
        *cells += 1;
    }

    /// The whole list; what was read and couldn't count is said.
    fn finish(self) -> (List, Vec<Profile>) {
        if self.list.rows.is_empty() && self.list.refused == 0 {
            output::remark("yimen: 清单中没有数据行 · the list has no rows");
        } else {
            for (field, column) in &self.silent {
                let column = output::shown(column, super::MOST_SHOWN);
                output::remark(&format!("yimen: --map {field}={column}: no row has anything there"));
            }
        }
        for ((field, code), (cells, first)) in &self.left_out {
            output::remark(&format!(
                "yimen: {field}: {cells} cell(s) left out, the first in {first} [{code}]"
            ));
        }
        (self.list, self.profiles)
    }
}
