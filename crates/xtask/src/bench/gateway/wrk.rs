//! One run of load: `wrk`, one thread on the load's core.

use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;

use super::machine::{LOAD_CORE, pinned};

/// What a run showed. It is closed-loop: at saturation, latency is mostly the queue of the other connections.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Load {
    /// Requests that were answered.
    pub(super) requests: u64,
    /// How long it took, in microseconds.
    pub(super) us: u64,
    /// Connections, reads and writes that failed, time-outs, and answers of 400 and above.
    pub(super) errors: u64,
    /// Median latency, in microseconds.
    pub(super) p50: f64,
    /// 99th percentile, likewise.
    pub(super) p99: f64,
}

/// Loads `address` with requests for `paths`, each a line of that file, and the first of the tokens or all in turn, over so
/// many connections.
pub(super) fn run(
    address: SocketAddr,
    script: &Path,
    paths: &Path,
    tokens: &Path,
    load: (bool, usize),
    seconds: u64,
) -> Result<Load, String> {
    let (all_tokens, connections) = load;
    let output = pinned(LOAD_CORE, "wrk")
        .args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s"), "--timeout", "10s", "-s"])
        .arg(script)
        .arg(format!("http://{address}/"))
        .arg("--")
        .arg(paths)
        .arg(tokens)
        .arg(if all_tokens { "all" } else { "one" })
        .output()
        .map_err(|error| format!("wrk: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("JSON "));
    let line = line.ok_or_else(|| format!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)))?;
    serde_json::from_str(line).map_err(|error| format!("wrk: {error}"))
}
