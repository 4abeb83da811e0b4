//! `yimen verify`.

use std::process::ExitCode;

use event_store::verify;

use super::block_on;
use crate::cli::DataArgs;
use crate::data_dir;
use crate::failure::{Exit, Failure};
use crate::{output, progress};

pub fn run(args: &DataArgs) -> Result<ExitCode, Failure> {
    let log = data_dir::read_log(&args.data_dir)?;
    let bar = progress::counter("events");
    let report = block_on(async {
        verify(&*log, |events| bar.set_position(events))
            .await
            .map_err(|error| Failure::because("the event log can't be read to its end", &error))
    })?;
    bar.finish_and_clear();
    if report.is_clean() {
        output::say(&format!("完好 · clean: {} events in {} streams", report.events, report.streams))?;
        return Ok(ExitCode::SUCCESS);
    }
    for finding in &report.findings {
        output::say(&finding.to_string())?;
    }
    output::remark(&format!(
        "yimen: {} finding(s) in {} events of {} streams; {} listed",
        report.found,
        report.events,
        report.streams,
        report.findings.len()
    ));
    Ok(Exit::Failed.into())
}
