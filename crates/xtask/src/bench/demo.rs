//! A demo, as the thing that is measured.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::gateway::free_address;
use crate::cargo;

/// Longest time to wait for it.
const PATIENCE: Duration = Duration::from_secs(1800);
/// Longest time to wait for what the admin listener says.
const ANSWER: Duration = Duration::from_secs(2);

/// The binary that is measured, where it is not the release build of the present code.
static OTHER: OnceLock<PathBuf> = OnceLock::new();

/// Measures another build; once, before anything is started.
pub(super) fn measure_other(binary: &Path) {
    // The first word counts, and there is only one.
    let _ = OTHER.set(binary.to_owned());
}

/// The binary that is measured.
pub(super) fn binary() -> PathBuf {
    OTHER.get().cloned().unwrap_or_else(|| cargo::root().join("target/release/yimen"))
}

/// A running demo; killed when dropped.
#[derive(Debug)]
pub(super) struct Demo {
    process: Child,
    ready: Value,
    /// From the start of the process until `/readyz` said yes.
    pub(super) answering_in: Duration,
    /// … until everything in the log was placed, could be found and could be called, too.
    pub(super) complete_in: Duration,
}

impl Demo {
    /// Starts one whose files are in `folder`.
    pub(super) fn start(folder: &Path, sample: &str) -> Result<Self, String> {
        let ready_file = folder.join("ready.json");
        if ready_file.exists() {
            fs::remove_file(&ready_file).map_err(|error| error.to_string())?;
        }
        let admin = free_address()?;
        let started = Instant::now();
        let mut process = Command::new(binary())
            .args([
                "demo",
                "--public",
                "127.0.0.1:0",
                "--admin",
                &admin.to_string(),
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
        let mut answering_in = None;
        loop {
            if answering_in.is_none() && is_ready(admin) {
                answering_in = Some(started.elapsed());
            }
            if let Ok(text) = fs::read_to_string(&ready_file) {
                let ready = serde_json::from_str(&text).map_err(|error| error.to_string())?;
                let complete_in = started.elapsed();
                let answering_in = answering_in.unwrap_or(complete_in);
                return Ok(Self { process, ready, answering_in, complete_in });
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

    /// Ends it as an operator does, and waits for that.
    pub(super) fn stop(mut self) -> Result<(), String> {
        let told = Command::new("kill").arg(self.pid().to_string()).status();
        told.map_err(|error| format!("kill: {error}"))?;
        self.process.wait().map(drop).map_err(|error| error.to_string())
    }
}

/// Whether `/readyz` of the admin listener says yes.
fn is_ready(admin: SocketAddr) -> bool {
    let asked = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(admin)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    };
    asked().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
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
