//! Many items: replay, start-up and memory.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::catalogue::Services;
use super::demo::{Demo, binary};
use super::{median, process};

/// A log of many items, every one of them placed.
#[derive(Debug)]
pub(super) struct Built {
    folder: PathBuf,
    items: usize,
    /// Seconds until every item had its place.
    placed_in: f64,
    /// Resident memory of a gateway without items, in bytes.
    idle: u64,
}

/// What it costs to go on with such a log; medians.
#[derive(Debug)]
pub(super) struct Standing {
    /// Seconds until `/readyz` says yes.
    pub(super) answering: f64,
    /// Seconds until the curator has been through everything, too.
    pub(super) complete: f64,
    /// Resident memory of an item, in KiB, beyond an empty catalogue.
    pub(super) kib_per_item: f64,
    /// Events that are read from the log in a second.
    pub(super) read: f64,
    /// Events that are read and folded by every projection in a second.
    pub(super) rebuilt: f64,
    /// Events of the log.
    pub(super) events: f64,
}

impl Built {
    /// Imports `items` items in `folder`, and starts once so that each gets its place.
    pub(super) fn new(folder: &Path, services: &Services, items: usize) -> Result<Self, String> {
        services.import(items, folder)?;
        let empty = tempfile::tempdir().map_err(|error| error.to_string())?;
        let idle = process::resident_bytes(Demo::start(empty.path(), "none")?.pid())?;
        let first = Demo::start(folder, "none")?;
        let placed_in = first.complete_in.as_secs_f64();
        first.stop()?;
        Ok(Self { folder: folder.to_owned(), items, placed_in, idle })
    }

    /// Starts and replays so often.
    pub(super) fn measure(&self, runs: usize) -> Result<Standing, String> {
        let (mut answering, mut complete, mut memory) = (Vec::new(), Vec::new(), Vec::new());
        let (mut events, mut read, mut rebuilt) = (f64::NAN, Vec::new(), Vec::new());
        for _ in 0..runs {
            let demo = Demo::start(&self.folder, "none")?;
            answering.push(demo.answering_in.as_secs_f64());
            complete.push(demo.complete_in.as_secs_f64());
            let resident = process::resident_bytes(demo.pid())?.saturating_sub(self.idle);
            memory.push(resident as f64 / self.items as f64 / 1024.0);
            demo.stop()?;
            let replayed = Replayed::run(&self.folder.join("data"))?;
            events = replayed.events;
            read.push(replayed.read);
            rebuilt.push(replayed.rebuilt);
        }
        Ok(Standing {
            answering: median(answering),
            complete: median(complete),
            kib_per_item: median(memory),
            read: median(read),
            rebuilt: median(rebuilt),
            events,
        })
    }
}

/// What `yimen replay` says of a log.
struct Replayed {
    events: f64,
    read: f64,
    rebuilt: f64,
}

impl Replayed {
    fn run(data: &Path) -> Result<Self, String> {
        let output = Command::new(binary()).arg("replay").arg("--data-dir").arg(data).output();
        let output = output.map_err(|error| format!("yimen replay: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let figure = |name: &str| {
            let line = said.lines().find(|line| line.contains(name));
            let line = line.map(|line| line.trim_end_matches(" events/s"));
            let number =
                line.and_then(|line| line.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
            number.ok_or_else(|| format!("`yimen replay` doesn't say {name}: {said}"))
        };
        Ok(Self { events: figure(" events ")?, read: figure(" read ")?, rebuilt: figure(" elapsed ")? })
    }
}

/// Imports `items` items, then replays and starts with them.
pub(super) fn run(items: usize, runs: usize, real: Option<&Path>) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let services = Services::read(real)?;
    println!("scale: {items} items, {}", services.said());
    let built = Built::new(folder.path(), &services, items)?;
    built.tell(&built.measure(runs)?);
    Ok(())
}

impl Built {
    /// Prints what was measured.
    pub(super) fn tell(&self, standing: &Standing) {
        let Standing { answering, complete, kib_per_item, read, rebuilt, events } = standing;
        println!("  events in the log                  {events:>10.0}");
        println!("  first start, placing every item    {:>10.1} s", self.placed_in);
        println!("  start until /readyz says yes       {answering:>10.2} s");
        println!("  … and the curator is done, too     {complete:>10.2} s");
        println!("  resident memory per item           {kib_per_item:>10.2} KiB (beyond an empty catalogue)");
        println!("  reading the log                    {read:>10.0} events/s");
        println!("  full rebuild of the projections    {rebuilt:>10.0} events/s");
    }
}
