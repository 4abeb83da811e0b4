//! `yimen log copy`.

use std::process::ExitCode;

use event_store::copy;
use event_store::sqlite::{Options, Sqlite};

use super::block_on;
use crate::cli::{CopyArgs, LogAddress, LogCommand, LogCommandArgs};
use crate::data_dir;
use crate::failure::Failure;
use crate::{output, progress};

/// Events that are handed over at once to the embedded log, which appends in that order and commits them together.
const AT_ONCE: usize = 256;

pub fn run(args: &LogCommandArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        LogCommand::Copy(args) => run_copy(args),
    }
}

fn run_copy(args: &CopyArgs) -> Result<ExitCode, Failure> {
    let (LogAddress::Sqlite(from), LogAddress::Sqlite(to)) = (&args.from, &args.to);
    let source = data_dir::read_log_file(from)?;
    let target = Sqlite::open(to, &Options::default())
        .map_err(|error| Failure::because("the target can't be opened", &error))?;
    let bar = progress::counter("events");
    let copied = block_on(async {
        let copied = copy(&*source, &target, args.through, AT_ONCE, |events| bar.set_position(events)).await;
        target.close().await;
        copied.map_err(|error| Failure::because("the log is not copied", &error))
    })?;
    bar.finish_and_clear();
    output::say(&format!(
        "已复制并逐条核对 · copied and compared: {} events up to position {}, of which {} were there before",
        copied.events, copied.through, copied.found
    ))?;
    Ok(ExitCode::SUCCESS)
}
