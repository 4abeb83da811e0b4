//! Kills a gateway under load, again and again: the black-box test of that name, for longer.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::cargo;

/// The test, among the black-box tests.
const TEST: &str = "crashing::nothing_acknowledged_is_lost_to_kills_at_random_moments";

/// How often, and how long at most.
#[derive(Debug, clap::Args)]
pub(crate) struct CrashArguments {
    /// How often the gateway is killed, on one and the same log
    #[arg(long, default_value_t = 300)]
    cycles: u64,
    /// No cycle begins after so many seconds; then some are missing, and that is a failure
    #[arg(long, default_value_t = 3600)]
    seconds: u64,
}

/// Runs the cycles against a build of the present code; the first thing that is wrong ends it, and is told.
pub(crate) fn run(arguments: &CrashArguments) -> Result<(), String> {
    // The test runs the binary that is there.
    cargo::run(&["build", "--package", "yimen", "--locked"])?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut test = Command::new(cargo)
        .args(["test", "--locked", "--package", "black-box", "--test", "black-box", "--"])
        .args(["--exact", TEST, "--nocapture"])
        .env("YIMEN_CRASH_CYCLES", arguments.cycles.to_string())
        .env("YIMEN_CRASH_SECONDS", arguments.seconds.to_string())
        .current_dir(cargo::root())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the test could not be started: {error}"))?;
    // Under another name, no test would run, and none would fail.
    let mut passed = false;
    for line in test.stdout.take().into_iter().flat_map(|said| BufReader::new(said).lines()) {
        let line = line.map_err(|error| format!("the test's output: {error}"))?;
        passed |= line.contains("1 passed");
        println!("{line}");
    }
    let status = test.wait().map_err(|error| format!("the test: {error}"))?;
    match (status.success(), passed) {
        (true, true) => Ok(()),
        (true, false) => Err(format!("there is no test {TEST}")),
        (false, _) => Err(format!("the crash test ended with {status}")),
    }
}
