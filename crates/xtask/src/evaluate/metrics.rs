//! The one judge of all: what scored pairs are worth against what is known.

use std::collections::BTreeMap;

use serde::Serialize;

/// The precision at which recall is told: one wrong merge in a hundred.
const STRICT: f64 = 0.99;

/// Below this stated probability a pair is no statement that anybody acts on; calibration leaves it out.
const STATED_FROM: f64 = 0.01;

/// Upper ends of the calibration table's bins. Finer at the top, where merges are decided.
const BINS: [f64; 8] = [0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 1.0];

/// A scored pair, and whether it is the same service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Judged {
    /// What the tool says.
    pub(crate) score: f64,
    /// What is true.
    pub(crate) same: bool,
    /// Whether the tool merges it by itself; `None` where it only scores.
    pub(crate) merged: Option<bool>,
}

/// Precision and recall when every pair at or above a threshold is called the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Point {
    pub(crate) threshold: f64,
    pub(crate) precision: f64,
    pub(crate) recall: f64,
    pub(crate) f1: f64,
}

/// How well scores part what is the same from what is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Quality {
    /// Where F1 is highest.
    pub(crate) best: Point,
    /// The highest recall at a precision of 0.99 or more; 0 where there is none.
    pub(crate) recall_at_99: f64,
    /// Mean precision over the recall reached (area under the precision-recall steps).
    pub(crate) average_precision: f64,
}

/// What a tool's stated probabilities are worth.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Calibration {
    pub(crate) bins: Vec<Bin>,
    /// Mean distance of stated probability and truth, bins weighted by their pairs; over pairs stated at 0.01 or more.
    pub(crate) expected_error: f64,
}

/// Pairs whose stated probability lies in one range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bin {
    /// Above this (the first bin: from this on) …
    pub(crate) from: f64,
    /// … up to this.
    pub(crate) to: f64,
    pub(crate) pairs: usize,
    /// Mean of what was stated.
    pub(crate) stated: f64,
    /// Share that is the same service.
    pub(crate) true_share: f64,
}

/// Judges scores against `true_pairs` in all; a pair that was not scored counts as missed.
pub(crate) fn quality(judged: &[Judged], true_pairs: usize) -> Quality {
    let mut quality = Quality::default();
    let mut reached = 0.0;
    for point in curve(judged, true_pairs) {
        if point.f1 > quality.best.f1 {
            quality.best = point;
        }
        if point.precision >= STRICT {
            quality.recall_at_99 = point.recall;
        }
        quality.average_precision += (point.recall - reached) * point.precision;
        reached = point.recall;
    }
    quality
}

/// One point for each distinct score, the highest first: pairs of one score can't be parted by a threshold.
pub(crate) fn curve(judged: &[Judged], true_pairs: usize) -> Vec<Point> {
    let mut judged = judged.to_vec();
    judged.sort_by(|x, y| y.score.total_cmp(&x.score));
    let (mut called, mut right) = (0, 0);
    let mut points: Vec<Point> = Vec::new();
    for pair in judged {
        called += 1;
        right += usize::from(pair.same);
        let point = point(pair.score, called, right, true_pairs);
        match points.last_mut() {
            Some(last) if last.threshold == pair.score => *last = point,
            _ => points.push(point),
        }
    }
    points
}

/// What a fixed threshold gives.
pub(crate) fn at(judged: &[Judged], true_pairs: usize, threshold: f64) -> Point {
    counted(judged.iter().filter(|pair| pair.score >= threshold), threshold, true_pairs)
}

/// What the tool's own decisions give.
pub(crate) fn decided(judged: &[Judged], true_pairs: usize) -> Point {
    counted(judged.iter().filter(|pair| pair.merged == Some(true)), f64::NAN, true_pairs)
}

/// The share of true pairs that were proposed at all: no threshold reaches a higher recall.
pub(crate) fn proposed(judged: &[Judged], true_pairs: usize) -> f64 {
    share(judged.iter().filter(|pair| pair.same).count(), true_pairs)
}

/// How often a stated probability comes true.
pub(crate) fn calibration(judged: &[Judged]) -> Calibration {
    let mut sums: BTreeMap<usize, (usize, f64, usize)> = BTreeMap::new();
    for pair in judged.iter().filter(|pair| pair.score >= STATED_FROM) {
        let bin = BINS.iter().position(|to| pair.score <= *to).unwrap_or(BINS.len() - 1);
        let (pairs, stated, same) = sums.entry(bin).or_default();
        *pairs += 1;
        *stated += pair.score;
        *same += usize::from(pair.same);
    }
    let lower = std::iter::once(STATED_FROM).chain(BINS);
    let bins: Vec<Bin> = lower
        .zip(BINS)
        .enumerate()
        .filter_map(|(bin, (from, to))| {
            let (pairs, stated, same) = *sums.get(&bin)?;
            Some(Bin { from, to, pairs, stated: stated / pairs as f64, true_share: share(same, pairs) })
        })
        .collect();
    let all: usize = bins.iter().map(|bin| bin.pairs).sum();
    let distance: f64 = bins.iter().map(|bin| (bin.stated - bin.true_share).abs() * bin.pairs as f64).sum();
    Calibration { bins, expected_error: if all == 0 { 0.0 } else { distance / all as f64 } }
}

fn counted<'a>(called: impl Iterator<Item = &'a Judged>, threshold: f64, true_pairs: usize) -> Point {
    let (called, right) =
        called.fold((0, 0), |(called, right), pair| (called + 1, right + usize::from(pair.same)));
    point(threshold, called, right, true_pairs)
}

/// Nothing called the same is no mistake: precision 1, recall 0.
fn point(threshold: f64, called: usize, right: usize, true_pairs: usize) -> Point {
    let precision = if called == 0 { 1.0 } else { share(right, called) };
    let f1 = share(2 * right, called + true_pairs);
    Point { threshold, precision, recall: share(right, true_pairs), f1 }
}

/// A share of a whole; 0 of nothing.
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(pairs: &[(f64, bool)]) -> Vec<Judged> {
        pairs.iter().map(|(score, same)| Judged { score: *score, same: *same, merged: None }).collect()
    }

    fn near(x: f64, y: f64) -> bool {
        (x - y).abs() < 1e-12
    }

    #[test]
    fn the_best_threshold_is_where_f1_is_highest() {
        // Of 4 true pairs 3 are scored. Called: 1 (1 right), 2 (2), 3 (2), 4 (3).
        let scored = judged(&[(0.4, true), (0.9, true), (0.8, true), (0.6, false)]);
        let quality = quality(&scored, 4);
        // F1 = 2·right / (called + 4): 2/5, 4/6, 4/7, 6/8.
        assert_eq!(quality.best, Point { threshold: 0.4, precision: 0.75, recall: 0.75, f1: 0.75 });
        assert!(near(quality.recall_at_99, 0.5));
        // 1/4·1 + 1/4·1 + 0 + 1/4·3/4
        assert!(near(quality.average_precision, 0.6875));
    }

    #[test]
    fn pairs_of_one_score_are_called_together() {
        let scored = judged(&[(1.0, true), (1.0, false), (1.0, false), (0.5, true)]);
        let points = curve(&scored, 2);
        assert_eq!(points.len(), 2);
        assert!(near(points[0].precision, 1.0 / 3.0) && near(points[0].recall, 0.5));
        assert_eq!(quality(&scored, 2).recall_at_99, 0.0);
    }

    #[test]
    fn the_order_of_pairs_does_not_matter() {
        let mut scored = judged(&[(0.9, true), (0.9, false), (0.3, true), (0.2, false), (0.1, true)]);
        let forward = quality(&scored, 5);
        scored.reverse();
        assert_eq!(forward, quality(&scored, 5));
    }

    #[test]
    fn a_threshold_takes_its_own_score_in() {
        let scored = judged(&[(0.5, true), (0.49, true), (0.7, false)]);
        assert_eq!(at(&scored, 2, 0.5), Point { threshold: 0.5, precision: 0.5, recall: 0.5, f1: 0.5 });
    }

    #[test]
    fn decisions_count_apart_from_scores() {
        let mut scored = judged(&[(0.99, false), (0.9, true), (0.8, true)]);
        scored[1].merged = Some(true);
        scored[0].merged = Some(false);
        let point = decided(&scored, 4);
        assert!(near(point.precision, 1.0) && near(point.recall, 0.25) && near(point.f1, 0.4));
        assert!(near(proposed(&scored, 4), 0.5));
    }

    #[test]
    fn calibration_compares_what_is_stated_with_what_is_true() {
        // Ten pairs stated at 0.2, of which one is true; four at 1.0, all true; one below what counts as stated.
        let mut scored = judged(&[(0.2, true), (0.005, true)]);
        scored.extend(judged(&[(0.2, false); 9]));
        scored.extend(judged(&[(1.0, true); 4]));
        let calibration = calibration(&scored);
        let shape: Vec<(f64, usize)> = calibration.bins.iter().map(|bin| (bin.to, bin.pairs)).collect();
        assert_eq!(shape, [(0.3, 10), (1.0, 4)]);
        assert!(near(calibration.bins[0].stated, 0.2) && near(calibration.bins[0].true_share, 0.1));
        assert!(near(calibration.expected_error, 0.1 * 10.0 / 14.0));
    }

    #[test]
    fn nothing_scored_is_no_mistake_and_no_merit() {
        assert_eq!(quality(&[], 3), Quality::default());
        assert_eq!(at(&[], 0, 0.5), Point { threshold: 0.5, precision: 1.0, recall: 0.0, f1: 0.0 });
        assert_eq!(calibration(&[]), Calibration::default());
    }
}
