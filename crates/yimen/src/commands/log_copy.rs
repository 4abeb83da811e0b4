//! `yimen log copy`.

use std::process::ExitCode;
use std::sync::Arc;

use event_store::copy;
use event_store::eventstoredb::{Address, EventStoreDb};
use event_store::sqlite::{Options, Sqlite};

use super::block_on;
use crate::cli::{CopyArgs, LogAddress, LogCommand, LogCommandArgs};
use crate::data_dir;
use crate::event_log::EventLog;
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
    let bar = progress::counter("events");
    let copied = block_on(async {
        let source = match &args.from {
            LogAddress::Sqlite(file) => EventLog::Embedded(data_dir::read_log_file(file)?),
            LogAddress::Cluster(address) => cluster(address)?,
        };
        let (target, at_once) = match &args.to {
            LogAddress::Sqlite(file) => {
                let opened = Sqlite::open(file, &Options::default());
                let opened =
                    opened.map_err(|error| Failure::because("the target can't be opened", &error))?;
                (EventLog::Embedded(Arc::new(opened)), AT_ONCE)
            }
            // What is handed over together may arrive in another order, and then stands so in the log for ever.
            LogAddress::Cluster(address) => (cluster(address)?, 1),
        };
        let (from, to) = (source.store(), target.store());
        let copied = copy(&*from, &*to, args.through, at_once, |events| bar.set_position(events)).await;
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

fn cluster(address: &Address) -> Result<EventLog, Failure> {
    let opened = EventStoreDb::open(address.clone());
    opened
        .map(|cluster| EventLog::Cluster(Arc::new(cluster)))
        .map_err(|error| Failure::because("the cluster can't be used", &error))
}
