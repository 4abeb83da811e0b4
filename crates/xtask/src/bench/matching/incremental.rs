//! One more item in an index that holds all the others.

use std::hint::black_box;
use std::time::{Duration, Instant};

use matching::Index;

use super::multiply::Multiplied;
use crate::bench::process;
use crate::evaluate::yimen::profile;

/// Fills an index with `items` items, then finds and adds `placed` more, one by one.
pub(super) fn run(source: &Multiplied, items: usize, placed: usize) -> Result<(), String> {
    let own = std::process::id();
    let mut rows = source.rows();
    let before = process::resident_bytes(own)?;
    let mut index: Index<u32> = Index::new();
    let started = Instant::now();
    for (id, (_, record)) in (0..).zip(rows.by_ref().take(items)) {
        index.insert(id, &profile(&record));
    }
    let filled = started.elapsed();
    let bytes = process::resident_bytes(own)?.saturating_sub(before);
    let mut times: Vec<Duration> = Vec::with_capacity(placed);
    for (id, (_, record)) in (0..).zip(rows.take(placed)) {
        let profile = profile(&record);
        let started = Instant::now();
        black_box(index.matches(&profile));
        index.insert(u32::MAX - id, &profile);
        times.push(started.elapsed());
    }
    times.sort_unstable();
    println!("  index, filled item by item         {:>10.1} s", filled.as_secs_f64());
    println!(
        "  index, resident memory             {:>10.2} KiB per item",
        bytes as f64 / items as f64 / 1024.0
    );
    if let (Some(middle), Some(slow)) = (times.get(times.len() / 2), times.get(times.len() * 99 / 100)) {
        println!(
            "  one more item, found and added     {:>10.2} ms p50, {:.2} ms p99 ({} items)",
            middle.as_secs_f64() * 1000.0,
            slow.as_secs_f64() * 1000.0,
            times.len()
        );
    }
    Ok(())
}
