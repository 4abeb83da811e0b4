//! `yimen import`: rows of a file become published items, by an operator's migration.
//!
//! File → records (`csv`, `jsonl`) or operations (`openapi`) → rows → the register, which judges them as the API does.
//! Every row ends as taken or refused, in the order of the file; importing a file again changes nothing.

mod csv;
mod field;
mod jsonl;
mod lines;
mod mapping;
mod openapi;
mod record;
mod register;
mod repeats;
mod report;
mod row;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use domain::code::LOCAL_SCHEME;
use indicatif::ProgressBar;

use self::field::Field;
pub use self::mapping::{Defaults, Mapping, Rewrite};
use self::openapi::Backends;
use self::record::{Record, Refusal};
use self::register::Register;
use self::repeats::Repeats;
pub use self::report::Counts;
use self::report::{Outcome, Report};
use self::row::{Row, Rules};
use crate::cli::{Format, ImportArgs};
use crate::failure::Failure;
use crate::progress;

/// Rows that are handed over together; a gateway takes at most 500 at once.
const BATCH_ROWS: usize = 256;
/// Content that is handed over together, in bytes of JSON; a gateway takes at most 16 MiB at once.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// What one row has come to so far.
type Read = Result<Row, Refusal>;

/// Imports a file; the counts say what became of its rows.
pub async fn run(args: ImportArgs) -> Result<Counts, Failure> {
    let source = args.source.clone().unwrap_or_else(|| file_name(&args.file));
    let mut repeats = Repeats::default();
    let mut rows = rows(&args)?.map(|read| read.and_then(|row| repeats.check(row)));
    let mut report = Report::open(args.report.as_deref())?;
    let register = Register::open(&args, &source).await?;
    let bar = progress::counter("rows");
    let outcome = import(&register, &mut rows, &mut report, &bar).await;
    bar.finish_and_clear();
    register.close().await;
    let counts = report.finish()?;
    match outcome {
        Ok(()) => Ok(counts),
        Err(failure) => Err(Failure::new(format!(
            "{failure}; {} rows were settled before: run the same import again, and it goes on where it stopped",
            counts.rows()
        ))),
    }
}

async fn import(
    register: &Register,
    rows: &mut dyn Iterator<Item = Read>,
    report: &mut Report,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    loop {
        let batch = batch(rows);
        if batch.is_empty() {
            return Ok(());
        }
        for outcome in settle(register, batch).await? {
            if let Some(sentence) = report.note(&outcome)? {
                bar.suspend(|| eprintln!("{sentence}"));
            }
            bar.inc(1);
        }
    }
}

/// The next rows, as many as go together.
fn batch(rows: &mut dyn Iterator<Item = Read>) -> Vec<Read> {
    let mut batch = Vec::with_capacity(BATCH_ROWS);
    let mut bytes = 0;
    while batch.len() < BATCH_ROWS && bytes < BATCH_BYTES {
        let Some(read) = rows.next() else { break };
        bytes += read.as_ref().map_or(0, |row| row.content.to_string().len());
        batch.push(read);
    }
    batch
}

/// Hands the good rows over, and puts the outcomes back among the refused ones.
async fn settle(register: &Register, batch: Vec<Read>) -> Result<Vec<Outcome>, Failure> {
    let (mut good, mut refused) = (Vec::new(), Vec::new());
    for (place, read) in batch.into_iter().enumerate() {
        match read {
            Ok(row) => good.push((place, row)),
            Err(refusal) => refused.push((place, Outcome::Refused(refusal))),
        }
    }
    let (places, rows): (Vec<_>, Vec<_>) = good.into_iter().unzip();
    let taken = if rows.is_empty() { Vec::new() } else { register.take(rows).await? };
    let mut outcomes: Vec<_> = places.into_iter().zip(taken).chain(refused).collect();
    outcomes.sort_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

/// The rows of the file.
fn rows(args: &ImportArgs) -> Result<Box<dyn Iterator<Item = Read> + '_>, Failure> {
    let rules = Rules {
        defaults: args.default.clone().with(Field::Department, args.department.as_deref()),
        code_scheme: args.code_scheme.clone().unwrap_or_else(|| LOCAL_SCHEME.to_owned()),
    };
    Ok(match args.format {
        Format::Csv => {
            let records = csv::Rows::open(open(&args.file)?, &args.map)?;
            Box::new(records.map(move |record| record.and_then(|record| Row::new(&record, &rules))))
        }
        Format::Jsonl => {
            let records = jsonl::Rows::new(open(&args.file)?, &args.map);
            Box::new(records.map(move |record| record.and_then(|record| Row::new(&record, &rules))))
        }
        Format::Openapi => {
            let backends =
                Backends { rewrites: args.rewrite_backend.clone(), base: args.backend_base.clone() };
            let mut next = 1;
            Box::new(openapi::documents(&args.file)?.into_iter().flat_map(move |file| {
                let rows = openapi::rows(&file, next, &rules, &backends);
                next += rows.len() as u64;
                rows
            }))
        }
    })
}

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    File::open(path)
        .map(BufReader::new)
        .map_err(|error| Failure::because(format_args!("{} can't be read", path.display()), &error))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
