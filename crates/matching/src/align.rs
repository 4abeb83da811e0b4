//! Lays two names beside each other: how much is common, and what stands in the place of what.

use std::collections::HashMap;

use crate::fold::{each_unit, is_ideographic, units};

/// Names longer than this (in units) are compared by their bigrams, in linear time, without an alignment.
const MAX_ALIGNED_UNITS: usize = 200;
/// The units of a name from whose bigrams its likeness is told: a thousand names of 10,000 characters under one code are half
/// a million pairs.
const MAX_COUNTED_UNITS: usize = 1_000;

/// From this likeness on, two Latin words in each other's place are one word in two spellings (`marksheet`, `mark sheets`).
/// `emigration`/`immigration` is 0.82.
const SPELLING_LIKENESS: f64 = 0.85;

/// The longest pair of words (in bytes) that is compared letter by letter.
const MAX_SPELLED_BYTES: usize = 64;

/// Two names beside each other.
#[derive(Debug)]
pub(crate) struct Alignment {
    /// Common share, 0 to 1 (Dice).
    pub(crate) similarity: f64,
    /// Places where the two differ; one of the sides may be empty. `None` when the names are too long to tell.
    pub(crate) gaps: Option<Vec<Gap>>,
}

/// A place where two names differ.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) left: String,
    pub(crate) right: String,
}

impl Gap {
    /// Whether each side says at least a word (two characters) that the other doesn't say.
    pub(crate) fn exchanges_words(&self) -> bool {
        weight_of(&units(&self.left)) >= 2 && weight_of(&units(&self.right)) >= 2
    }

    fn is_spelling(&self) -> bool {
        let latin = |side: &str| {
            !side.is_empty()
                && side.len() <= MAX_SPELLED_BYTES
                && !side.contains(|c: char| is_ideographic(c) || c.is_numeric())
        };
        if !latin(&self.left) || !latin(&self.right) {
            return false;
        }
        let [left, right] = [&self.left, &self.right].map(|side| side.replace(' ', ""));
        // Letters that one side is longer by are letters that differ.
        let most = (1.0 - SPELLING_LIKENESS) * ratio(left.len().max(right.len()), 1);
        ratio(left.len().abs_diff(right.len()), 1) <= most
            && strsim::normalized_levenshtein(&left, &right) >= SPELLING_LIKENESS
    }
}

/// Aligns two texts by their longest common subsequence of units; of several, by the same one whichever text is first.
pub(crate) fn align(left: &str, right: &str) -> Alignment {
    if left > right {
        let mut turned = align(right, left);
        for gap in turned.gaps.iter_mut().flatten() {
            std::mem::swap(&mut gap.left, &mut gap.right);
        }
        return turned;
    }
    let [a, b] = [left, right].map(|text| each_unit(text).take(MAX_COUNTED_UNITS).collect::<Vec<_>>());
    let total = weight_of(&a) + weight_of(&b);
    if total == 0 {
        return Alignment { similarity: 0.0, gaps: Some(Vec::new()) };
    }
    if a.len().max(b.len()) > MAX_ALIGNED_UNITS {
        return Alignment { similarity: bigram_dice(&a, &b), gaps: None };
    }
    let mut common = 0;
    let mut gaps = Vec::new();
    let mut gap = (Vec::new(), Vec::new());
    for step in steps(&a, &b) {
        match step {
            Step::Left(unit) => gap.0.push(unit),
            Step::Right(unit) => gap.1.push(unit),
            Step::Both(unit) => {
                close(&mut gap, &mut gaps, &mut common);
                common += 2 * weight(unit);
            }
        }
    }
    close(&mut gap, &mut gaps, &mut common);
    Alignment { similarity: ratio(common, total), gaps: Some(gaps) }
}

/// Ends a gap; one that is only another spelling counts as common.
fn close(open: &mut (Vec<&str>, Vec<&str>), gaps: &mut Vec<Gap>, common: &mut usize) {
    let (left, right) = std::mem::take(open);
    if left.is_empty() && right.is_empty() {
        return;
    }
    let gap = Gap { left: join(&left), right: join(&right) };
    if gap.is_spelling() {
        *common += weight_of(&left) + weight_of(&right);
    } else {
        gaps.push(gap);
    }
}

fn join(units: &[&str]) -> String {
    let spaced = units.iter().any(|unit| !unit.chars().all(is_ideographic));
    units.join(if spaced { " " } else { "" })
}

/// A word of a spaced script says about as much as two Han characters.
fn weight(unit: &str) -> usize {
    if unit.chars().all(is_ideographic) { 1 } else { 2 }
}

fn weight_of(units: &[&str]) -> usize {
    units.iter().map(|unit| weight(unit)).sum()
}

#[expect(clippy::cast_precision_loss, reason = "both are lengths of names, far below 2^52")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

enum Step<'t> {
    Left(&'t str),
    Right(&'t str),
    Both(&'t str),
}

fn steps<'t>(a: &[&'t str], b: &[&'t str]) -> Vec<Step<'t>> {
    let width = b.len() + 1;
    // best[i * width + j]: weight of the best common subsequence of a[i..] and b[j..].
    let mut best = vec![0_usize; (a.len() + 1) * width];
    let at = |best: &[usize], i: usize, j: usize| best.get(i * width + j).copied().unwrap_or_default();
    for (i, left) in a.iter().enumerate().rev() {
        for (j, right) in b.iter().enumerate().rev() {
            let skip = at(&best, i + 1, j).max(at(&best, i, j + 1));
            let take = if left == right { weight(left) + at(&best, i + 1, j + 1) } else { 0 };
            if let Some(cell) = best.get_mut(i * width + j) {
                *cell = skip.max(take);
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut steps = Vec::with_capacity(a.len() + b.len());
    loop {
        match (a.get(i), b.get(j)) {
            (Some(left), Some(right))
                if left == right && at(&best, i, j) == weight(left) + at(&best, i + 1, j + 1) =>
            {
                steps.push(Step::Both(left));
                i += 1;
                j += 1;
            }
            (Some(left), right) if right.is_none() || at(&best, i + 1, j) >= at(&best, i, j + 1) => {
                steps.push(Step::Left(left));
                i += 1;
            }
            (_, Some(right)) => {
                steps.push(Step::Right(right));
                j += 1;
            }
            (_, None) => return steps,
        }
    }
}

/// Common share of the pairs of neighbouring units, each as often as it occurs.
fn bigram_dice<'t>(a: &[&'t str], b: &[&'t str]) -> f64 {
    let mut counts: HashMap<(&'t str, &'t str), usize> = HashMap::new();
    for pair in a.iter().copied().zip(a.iter().copied().skip(1)) {
        *counts.entry(pair).or_default() += 1;
    }
    let mut common = 0;
    for pair in b.iter().copied().zip(b.iter().copied().skip(1)) {
        if let Some(left) = counts.get_mut(&pair).filter(|left| **left > 0) {
            *left -= 1;
            common += 2;
        }
    }
    ratio(common, a.len().saturating_sub(1) + b.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gaps(left: &str, right: &str) -> Vec<(String, String)> {
        align(left, right)
            .gaps
            .expect("short names are aligned")
            .into_iter()
            .map(|g| (g.left, g.right))
            .collect()
    }

    #[test]
    fn what_stands_in_the_place_of_what() {
        assert_eq!(gaps("拖拉机档案封存", "联合收割机档案封存"), [("拖拉".into(), "联合收割".into())]);
        assert_eq!(gaps("生育登记", "生育服务登记"), [(String::new(), "服务".into())]);
        assert_eq!(gaps("car insurance", "health insurance"), [("car".into(), "health".into())]);
        assert_eq!(gaps("class marksheet", "class mark sheets"), []);
    }

    proptest! {
        #[test]
        fn either_may_be_first(a in "[甲乙丙 x]{0,9}", b in "[甲乙丙 x]{0,9}") {
            let turned: Vec<_> = gaps(&b, &a).into_iter().map(|(b, a)| (a, b)).collect();
            prop_assert_eq!(gaps(&a, &b), turned);
            prop_assert_eq!(align(&a, &b).similarity.to_bits(), align(&b, &a).similarity.to_bits());
        }
    }

    #[test]
    fn similarity_runs_from_nothing_to_all() {
        let similar = |a, b| align(a, b).similarity;
        assert!((similar("取水许可", "取水许可") - 1.0).abs() < f64::EPSILON);
        assert!(similar("取水许可", "出生证明").abs() < f64::EPSILON);
        assert!(similar("", "").abs() < f64::EPSILON);
        let long = "水".repeat(MAX_ALIGNED_UNITS) + "证";
        assert!((similar(&long, &long) - 1.0).abs() < f64::EPSILON);
        assert!(align(&long, "水").gaps.is_none());
    }
}
