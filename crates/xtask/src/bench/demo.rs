//! A demo of the release build, as the thing that is measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cargo;

/// Longest time to wait for it.
const PATIENCE: Duration = Duration::from_secs(1800);

/// The release build of the binary.
pub(super) fn binary() -> PathBuf {
    cargo::root().join("target/release/yimen")
}

/// A running demo; killed when dropped.
#[derive(Debug)]
pub(super) struct Demo {
    process: Child,
    ready: Value,
    /// From the start of the process until it said that it was ready.
    pub(super) started_in: Duration,
}

impl Demo {
    /// Starts one whose files are in `folder`.
    pub(super) fn start(folder: &Path, sample: &str) -> Result<Self, String> {
        let ready_file = folder.join("ready.json");
        if ready_file.exists() {
            fs::remove_file(&ready_file).map_err(|error| error.to_string())?;
        }
        let started = Instant::now();
        let mut process = Command::new(binary())
            .args([
                "demo",
                "--public",
                "127.0.0.1:0",
                "--admin",
                "127.0.0.1:0",
                "--sample",
                sample,
                "--data-dir",
            ])
            .arg(folder.join("data"))
            .arg("--ready-file")
            .arg(&ready_file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("yimen demo: {error}"))?;
        loop {
            if let Ok(text) = fs::read_to_string(&ready_file) {
                let ready = serde_json::from_str(&text).map_err(|error| error.to_string())?;
                return Ok(Self { process, ready, started_in: started.elapsed() });
            }
            if let Ok(Some(status)) = process.try_wait() {
                return Err(format!("yimen demo ended with {status}"));
            }
            if started.elapsed() > PATIENCE {
                return Err("yimen demo was not ready in time".to_owned());
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Host and port of the public listener.
    pub(super) fn address(&self) -> Result<&str, String> {
        let url = self.ready["public"].as_str().ok_or("the ready file names no public listener")?;
        Ok(url.trim_start_matches("http://"))
    }

    /// A token that it handed out.
    pub(super) fn token(&self, name: &str) -> Result<&str, String> {
        self.ready["tokens"][name].as_str().ok_or_else(|| format!("the ready file has no token for {name}"))
    }

    /// The process's identifier.
    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended already; nothing is left to do then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A token of the demo whose data directory that is, for somebody of `department`.
pub(super) fn mint(folder: &Path, role: &str, department: &str) -> Result<String, String> {
    let output = Command::new(binary())
        .args(["token", "--role", role, "--department", department, "--data-dir"])
        .arg(folder.join("data"))
        .output()
        .map_err(|error| format!("yimen token: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(format!("yimen token: {}", String::from_utf8_lossy(&output.stderr)))
    }
}
