//! What an evaluation found, as it is printed and written.

use std::fs;
use std::path::Path;

use serde::Serialize;

use super::lists::{Half, List, Truth};
use super::metrics::{self, Calibration, Judged, Point, Quality};

/// The recall of true pairs at which look-alikes are counted.
const CAUGHT: f64 = 0.75;

/// Everything.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) half: Half,
    pub(super) lists: Vec<ListReport>,
}

/// One list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListReport {
    pub(super) name: String,
    pub(super) note: String,
    pub(super) records: usize,
    pub(super) judged_pairs: usize,
    pub(super) true_pairs: usize,
    pub(super) systems: Vec<SystemReport>,
}

/// One tool on one list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SystemReport {
    pub(super) name: String,
    /// What it learned from, where it learns.
    pub(super) learned_from: Option<String>,
    pub(super) quality: Quality,
    /// At the threshold that is the tool's own.
    pub(super) at_default: Option<Point>,
    /// What that is.
    pub(super) default_threshold: Option<String>,
    /// The share of true pairs that it proposed at all.
    pub(super) proposed: Option<f64>,
    pub(super) calibration: Option<Calibration>,
    pub(super) look_alikes: Option<LookAlikes>,
    /// Wall-clock time with reading, learning and writing; of the run that is cached, where one is.
    pub(super) seconds: f64,
}

/// What becomes of labelled look-alikes.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LookAlikes {
    pub(super) known: usize,
    /// True pairs above every look-alike.
    pub(super) caught_before_any: usize,
    /// Share of look-alikes above the highest threshold that catches 75 % of the true pairs; `None` where none does.
    pub(super) share_at_75: Option<f64>,
    /// Look-alikes that the tool would merge by itself.
    pub(super) called_same: Option<usize>,
}

impl LookAlikes {
    /// Counts them on a list with labels; a pair that was not scored has the score 0.
    pub(super) fn of(list: &List, judged: &[Judged], decides: bool) -> Option<Self> {
        let Truth::Labelled(known) = &list.truth else { return None };
        let look_alikes = known.iter().filter(|pair| !pair.same).count();
        let highest = judged.iter().filter(|pair| !pair.same).map(|pair| pair.score).fold(0.0, f64::max);
        let caught =
            metrics::curve(judged, list.true_pairs()).into_iter().find(|point| point.recall >= CAUGHT);
        let above =
            |threshold: f64| judged.iter().filter(|pair| !pair.same && pair.score >= threshold).count();
        Some(Self {
            known: look_alikes,
            caught_before_any: judged.iter().filter(|pair| pair.same && pair.score > highest).count(),
            share_at_75: caught.map(|point| metrics::share(above(point.threshold), look_alikes)),
            called_same: decides
                .then(|| judged.iter().filter(|pair| !pair.same && pair.merged == Some(true)).count()),
        })
    }
}

impl ListReport {
    /// A list with the tools that were run on it.
    pub(super) fn of(list: &List, systems: Vec<SystemReport>) -> Self {
        Self {
            name: list.name.clone(),
            note: list.note.clone(),
            records: list.records.len(),
            judged_pairs: list.judged_pairs(),
            true_pairs: list.true_pairs(),
            systems,
        }
    }
}

impl SystemReport {
    /// A tool by its scores alone.
    pub(super) fn of(name: &str, list: &List, judged: &[Judged], seconds: f64) -> Self {
        Self {
            name: name.to_owned(),
            learned_from: None,
            quality: metrics::quality(judged, list.true_pairs()),
            at_default: None,
            default_threshold: None,
            proposed: None,
            calibration: None,
            look_alikes: None,
            seconds,
        }
    }
}

impl Report {
    /// Writes `report.json` into the folder.
    pub(super) fn write(&self, folder: &Path) -> Result<(), String> {
        let path = folder.join("report.json");
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        eprintln!("wrote {}", path.display());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::lists::{LabelledPair, Record};
    use super::*;

    #[test]
    fn look_alikes_are_counted_where_three_quarters_are_caught() {
        let truth =
            (0..6).map(|n| LabelledPair { a: format!("a{n}"), b: format!("b{n}"), same: n < 4 }).collect();
        let list = List {
            name: "x".to_owned(),
            note: String::new(),
            half: Half::Test,
            records: vec![Record::named("a0", "x")],
            truth: Truth::Labelled(truth),
            train: Vec::new(),
        };
        let pair = |score, same, merged| Judged { score, same, merged: Some(merged) };
        let judged = [
            pair(0.9, true, true),
            pair(0.8, false, true),
            pair(0.7, true, false),
            pair(0.6, true, false),
            pair(0.5, false, false),
        ];
        let expected =
            LookAlikes { known: 2, caught_before_any: 1, share_at_75: Some(0.5), called_same: Some(1) };
        assert_eq!(LookAlikes::of(&list, &judged, true), Some(expected));
        // The fourth true pair was never scored: half of them is all that these two reach.
        assert_eq!(LookAlikes::of(&list, &judged[..3], false).map(|counted| counted.share_at_75), Some(None));
    }
}
