//! `yimen completions`.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::cli::Cli;
use crate::failure::Failure;
use crate::output;

pub fn run(shell: Shell) -> Result<ExitCode, Failure> {
    // Into memory first: `generate` panics when its writer fails, as a closed pipe does.
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "yimen", &mut script);
    output::say(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
