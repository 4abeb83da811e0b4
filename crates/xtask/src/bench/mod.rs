//! `cargo xtask bench`: what Yimen costs, beside peers that do the same job in the same run.
//!
//! Figures are medians of interleaved runs; what is compared is a ratio, because machines differ.

mod catalogue;
mod commands;
mod demo;
pub(crate) mod gateway;
mod group_commit;
mod load;
mod log;
mod matching;
mod nginx;
mod process;
mod reads;
mod scale;
mod stand_in;

use std::time::Duration;

use crate::{BenchArguments, cargo};

/// Runs what was asked for.
pub(crate) fn run(arguments: &BenchArguments) -> Result<(), String> {
    match &arguments.binary {
        Some(other) => demo::measure_other(other),
        None => cargo::run(&["build", "--release", "--quiet", "--locked", "--package", "yimen"])?,
    }
    let wanted = |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| only == name);
    let duration = Duration::from_secs(arguments.seconds);
    if wanted("commands") {
        commands::run(duration, arguments.runs)?;
    }
    if wanted("reads") {
        reads::run(duration, arguments.runs)?;
    }
    if wanted("gateway") {
        gateway::run(&gateway::Options {
            seconds: arguments.seconds,
            runs: arguments.runs,
            peers: arguments.peers.clone(),
            entries: arguments.entries,
        })?;
    }
    if wanted("match") {
        let data = arguments.data.clone().unwrap_or_else(|| cargo::root().join("../shared/data"));
        matching::run(arguments.items, &data)?;
    }
    if wanted("log") {
        log::run(duration, arguments.runs, arguments.items, arguments.items_csv.as_deref())?;
    }
    if wanted("scale") {
        scale::run(arguments.items, arguments.runs, arguments.items_csv.as_deref())?;
    }
    Ok(())
}

/// The middle one, or the mean of the two in the middle.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match (figures.get(middle), figures.len() % 2) {
        (Some(upper), 0) => (figures[middle - 1] + upper) / 2.0,
        (Some(only), _) => *only,
        (None, _) => f64::NAN,
    }
}
