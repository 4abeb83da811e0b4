//! Many items: replay, start-up and memory. Real names are multiplied over the divisions of the country.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use domain::Division;

use super::demo::{Demo, binary};
use super::{median, process};

/// Imports `items` items, then replays and starts with them.
pub(super) fn run(items: usize, runs: usize, real: Option<&Path>) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let names = match real {
        Some(csv) => names_of(csv)?,
        None => sample_names()?,
    };
    let csv = folder.path().join("items.csv");
    multiply(&csv, &names, items)?;
    println!(
        "scale: {items} items, {} names multiplied over divisions ({})",
        names.len(),
        real.map_or_else(|| "the sample's".to_owned(), |path| path.display().to_string())
    );
    let data = folder.path().join("data");
    import(&csv, &data)?;

    let empty = tempfile::tempdir().map_err(|error| error.to_string())?;
    let idle = process::resident_bytes(Demo::start(empty.path(), "none")?.pid())?;
    let first = Demo::start(folder.path(), "none")?;
    println!("  first start, placing every item    {:>10.1} s", first.started_in.as_secs_f64());
    drop(first);

    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let demo = Demo::start(folder.path(), "none")?;
        starts.push(demo.started_in.as_secs_f64());
        memory.push(process::resident_bytes(demo.pid())?.saturating_sub(idle) as f64 / items as f64 / 1024.0);
    }
    println!("  start-up                           {:>10.2} s", median(starts));
    println!("  resident memory per item           {:>10.2} KiB (beyond an empty catalogue)", median(memory));
    replay(&data)
}

/// A CSV of `items` rows: each name once in a division before it comes again in the next.
fn multiply(csv: &Path, names: &[String], items: usize) -> Result<(), String> {
    let file = fs::File::create(csv).map_err(|error| error.to_string())?;
    let mut out = std::io::BufWriter::new(file);
    let write = |out: &mut std::io::BufWriter<fs::File>, line: String| {
        writeln!(out, "{line}").map_err(|error| error.to_string())
    };
    write(&mut out, "department,region,code,name,basic".to_owned())?;
    let divisions = (110_101_u32..)
        .filter_map(|number| number.to_string().parse::<Division>().ok())
        .filter(|division| division.name().is_some() && division.depth() == 3);
    let rows = divisions.flat_map(|division| {
        names.iter().enumerate().map(move |(number, name)| (division.clone(), number, name))
    });
    for (division, number, name) in rows.take(items) {
        let place = division.name().unwrap_or_default();
        write(
            &mut out,
            format!(
                "{place}{division}政务服务局,{division},{number},\"{}\",{number:012}",
                name.replace('"', "\"\"")
            ),
        )?;
    }
    out.flush().map_err(|error| error.to_string())
}

/// The column `name` of a CSV with a header.
fn names_of(csv: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(csv).map_err(|error| format!("{}: {error}", csv.display()))?;
    let mut lines = text.lines();
    let header: Vec<&str> =
        lines.next().unwrap_or_default().trim_start_matches('\u{feff}').split(',').collect();
    let column = header.iter().position(|name| *name == "name").ok_or("the CSV has no column `name`")?;
    // Rows with quoted cells are left out: there are enough others.
    let names: Vec<String> = lines
        .filter(|line| !line.contains('"'))
        .filter_map(|line| line.split(',').nth(column))
        .map(str::to_owned)
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() { Err("the CSV has no names".to_owned()) } else { Ok(names) }
}

fn sample_names() -> Result<Vec<String>, String> {
    let path = crate::cargo::root().join("crates/yimen/sample/hangzhou.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let sample: serde_json::Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let services = sample["services"].as_array().ok_or("the sample has services")?;
    Ok(services.iter().filter_map(|service| service["name"]["zh-CN"].as_str().map(str::to_owned)).collect())
}

fn import(csv: &Path, data: &Path) -> Result<(), String> {
    let status = Command::new(binary())
        .args(["import", "--format", "csv"])
        .args([
            "--map",
            "department=department,region=region,id=code,name=name,basicCode=basic",
            "--data-dir",
        ])
        .arg(data)
        .arg(csv)
        .status()
        .map_err(|error| format!("yimen import: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("yimen import ended with {status}")) }
}

/// Rebuilds the read model from the log; the command prints its own rate.
fn replay(data: &Path) -> Result<(), String> {
    let output = Command::new(binary()).arg("replay").arg("--data-dir").arg(data).output();
    let output = output.map_err(|error| format!("yimen replay: {error}"))?;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        println!("  {line}");
    }
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
