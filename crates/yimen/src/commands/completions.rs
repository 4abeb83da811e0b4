//! `yimen completions`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::cli::Cli;
use crate::failure::Failure;

pub fn run(shell: Shell) -> Result<ExitCode, Failure> {
    // Into memory first: `generate` panics when its writer fails, as a closed pipe does.
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "yimen", &mut script);
    io::stdout()
        .write_all(&script)
        .map_err(|error| Failure::because("the script can't be written", &error))?;
    Ok(ExitCode::SUCCESS)
}
