//! Kills a gateway under load, again and again: the black-box test of that name, for longer.

use std::process::Command;

use crate::cargo;

/// How often, and how long at most.
#[derive(Debug, clap::Args)]
pub(crate) struct CrashArguments {
    /// How often the gateway is killed, on one and the same log
    #[arg(long, default_value_t = 300)]
    cycles: u64,
    /// No cycle begins after so many seconds
    #[arg(long, default_value_t = 3600)]
    seconds: u64,
}

/// Runs the cycles against a build of the present code; the first thing that is wrong ends it, and is told.
pub(crate) fn run(arguments: &CrashArguments) -> Result<(), String> {
    // The test runs the binary that is there.
    cargo::run(&["build", "--package", "yimen", "--locked"])?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "--locked", "--package", "black-box", "--test", "black-box", "--"])
        .args(["--exact", "crashing::nothing_acknowledged_is_lost_to_kills_at_random_moments", "--nocapture"])
        .env("YIMEN_CRASH_CYCLES", arguments.cycles.to_string())
        .env("YIMEN_CRASH_SECONDS", arguments.seconds.to_string())
        .current_dir(cargo::root())
        .status()
        .map_err(|error| format!("the test could not be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the crash test ended with {status}")) }
}
