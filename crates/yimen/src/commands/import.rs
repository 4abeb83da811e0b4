//! `yimen import`.

use std::process::ExitCode;

use super::block_on;
use crate::cli::ImportArgs;
use crate::failure::{Exit, Failure};
use crate::import::{self, Counts};
use crate::output;

pub fn run(args: ImportArgs) -> Result<ExitCode, Failure> {
    let dry_run = args.dry_run;
    let counts = block_on(import::run(args))?;
    output::say(&summary(&counts, dry_run))?;
    Ok(if counts.refused == 0 { ExitCode::SUCCESS } else { Exit::Refused.into() })
}

fn summary(counts: &Counts, dry_run: bool) -> String {
    let Counts { created, updated, unchanged, refused } = counts;
    let rows = counts.rows();
    let taken = format!("{created} created, {updated} updated, {unchanged} unchanged, {refused} refused");
    if dry_run {
        format!("试运行，未写入 · dry run, nothing was written: of {rows} rows there would be {taken}")
    } else {
        format!("共 {rows} 行 · {rows} rows: {taken}")
    }
}
