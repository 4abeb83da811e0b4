//! Runs Cargo in the workspace.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).map_or_else(|| manifest.clone(), PathBuf::from)
}

/// Runs `cargo` with `arguments` in the root and waits; its output is ours.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let line = format!("cargo {}", arguments.join(" "));
    eprintln!("$ {line}");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // Build scripts that ask for it would take it for a change, and half of the workspace would be built again each time that
    // Cargo is started by hand and by us in turn.
    std::env::vars_os().map(|(name, _)| name).filter(is_about_us).for_each(|name| {
        command.env_remove(name);
    });
    match command.args(arguments).current_dir(root()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` ended with {status}")),
        Err(error) => Err(format!("`{line}` could not be started: {error}")),
    }
}

/// Whether Cargo tells a program with this variable which package it is run from.
fn is_about_us(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}
