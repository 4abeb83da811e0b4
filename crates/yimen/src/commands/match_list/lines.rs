//! The results as JSON lines.

use std::collections::HashMap;
use std::io::{self, Write};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

use matching::{Batch, Evidence, Pair, Relation, Verdict};
use serde::Serialize;

use super::list::Row;

/// Pairs that one thread explains before they are written.
const PAIRS_AT_ONCE: usize = 1024;

/// Two rows and what they are to each other.
#[derive(Debug, Serialize)]
struct PairLine<'a> {
    a: &'a str,
    b: &'a str,
    score: f64,
    verdict: Verdict,
    relation: Relation,
    evidence: &'a [Evidence],
}

/// Rows that are one service.
#[derive(Debug, Serialize)]
struct ClusterLine<'a> {
    cluster: usize,
    items: Vec<&'a str>,
    name: &'a str,
}

/// The row at a place of the list.
pub fn row(rows: &[Row], place: u32) -> Option<&Row> {
    usize::try_from(place).ok().and_then(|place| rows.get(place))
}

/// Writes the pairs in their order. Evidence is worked out here, a few pairs at a time on every processor.
pub fn write_pairs(out: &mut dyn Write, batch: &Batch, rows: &[Row], pairs: &[Pair]) -> io::Result<()> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    for round in pairs.chunks(PAIRS_AT_ONCE * workers) {
        let parts: Vec<io::Result<Vec<u8>>> = thread::scope(|scope| {
            let started: Vec<_> = round
                .chunks(PAIRS_AT_ONCE)
                .map(|part| scope.spawn(move || pair_lines(batch, rows, part)))
                .collect();
            started
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        });
        for part in parts {
            out.write_all(&part?)?;
        }
    }
    Ok(())
}

fn pair_lines(batch: &Batch, rows: &[Row], pairs: &[Pair]) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for pair in pairs {
        let (Some(a), Some(b)) = (row(rows, pair.a), row(rows, pair.b)) else { continue };
        let line = PairLine {
            a: &a.id,
            b: &b.id,
            score: pair.probability,
            verdict: pair.verdict,
            relation: pair.relation,
            evidence: &batch.explain(pair).evidence,
        };
        serde_json::to_writer(&mut lines, &line)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// Writes the clusters, numbered from 1.
pub fn write_clusters(out: &mut dyn Write, rows: &[Row], clusters: &[Vec<u32>]) -> io::Result<()> {
    for (number, places) in (1..).zip(clusters) {
        let members: Vec<&Row> = places.iter().filter_map(|place| row(rows, *place)).collect();
        let items = members.iter().map(|row| row.id.as_str()).collect();
        serde_json::to_writer(&mut *out, &ClusterLine { cluster: number, items, name: name(&members) })?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The name that most of the rows have; of several, the one that comes first.
fn name<'a>(members: &[&'a Row]) -> &'a str {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for row in members {
        *counts.entry(&row.name).or_default() += 1;
    }
    let most = counts.values().copied().max().unwrap_or_default();
    members
        .iter()
        .map(|row| row.name.as_str())
        .find(|name| counts.get(name) == Some(&most))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_has_the_name_that_most_have_and_the_first_of_equals() {
        let row = |name: &str| Row { id: name.to_owned(), name: name.to_owned(), department: None, line: 1 };
        let rows = ["a", "b", "c", "b"].map(row);
        let named = |places: &[u32]| {
            let mut out = Vec::new();
            write_clusters(&mut out, &rows, &[places.to_vec()]).expect("memory takes it");
            String::from_utf8(out).expect("JSON")
        };
        assert_eq!(
            named(&[0, 1, 2, 3]),
            "{\"cluster\":1,\"items\":[\"a\",\"b\",\"c\",\"b\"],\"name\":\"b\"}\n"
        );
        assert_eq!(named(&[2, 0]), "{\"cluster\":1,\"items\":[\"c\",\"a\"],\"name\":\"c\"}\n");
    }
}
