//! What each command does.

mod backup;
mod completions;
mod config;
mod demo;
mod export;
mod import;
mod keys;
mod log_copy;
mod match_list;
mod openapi;
mod replay;
mod restore;
mod serve;
mod token;
mod verify;

use std::process::ExitCode;

use crate::cli::Command;
use crate::failure::{Exit, Failure};
use crate::server::Ended;

/// Carries out a command.
pub fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(args) => serve::run(&args),
        Command::Demo(args) => demo::run(args),
        Command::Import(args) => import::run(*args),
        Command::Match(args) => match_list::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Log(args) => log_copy::run(&args),
        Command::Openapi(args) => openapi::run(&args),
        Command::Config(args) => config::run(args),
        Command::Keys(args) => keys::run(*args),
        Command::Token(args) => token::run(args),
        Command::Completions { shell } => completions::run(shell),
    }
}

/// Runs to the end on a Tokio runtime of as many threads as there are processors.
fn block_on<T, E: From<Failure>>(future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::because("the runtime can't be started", &error))?;
    runtime.block_on(future)
}

/// The exit code of a server: calls that had to be cut are worth telling.
fn exit(ended: Ended) -> ExitCode {
    match ended {
        Ended::Drained => ExitCode::SUCCESS,
        Ended::Cut(_) => Exit::Failed.into(),
    }
}
