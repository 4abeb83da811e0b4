//! Processes that are measured: pinned, a little ahead of the rest of the machine, ended with the bench.
//!
//! The proxy and its backend have core 0, the load core 1: so the proxy's side is always the narrow one. Requests for
//! each CPU-second of the proxy's processes then say what a call costs, also where others use the machine.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The core of proxies and the backend.
pub(super) const PROXY_CORE: &str = "0";
/// The core of the load.
pub(super) const LOAD_CORE: &str = "1";
/// Longest time until something listens.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process; killed when dropped.
#[derive(Debug)]
pub(super) struct Process(Child);

impl Process {
    /// Starts it on the proxies' core; its output goes to a file.
    pub(super) fn start(program: &str, arguments: &[String], log: &Path) -> Result<Self, String> {
        let output = File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        let errors = output.try_clone().map_err(|error| error.to_string())?;
        let mut command = pinned(PROXY_CORE, program);
        command.args(arguments).stdin(Stdio::null()).stdout(output).stderr(errors);
        command.spawn().map(Self).map_err(|error| format!("{program}: {error}"))
    }

    /// The process's identifier.
    pub(super) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Waits until it listens.
    pub(super) fn listens(&mut self, address: SocketAddr, log: &Path) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            let said = || std::fs::read_to_string(log).unwrap_or_default();
            if let Ok(Some(status)) = self.0.try_wait() {
                return Err(format!("it ended with {status}: {}", said()));
            }
            if Instant::now() > deadline {
                return Err(format!("it doesn't listen on {address}: {}", said()));
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGTERM, so that a master takes its workers along; it may have ended already.
        let asked = Command::new("kill").arg(self.0.id().to_string()).stderr(Stdio::null()).status();
        let deadline = Instant::now() + Duration::from_secs(3);
        while asked.is_ok() && Instant::now() < deadline && matches!(self.0.try_wait(), Ok(None)) {
            std::thread::park_timeout(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A command on one core, ahead of others' work where that is allowed.
pub(super) fn pinned(core: &str, program: &str) -> Command {
    let ahead = Command::new("nice").args(["-n", "-5", "true"]).output();
    // Where it may not, `nice` says so and goes on.
    let mut command = if ahead.is_ok_and(|tried| tried.stderr.is_empty()) {
        let mut command = Command::new("nice");
        command.args(["-n", "-5", "taskset", "-c", core]);
        command
    } else {
        let mut command = Command::new("taskset");
        command.args(["-c", core]);
        command
    };
    command.arg(program);
    command
}

/// An address on loopback that was free a moment ago.
pub(in crate::bench) fn free_address() -> Result<SocketAddr, String> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map_err(|error| error.to_string())
}

/// Whether there is such a program.
pub(super) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
