//! Developer commands: `cargo xtask --help`.

#[cfg(feature = "bench")]
mod bench;
mod cargo;
mod ci;
mod crash;
mod evaluate;
mod fit;
mod generate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Developer commands of Yimen")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write `openapi/` and `schemas/` from the code
    Generate {
        /// Change nothing; fail when a file is stale
        #[arg(long)]
        check: bool,
    },
    /// Run every test
    Test {
        /// Arguments for `cargo test`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check formatting, lints and generated files
    Lint,
    /// Everything that a submission must pass: `lint`, then `test`
    Ci,
    /// Measure, beside peers in the same run
    Bench(BenchArguments),
    /// Kill a gateway under load at random moments, and check each time that nothing acknowledged is lost
    Crash(crash::CrashArguments),
    /// The backend that `bench gateway` starts for itself
    #[cfg(feature = "bench")]
    #[command(hide = true)]
    BenchBackend {
        /// Where it listens
        address: std::net::SocketAddr,
    },
    /// Judge matching on lists whose truth is known, beside peers on the same records
    Evaluate(evaluate::EvaluateArguments),
    /// Fit the weights of matching to the train half of a labelled list
    Fit(fit::FitArguments),
}

/// What to measure, and how long.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArguments {
    /// What to measure: commands, log (which scales, too), reads, gateway, match, scale; everything when absent
    #[arg(value_parser = ["commands", "log", "reads", "gateway", "match", "scale"])]
    only: Vec<String>,
    /// Items for `log`, `match` and `scale`
    #[arg(long, default_value_t = 100_000)]
    items: usize,
    /// Seconds for each run of `commands`, `log`, `reads` and `gateway`
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Runs of each, interleaved
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Peers of `gateway`, separated by commas; all of them when absent
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    peers: Vec<String>,
    /// Entries in the catalogue of `gateway`
    #[arg(long, default_value_t = 10)]
    entries: usize,
    /// A spreadsheet of real items whose names `log` and `scale` multiply, as `yimen import` reads it (CSV with a
    /// header); the sample's services when absent
    #[arg(long, value_name = "FILE")]
    items_csv: Option<std::path::PathBuf>,
    /// Measure this build of the binary, and not a release build of the present code
    #[arg(long, value_name = "FILE")]
    binary: Option<std::path::PathBuf>,
    /// Folder with the lists that `match` multiplies; beside the repository when absent
    #[arg(long, value_name = "DIR")]
    data: Option<std::path::PathBuf>,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Generate { check } => generate::run(check),
        Command::Test { arguments } => ci::test(&arguments),
        Command::Lint => ci::lint(),
        Command::Ci => ci::run(),
        Command::Bench(arguments) => run_bench(arguments),
        Command::Crash(arguments) => crash::run(&arguments),
        #[cfg(feature = "bench")]
        Command::BenchBackend { address } => bench::gateway::backend::run(address),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Fit(arguments) => fit::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(feature = "bench")]
fn run_bench(arguments: BenchArguments) -> Result<(), String> {
    bench::run(&arguments)
}

/// Benchmarks only mean something in a release build: this one starts itself again as one.
#[cfg(not(feature = "bench"))]
fn run_bench(arguments: BenchArguments) -> Result<(), String> {
    let mut command =
        vec!["run", "--release", "--quiet", "--package", "xtask", "--features", "bench", "--", "bench"];
    let numbers = [
        arguments.items.to_string(),
        arguments.seconds.to_string(),
        arguments.runs.to_string(),
        arguments.entries.to_string(),
    ];
    for (flag, number) in ["--items", "--seconds", "--runs", "--entries"].into_iter().zip(&numbers) {
        command.extend([flag, number]);
    }
    let peers = arguments.peers.join(",");
    if !peers.is_empty() {
        command.extend(["--peers", peers.as_str()]);
    }
    let csv = arguments.items_csv.map(|path| path.display().to_string());
    if let Some(csv) = &csv {
        command.extend(["--items-csv", csv]);
    }
    let binary = arguments.binary.map(|path| path.display().to_string());
    if let Some(binary) = &binary {
        command.extend(["--binary", binary]);
    }
    let data = arguments.data.map(|path| path.display().to_string());
    if let Some(data) = &data {
        command.extend(["--data", data]);
    }
    command.extend(arguments.only.iter().map(String::as_str));
    cargo::run(&command)
}
