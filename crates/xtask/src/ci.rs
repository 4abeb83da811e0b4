//! What a submission must pass.

use crate::{cargo, generate};

/// Every test of the workspace.
pub(crate) fn test(arguments: &[String]) -> Result<(), String> {
    let mut command = vec!["test", "--workspace", "--locked"];
    command.extend(arguments.iter().map(String::as_str));
    cargo::run(&command)
}

/// Formatting, lints and generated files; cheapest first.
pub(crate) fn lint() -> Result<(), String> {
    cargo::run(&["fmt", "--all", "--check"])?;
    cargo::run(&[
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--features",
        "xtask/bench",
        "--locked",
        "--",
        "--deny",
        "warnings",
    ])?;
    generate::run(true)
}

/// Everything.
pub(crate) fn run() -> Result<(), String> {
    lint()?;
    test(&[])
}
