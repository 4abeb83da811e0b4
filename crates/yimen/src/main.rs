//! `yimen`: the one binary. Command line, configuration, wiring, shutdown.

mod cli;
mod commands;
mod config;
mod data_dir;
mod demo;
mod event_log;
mod failure;
mod import;
mod output;
mod progress;
mod server;
mod words;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::failure::Exit;

/// A call makes dozens of short-lived allocations; what this one gives is in ARCHITECTURE.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; a closed terminal is nobody's to tell.
            let exit = if error.use_stderr() { Exit::Usage.into() } else { ExitCode::SUCCESS };
            drop(error.print());
            return exit;
        }
    };
    match commands::run(cli.command) {
        Ok(exit) => exit,
        Err(failure) => {
            output::remark(&format!("yimen: {failure}"));
            failure.exit.into()
        }
    }
}
