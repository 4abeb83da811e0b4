//! What was measured, as tables.

use super::Figures;
use crate::bench::median;

/// The medians of one proxy's runs.
struct Row {
    name: &'static str,
    checks_identity: bool,
    per_cpu_second: f64,
    spread: f64,
    per_second: f64,
    p50: f64,
    p99: f64,
    peak_mib: f64,
    errors: u64,
}

/// Prints the runs of one kind: medians, and how many times a peer's figure Yimen's is.
pub(super) fn print(title: &str, figures: &[Figures]) {
    let mut names: Vec<&'static str> = Vec::new();
    for figure in figures {
        if !names.contains(&figure.name) {
            names.push(figure.name);
        }
    }
    let mut rows: Vec<Row> = names.into_iter().map(|name| row(name, figures)).collect();
    rows.sort_by(|one, other| other.per_cpu_second.total_cmp(&one.per_cpu_second));
    let ours = rows.iter().find(|row| row.name == "yimen").map(|row| row.per_cpu_second);
    println!("{title}");
    println!(
        "  {:<12} {:>8} {:>9} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "", "identity", "req/CPU-s", "spread", "Yimen is", "req/s", "p50 µs", "p99 µs", "peak MiB", "errors"
    );
    for row in rows {
        let ratio = ours.map_or_else(String::new, |ours| format!("{:.2} x", ours / row.per_cpu_second));
        println!(
            "  {:<12} {:>8} {:>9.0} {:>6.1}% {:>9} {:>9.0} {:>9.0} {:>9.0} {:>9.0} {:>7}",
            row.name,
            if row.checks_identity { "checked" } else { "no" },
            row.per_cpu_second,
            row.spread,
            ratio,
            row.per_second,
            row.p50,
            row.p99,
            row.peak_mib,
            row.errors
        );
    }
}

fn row(name: &'static str, figures: &[Figures]) -> Row {
    let own: Vec<&Figures> = figures.iter().filter(|figure| figure.name == name).collect();
    let middle = |value: fn(&Figures) -> f64| median(own.iter().map(|figure| value(figure)).collect());
    let rates = || own.iter().map(|figure| figure.per_cpu_second());
    let per_cpu_second = middle(Figures::per_cpu_second);
    let range = rates().fold(f64::MIN, f64::max) - rates().fold(f64::MAX, f64::min);
    Row {
        name,
        checks_identity: own.iter().any(|figure| figure.checks_identity),
        per_cpu_second,
        spread: 50.0 * range / per_cpu_second,
        per_second: middle(|figure| figure.load.requests as f64 / figure.seconds()),
        p50: middle(|figure| figure.load.p50),
        p99: middle(|figure| figure.load.p99),
        peak_mib: own.iter().map(|figure| figure.peak_bytes as f64 / 1024.0 / 1024.0).fold(0.0, f64::max),
        errors: own.iter().map(|figure| figure.load.errors).sum(),
    }
}
