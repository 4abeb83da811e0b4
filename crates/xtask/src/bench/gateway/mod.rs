//! The call path beside the best proxies: requests for each CPU-second of the proxy's processes, latency and memory.
//!
//! Every proxy that checks identity checks the same ES256 tokens and has shown that it refuses bad ones. All run at the
//! same time and are loaded in turn. Yimen does more than any of them: it chooses an offering, mints an assertion for
//! the backend, writes its access log and counts.

pub(crate) mod backend;
mod checks;
mod http;
mod install;
mod machine;
mod peers;
mod report;
mod tokens;
mod wrk;
mod yimen;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use self::machine::Process;
pub(super) use self::machine::free_address;
use self::peers::PEERS;
use self::tokens::Tokens;
use self::wrk::Load;
use super::process;

/// What is asked of a run.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// Seconds for each run.
    pub(super) seconds: u64,
    /// Runs of each kind and proxy, interleaved.
    pub(super) runs: usize,
    /// The peers' names; all of them when empty.
    pub(super) peers: Vec<String>,
    /// Entries in Yimen's catalogue.
    pub(super) entries: usize,
}

/// A proxy that runs.
#[derive(Debug)]
struct Proxy {
    name: &'static str,
    checks_identity: bool,
    address: SocketAddr,
    /// What comes before the backend's path; requests take them in turn.
    prefixes: Vec<String>,
    process: Process,
}

/// One run of one proxy.
#[derive(Debug, Clone, Copy)]
struct Figures {
    name: &'static str,
    checks_identity: bool,
    load: Load,
    cpu_seconds: f64,
    peak_bytes: u64,
}

/// A kind of run.
#[derive(Debug, Clone, Copy)]
struct Kind {
    title: &'static str,
    /// The path's end, which says how large the answers are.
    end: &'static str,
    /// Whether all tokens take turns.
    all_tokens: bool,
    connections: usize,
}

const KINDS: [Kind; 4] = [
    Kind { title: "1 KiB, one token", end: "/1k", all_tokens: false, connections: 64 },
    Kind { title: "1 KiB, 10,000 tokens in turn", end: "/1k", all_tokens: true, connections: 64 },
    Kind { title: "100 KiB, one token", end: "/100k", all_tokens: false, connections: 64 },
    // Fewer: with 64 none would be whole before a short run is over.
    Kind { title: "10 MiB, one token", end: "/10m", all_tokens: false, connections: 4 },
];

/// Runs every kind beside every peer that can be had.
pub(super) fn run(options: &Options) -> Result<(), String> {
    if let Some(unknown) = options.peers.iter().find(|name| !PEERS.iter().any(|peer| peer.name == **name)) {
        let names = PEERS.map(|peer| peer.name).join(", ");
        return Err(format!("there is no peer {unknown}; there are {names}"));
    }
    install::debian();
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let folder = folder.path();
    let tokens = Tokens::make(folder)?;
    let (backend, _backend) = start_backend(folder)?;
    let mut proxies = vec![yimen::start(folder, backend, &tokens, options.entries)?];
    println!("gateway: proxy and backend on one core, load on another; {} entries; ES256", options.entries);
    for peer in PEERS {
        if !options.peers.is_empty() && !options.peers.iter().any(|name| name == peer.name) {
            continue;
        }
        match peer.start(folder, backend, &tokens) {
            Ok(proxy) => proxies.push(proxy),
            Err(error) => println!("  {} is left out: {error}", peer.name),
        }
    }
    for proxy in &proxies {
        checks::check(proxy, &tokens).map_err(|error| format!("{}: {error}", proxy.name))?;
    }
    let script = folder.join("load.lua");
    fs::write(&script, include_str!("conf/load.lua")).map_err(|error| error.to_string())?;
    for kind in KINDS {
        let mut figures = Vec::new();
        for _ in 0..options.runs {
            for proxy in &proxies {
                figures.push(measure(proxy, folder, &script, &tokens, kind, options.seconds)?);
            }
        }
        report::print(&format!("{}, {} connections", kind.title, kind.connections), &figures);
    }
    Ok(())
}

fn start_backend(folder: &Path) -> Result<(SocketAddr, Process), String> {
    let address = free_address()?;
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let log = folder.join("backend.log");
    let arguments = ["bench-backend".to_owned(), address.to_string()];
    let mut process = Process::start(&own.display().to_string(), &arguments, &log)?;
    process.listens(address, &log)?;
    Ok((address, process))
}

fn measure(
    proxy: &Proxy,
    folder: &Path,
    script: &Path,
    tokens: &Tokens,
    kind: Kind,
    seconds: u64,
) -> Result<Figures, String> {
    let paths = folder.join("paths.txt");
    let lines: Vec<_> = proxy.prefixes.iter().map(|prefix| format!("{prefix}{}", kind.end)).collect();
    fs::write(&paths, lines.join("\n") + "\n").map_err(|error| error.to_string())?;
    let pid = proxy.process.pid();
    process::forget_peak(pid);
    let before = process::cpu_time(pid)?;
    let load = (kind.all_tokens, kind.connections);
    let load = wrk::run(proxy.address, script, &paths, &tokens.callers, load, seconds)?;
    let cpu = process::cpu_time(pid)?.saturating_sub(before);
    Ok(Figures {
        name: proxy.name,
        checks_identity: proxy.checks_identity,
        load,
        cpu_seconds: cpu.as_secs_f64(),
        peak_bytes: process::peak_of_tree(pid)?,
    })
}

impl Figures {
    fn per_cpu_second(&self) -> f64 {
        self.load.requests as f64 / self.cpu_seconds
    }

    fn seconds(&self) -> f64 {
        self.load.us as f64 / 1e6
    }
}
