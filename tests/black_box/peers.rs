//! Peers that npm and pip install, each at the versions that its folder under `tests/peers` pins, and OpenSSL and nginx as
//! the system has them.
//!
//! The other tests need Rust and a C compiler alone; where Node, Python, OpenSSL or nginx is missing, or the registry is out of reach, a
//! test with a peer says so in one line and passes. With `TEST_PEERS=required` it fails instead.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex};

use crate::binary::root;

/// The oldest Node that the peers run on.
const OLDEST_NODE: u32 = 20;
/// The oldest OpenSSL whose `pkeyutl` signs and verifies with SM2.
const OLDEST_OPENSSL: u32 = 3;
/// The oldest nginx, by its major version.
const OLDEST_NGINX: u32 = 1;

/// Peers that were installed, or could not be, in this run of the tests.
static INSTALLED: LazyLock<Mutex<HashMap<&str, Option<PathBuf>>>> = LazyLock::new(Mutex::default);

/// Who installs a peer.
#[derive(Debug, Clone, Copy)]
enum Installer {
    Npm,
    Pip,
}

/// The folder of a peer that npm installs, with its scripts; none where it can't be had, which is said.
pub(crate) fn npm(name: &'static str) -> Option<PathBuf> {
    peer(name, Installer::Npm)
}

/// The same for one that pip installs: its interpreter is `venv/bin/python`.
pub(crate) fn pip(name: &'static str) -> Option<PathBuf> {
    peer(name, Installer::Pip)
}

/// Whether the system has an OpenSSL that knows SM2; if not, that is said.
pub(crate) fn openssl() -> bool {
    let look = || check_age("openssl", "version", OLDEST_OPENSSL).map(|()| PathBuf::from("openssl"));
    found("openssl", look).is_some()
}

/// Whether there is an nginx; if not, that is said.
pub(crate) fn nginx() -> bool {
    let look = || check_age("nginx", "-v", OLDEST_NGINX).map(|()| PathBuf::from("nginx"));
    found("nginx", look).is_some()
}

fn peer(name: &'static str, installer: Installer) -> Option<PathBuf> {
    found(name, || installer.install(name))
}

fn found(name: &'static str, look: impl FnOnce() -> Result<PathBuf, String>) -> Option<PathBuf> {
    let mut installed = INSTALLED.lock().expect("no test panics while it installs");
    let found = installed.entry(name).or_insert_with(|| match look() {
        Ok(folder) => Some(folder),
        Err(reason) => {
            // Not `eprintln!`, which is only shown of tests that fail.
            let line = format!("tests with {name} are skipped: {reason}\n");
            std::io::stderr().write_all(line.as_bytes()).expect("there is somebody to tell");
            None
        }
    });
    let found = found.clone();
    drop(installed);
    let required = std::env::var("TEST_PEERS").is_ok_and(|asked| asked == "required");
    assert!(found.is_some() || !required, "{name} is required, and not there");
    found
}

impl Installer {
    /// The file that pins the versions.
    const fn pins(self) -> &'static str {
        match self {
            Self::Npm => "package-lock.json",
            Self::Pip => "requirements.txt",
        }
    }

    fn install(self, name: &str) -> Result<PathBuf, String> {
        let from = root().join("tests/peers").join(name);
        let target = std::env::current_exe().map_err(|error| error.to_string())?;
        let target = target.ancestors().nth(3).ok_or("the tests are not in target/<profile>/deps")?;
        let folder = target.join("peers").join(name);
        copy(&from, &folder)?;
        let wanted = fs::read_to_string(from.join(self.pins())).map_err(|error| told(&from, &error))?;
        let done = folder.join("installed");
        if fs::read_to_string(&done).is_ok_and(|have| have == wanted) {
            return Ok(folder);
        }
        match self {
            Self::Npm => {
                check_age("node", "--version", OLDEST_NODE)?;
                run(
                    &folder,
                    "npm",
                    &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
                )?;
            }
            Self::Pip => {
                run(&folder, "python3", &["-m", "venv", "venv"])?;
                let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
                run(&folder, "venv/bin/python", &[&pip[..], &["--requirement", self.pins()]].concat())?;
            }
        }
        fs::write(&done, wanted).map_err(|error| told(&done, &error))?;
        Ok(folder)
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|error| told(to, &error))?;
    for file in fs::read_dir(from).map_err(|error| told(from, &error))? {
        let file = file.map_err(|error| told(from, &error))?;
        fs::copy(file.path(), to.join(file.file_name())).map_err(|error| told(to, &error))?;
    }
    Ok(())
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<(), String> {
    // A path among the arguments or the program is one in the folder.
    let found = folder.join(program);
    let mut command = Command::new(if found.exists() { found.as_os_str() } else { program.as_ref() });
    let output = command.args(arguments).current_dir(folder).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{program} can't be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = said.lines().find(|line| line.to_lowercase().contains("error"));
    Err(format!("{program} ended with {}: {}", output.status, reason.unwrap_or("it does not say why")))
}

/// Whether the program is there, and not too old.
fn check_age(program: &str, asked: &str, oldest: u32) -> Result<(), String> {
    let output = Command::new(program).arg(asked).output();
    let output = output.map_err(|error| format!("{program} can't be started: {error}"))?;
    // nginx says it where others complain.
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    // `v20.1.0`, `OpenSSL 3.0.19 27 Jan 2026`, `nginx version: nginx/1.22.1`.
    let version = said.trim_start_matches(|character: char| !character.is_ascii_digit());
    match version.split('.').next().and_then(|major| major.parse::<u32>().ok()) {
        Some(major) if major >= oldest => Ok(()),
        Some(_) | None => Err(format!("{program} {oldest} or later is needed, there is {said:?}")),
    }
}

fn told(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
