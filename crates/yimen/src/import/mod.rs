//! `yimen import`: rows of a file become published items, by an operator's migration.
//!
//! File → records (`csv`, `jsonl`) or operations (`openapi`) → rows → the register, which judges them as the API does.
//! Every row ends as taken or refused, in the order of the file; importing a file again changes nothing.

pub mod csv;
mod encoding;
mod field;
pub mod jsonl;
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

pub use self::encoding::Encoding;
pub use self::field::Field;
pub use self::mapping::{Defaults, Mapping, Rewrite};
use self::openapi::Backends;
pub use self::record::{Fault, Record, Refusal, UNREADABLE};
use self::register::Register;
use self::repeats::Repeats;
pub use self::report::Counts;
use self::report::{Outcome, Report};
use self::row::{Row, Rules};
pub use self::row::{legal_texts, listed, standard_item_code};
use crate::cli::{Format, ImportArgs};
use crate::failure::Failure;
use crate::{output, progress};

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
    let register = Register::open(&args, &source).await?;
    let mut report = Report::open(args.report.as_deref())?;
    let bar = progress::counter("rows");
    let outcome = import(&register, &mut rows, &mut report, &bar).await;
    bar.finish_and_clear();
    register.close().await;
    let counts = report.finish()?;
    match outcome {
        Ok(()) => Ok(counts),
        Err(failure) if counts.rows() == 0 => Err(failure),
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
                bar.suspend(|| output::remark(&sentence));
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
    if args.format != Format::Csv {
        args.encoding.must_be_utf_8()?;
    }
    Ok(match args.format {
        Format::Csv => {
            let records = csv::Rows::open(open(&args.file)?, &args.map, args.encoding)?;
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

/// Opens a file of rows; a folder is none.
pub fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    if path.is_dir() {
        return Err(Failure::usage(format!(
            "{} is a folder: name a file in it (only --format openapi takes a folder)",
            path.display()
        )));
    }
    File::open(path)
        .map(BufReader::new)
        .map_err(|error| Failure::because(format_args!("{} can't be read", path.display()), &error))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::failure::Exit;

    const FILE: &str = "dept,name,code,kind,org
区民政局,养老服务补贴申请,A-1,05,8282348
区民政局,结婚登记,A-2,7,
区教育局,,B-1,20,
区教育局,幼儿园设立,B-2,99,12441500196720244T
short row
";

    async fn import(folder: &Path, more: &[&str]) -> Counts {
        let file = folder.join("items.csv");
        std::fs::write(&file, FILE).expect("written");
        let map = "department=dept,id=code,organisation=org";
        let (file, data) = (file.to_string_lossy(), folder.join("data"));
        let data = data.to_string_lossy();
        let line = [
            "yimen",
            "import",
            &file,
            "--format",
            "csv",
            "--map",
            map,
            "--default",
            "region=511602",
            "--data-dir",
            &data,
        ];
        let Command::Import(args) = Cli::try_parse_from(line.iter().chain(more)).expect("a command").command
        else {
            panic!("it is an import");
        };
        run(*args).await.expect("it goes through")
    }

    #[tokio::test]
    async fn good_rows_are_taken_once_and_bad_ones_are_reported() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let report = folder.path().join("report.jsonl");
        let first = import(folder.path(), &["--report", &report.to_string_lossy()]).await;
        assert_eq!(first, Counts { created: 2, refused: 3, ..Counts::default() });
        let again = import(folder.path(), &[]).await;
        assert_eq!(again, Counts { unchanged: 2, refused: 3, ..Counts::default() });
        let report = std::fs::read_to_string(report).expect("written");
        let refused: Vec<_> = report.lines().filter(|line| line.contains("refused")).collect();
        for (line, parts) in refused.iter().zip([
            ["\"line\":4", "\"name\""],
            ["\"line\":5", "\"kind\""],
            ["\"line\":6", "ragged"],
        ]) {
            assert!(parts.iter().all(|part| line.contains(part)), "{line} lacks one of {parts:?}");
        }
    }

    #[tokio::test]
    async fn a_dry_run_says_the_same_and_writes_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let dry = import(folder.path(), &["--dry-run"]).await;
        assert_eq!(dry, Counts { created: 2, refused: 3, ..Counts::default() });
        assert!(!folder.path().join("data").exists());
        import(folder.path(), &[]).await;
        let dry = import(folder.path(), &["--dry-run"]).await;
        assert_eq!(dry, Counts { unchanged: 2, refused: 3, ..Counts::default() });
    }

    #[tokio::test]
    async fn what_can_not_be_an_import_is_a_slip_on_the_command_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("items.csv");
        std::fs::write(&file, FILE).expect("written");
        let refusal = async |path: &Path, more: &[&str]| {
            let path = path.to_string_lossy();
            let line = ["yimen", "import", &path, "--format", "csv"];
            let Command::Import(args) =
                Cli::try_parse_from(line.iter().chain(more)).expect("a command").command
            else {
                panic!("it is an import");
            };
            let failure = run(*args).await.expect_err("it can't be carried out");
            assert_eq!(failure.exit, Exit::Usage);
            failure.message
        };
        let nowhere = refusal(&file, &[]).await;
        assert!(nowhere.contains("--data-dir") && nowhere.contains("--server"), "{nowhere}");
        let folder_itself = refusal(folder.path(), &["--dry-run"]).await;
        assert!(folder_itself.contains("is a folder"), "{folder_itself}");
        std::fs::write(&file, "").expect("written");
        let empty = refusal(&file, &["--dry-run"]).await;
        assert!(empty.contains("head line is missing"), "{empty}");
    }
}
