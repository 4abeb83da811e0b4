//! `cargo xtask bench match`: matching at scale, beside Splink on its DuckDB engine, on one file in one run.
//!
//! The list is made: real item names multiplied over divisions ([`multiply`]). An item of another city is the same service at
//! another implementer, not a duplicate; which of both it is called is not what is timed here. So both tools are judged by the
//! groups that they form, on the pairs *within a city*: same group and same item, or not. That lets Splink block by city, which
//! keeps its work in proportion to the list; Yimen is given no such hint.

mod grouping;
mod incremental;
mod measured;
mod multiply;
mod variants;

use std::path::Path;
use std::process::Command;

use self::grouping::Grouping;
use self::measured::Measured;
use self::multiply::{Made, Multiplied};
use super::demo::binary;
use crate::cargo;
use crate::evaluate::peers;

/// Items that are placed one by one, after the others.
const PLACED: usize = 2_000;

/// Makes a list of `items` items from the lists in `data`, and measures.
pub(super) fn run(items: usize, data: &Path) -> Result<(), String> {
    let folder = cargo::root().join("target/evaluate/scale");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let source = Multiplied::read(data)?;
    let list = folder.join("list.csv");
    let made = source.write(&list, items)?;
    println!(
        "match: {} items, {} real names multiplied over {} cities and {} offices each at most (made, not real)",
        made.places.len(),
        source.names(),
        made.cities(),
        multiply::OFFICES
    );
    let yimen = measure_yimen(&list, &folder, &made)?;
    match peers::install(&cargo::root().join("target/evaluate")) {
        None => {}
        Some(installed) => match measure_splink(&installed, &list, &folder, &made) {
            Ok(splink) => println!(
                "  ratio                              {:>10.1} × faster, {:.1} × less CPU time",
                splink.elapsed.as_secs_f64() / yimen.elapsed.as_secs_f64(),
                splink.cpu.as_secs_f64() / yimen.cpu.as_secs_f64(),
            ),
            Err(message) => println!("  Splink is missing: {message}"),
        },
    }
    incremental::run(&source, items, PLACED)
}

fn measure_yimen(list: &Path, folder: &Path, made: &Made) -> Result<Measured, String> {
    let out = folder.join("yimen.clusters.jsonl");
    let mut command = Command::new("nice");
    command.arg(binary()).arg("match").arg(list).args(["--format", "csv", "--clusters"]).arg(&out);
    let measured = Measured::of(&mut command, "yimen match")?;
    let grouping = grouping::read_clusters(&out, made)?;
    print("Yimen, yimen match", &measured, &grouping, "");
    Ok(measured)
}

fn measure_splink(
    installed: &peers::Installed,
    list: &Path,
    folder: &Path,
    made: &Made,
) -> Result<Measured, String> {
    let out = folder.join("splink.groups.csv");
    let mut command = installed.script("splink_scale.py");
    command.arg(list).arg(&out);
    let measured = Measured::of(&mut command, "splink_scale.py")?;
    let (threshold, grouping) = grouping::read_best_column(&out, made)?;
    print(
        "Splink 5 on DuckDB",
        &measured,
        &grouping,
        &format!(" at the threshold that suits it best, {threshold}"),
    );
    Ok(measured)
}

fn print(tool: &str, measured: &Measured, grouping: &Grouping, remark: &str) {
    println!(
        "  {tool:<34} {:>10.1} s, {:.1} s CPU, {:.0} MiB at most; F1 {:.3} (precision {:.3}, recall {:.3}){remark}",
        measured.elapsed.as_secs_f64(),
        measured.cpu.as_secs_f64(),
        measured.peak_bytes as f64 / f64::from(1 << 20),
        grouping.f1(),
        grouping.precision(),
        grouping.recall(),
    );
}
