//! What the event log costs: acknowledged commands beside raw writers on the same disk, then a catalogue of many items.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::catalogue::Services;
use super::commands::{clerk, drafts};
use super::demo::Demo;
use super::group_commit::{self, Disk};
use super::load::{self, Run};
use super::scale::Built;
use super::{median, stand_in};

/// Clients at once.
const CLIENTS: [usize; 4] = [1, 16, 64, 256];

/// Commands, replay, rebuild, restart and memory.
pub(super) fn run(duration: Duration, runs: usize, items: usize, real: Option<&Path>) -> Result<(), String> {
    println!("log: {runs} interleaved runs of {} s, medians; {}", duration.as_secs(), machine());
    durable(duration, runs)?;
    let services = Services::read(real)?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    println!("  — {items} items: {} —", services.said());
    let built = Built::new(folder.path(), &services, items)?;
    built.tell(&built.measure(runs)?);
    Ok(())
}

/// Each durable before it is answered: over HTTP, of raw writers, and what the adapter for clusters does at most.
fn durable(duration: Duration, runs: usize) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let demo = Demo::start(folder.path(), "none")?;
    let clerk = clerk(&demo, folder.path())?;
    println!("  {:<46} {:>7} {:>10} {:>9} {:>9} {:>7}", "", "clients", "per s", "p50 ms", "p99 ms", "spread");
    for clients in CLIENTS {
        let (mut ours, mut sqlite, mut file) = (Vec::new(), Vec::new(), Vec::new());
        let mut adapter = Vec::new();
        for run in 0..runs {
            let make = drafts(&clerk, &format!("clients-{clients}-run-{run}"));
            ours.push(load::run(demo.address()?, clients, duration, &make)?);
            sqlite.push(group_commit::run(Disk::sqlite(folder.path())?, clients, duration)?);
            file.push(group_commit::run(Disk::file(folder.path())?, clients, duration)?);
            adapter.push(stand_in::run(clients, duration)?);
        }
        let of_ours = row("Yimen, POST /registry/v1/items", clients, &ours);
        let of_sqlite = row("SQLite alone, group commit, FULL", clients, &sqlite);
        row("a file alone, write + fdatasync per group", clients, &file);
        row("ceiling: EventStoreDB adapter on the stand-in", clients, &adapter);
        println!("  {:<46} {clients:>7} {:>10.2}", "Yimen / SQLite alone", of_ours / of_sqlite);
    }
    Ok(())
}

/// Prints medians, and how far the rates of the runs lie apart; gives the rate.
fn row(name: &str, clients: usize, runs: &[Run]) -> f64 {
    let middle = |figure: &dyn Fn(&Run) -> f64| median(runs.iter().map(figure).collect());
    let rate = middle(&Run::rate);
    let rates = || runs.iter().map(Run::rate);
    let spread = (rates().fold(f64::MIN, f64::max) - rates().fold(f64::MAX, f64::min)) / rate * 100.0;
    let (half, most) = (middle(&|run| run.percentile(50)), middle(&|run| run.percentile(99)));
    println!("  {name:<46} {clients:>7} {rate:>10.0} {half:>9.2} {most:>9.2} {spread:>5.0} %");
    rate
}

/// How busy the machine is with other things.
fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown").to_owned();
    format!("{processors} processors, load {load} before; the spread of raw writers is the machine's noise")
}
