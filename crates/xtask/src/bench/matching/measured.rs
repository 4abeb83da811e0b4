//! Runs a command and watches what it costs.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bench::process;

/// How often a process is looked at.
const EVERY: Duration = Duration::from_millis(20);

/// What a command cost. CPU time and memory are those at the last look before its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) elapsed: Duration,
    pub(super) cpu: Duration,
    pub(super) peak_bytes: u64,
}

impl Measured {
    /// Runs a command to its end.
    pub(super) fn of(command: &mut Command, name: &str) -> Result<Self, String> {
        let started = Instant::now();
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut child = spawned.map_err(|error| format!("{name} could not be started: {error}"))?;
        let (mut cpu, mut peak_bytes) = (Duration::ZERO, 0);
        loop {
            if let Some(status) = child.try_wait().map_err(|error| format!("{name}: {error}"))? {
                let elapsed = started.elapsed();
                return if status.success() {
                    Ok(Self { elapsed, cpu, peak_bytes })
                } else {
                    Err(format!("{name} ended with {status}"))
                };
            }
            // A process that is just ending says nothing; what it said before stays.
            cpu = process::cpu_time(child.id()).unwrap_or(cpu);
            peak_bytes = process::peak_resident_bytes(child.id()).unwrap_or(peak_bytes);
            std::thread::park_timeout(EVERY);
        }
    }
}
