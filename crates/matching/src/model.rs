//! The model: what each measurement of a pair weighs, in bits, in the manner of Fellegi and Sunter (1969).
//!
//! Every measurement has its own curve, and the curves add up: a pair's log2-odds are the prior plus one number per
//! measurement, so that each can be shown and questioned alone (a generalised additive model). The curves of
//! `data/weights.tsv` are fitted by `cargo xtask fit`; what no labelled list tells of (codes, contradictions, audience,
//! level, legal basis) is set by hand in `weights`.

use std::sync::LazyLock;

/// Something that is measured of a pair, as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Likeness of the names' words, rare ones counting more: 0 to 1.
    NameWords,
    /// Share of the names' objects that stands in both in one order: 0 to 1.
    NameOrder,
    /// 1 when the names are the same in every part that means something, else 0.
    NameIdentical,
    /// What the words tell that stand in a name and nowhere in the other item: the lesser of the two sides, 0 to 3.
    OwnWordsOfBoth,
    /// The same, the greater of the two sides, 0 to 3.
    OwnWordsOfOne,
    /// Likeness of all words (name, summary, keywords): 0 to 1.
    Text,
    /// Likeness of the beginnings of the summaries' words, rare ones counting more: 0 to 1.
    SummaryWords,
    /// Share of the summaries that stands in both in one order: 0 to 1.
    SummaryOrder,
    /// Words that the summaries begin with in common, up to 20, as a share of 20: 0 to 1.
    SummaryStart,
    /// Likeness of the keywords: 0 to 1.
    Keywords,
    /// 1 when the items are of one kind, else 0.
    Kind,
    /// How much the departments differ: 0 (one, or counterparts of two districts) to 1.
    Department,
    /// By how much [`Measure::SummaryWords`] is ahead of the most that either item has, the greater of the two: −1 to 0.
    SummaryRival,
    /// Bits by which this pair is ahead of the best other pair of either item: −8 to 8, the lesser of the two.
    Rival,
    /// The same, the greater of the two.
    RivalOfOne,
    /// Probability that both are the same service as a third item, without this measure: 0 to 1.
    Neighbour,
}

impl Measure {
    /// All of them, in the order of [`Measurements`].
    pub const ALL: [Self; 16] = [
        Self::NameWords,
        Self::NameOrder,
        Self::NameIdentical,
        Self::OwnWordsOfBoth,
        Self::OwnWordsOfOne,
        Self::Text,
        Self::SummaryWords,
        Self::SummaryOrder,
        Self::SummaryStart,
        Self::Keywords,
        Self::Kind,
        Self::Department,
        Self::SummaryRival,
        Self::Rival,
        Self::RivalOfOne,
        Self::Neighbour,
    ];

    /// The measure's name in `data/weights.tsv`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NameWords => "name-words",
            Self::NameOrder => "name-order",
            Self::NameIdentical => "name-identical",
            Self::OwnWordsOfBoth => "own-words-of-both",
            Self::OwnWordsOfOne => "own-words-of-one",
            Self::Text => "text",
            Self::SummaryWords => "summary-words",
            Self::SummaryOrder => "summary-order",
            Self::SummaryStart => "summary-start",
            Self::Keywords => "keywords",
            Self::Kind => "kind",
            Self::Department => "department",
            Self::SummaryRival => "summary-rival",
            Self::Rival => "rival",
            Self::RivalOfOne => "rival-of-one",
            Self::Neighbour => "neighbour",
        }
    }
}

/// What was measured of a pair, in the order of [`Measure::ALL`]; `None` where one side says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measurements([Option<f64>; Measure::ALL.len()]);

impl Measurements {
    /// One measurement.
    #[must_use]
    pub fn get(&self, measure: Measure) -> Option<f64> {
        self.0.get(measure as usize).copied().flatten()
    }

    pub(crate) fn set(&mut self, measure: Measure, value: impl Into<Option<f64>>) {
        if let Some(place) = self.0.get_mut(measure as usize) {
            *place = value.into();
        }
    }

    /// What all measurements weigh together, in bits.
    pub(crate) fn sum(&self) -> f64 {
        Measure::ALL.iter().map(|measure| self.bits(*measure)).sum()
    }

    /// What one measurement weighs, in bits; nothing where nothing was measured.
    pub(crate) fn bits(&self, measure: Measure) -> f64 {
        let curve = MODEL.curves.get(measure as usize);
        self.get(measure).zip(curve).map_or(0.0, |(value, curve)| curve.at(value))
    }
}

/// Bits by value: straight lines between points, level beyond the first and the last.
#[derive(Debug, Default)]
struct Curve {
    points: Vec<(f64, f64)>,
    /// The most bits of any point.
    highest: f64,
}

impl Curve {
    fn through(points: Vec<(f64, f64)>) -> Self {
        let highest = points.iter().map(|(_, bits)| *bits).reduce(f64::max).unwrap_or_default();
        Self { points, highest }
    }

    fn at(&self, value: f64) -> f64 {
        let after = self.points.partition_point(|(x, _)| *x < value);
        let before = after.checked_sub(1).and_then(|at| self.points.get(at));
        match (before, self.points.get(after)) {
            (Some((x0, y0)), Some((x1, y1))) => y0 + (value - x0) / (x1 - x0) * (y1 - y0),
            (Some((_, y)), None) | (None, Some((_, y))) => *y,
            (None, None) => 0.0,
        }
    }
}

#[derive(Debug)]
struct Model {
    prior: f64,
    curves: Vec<Curve>,
}

const WEIGHTS_TSV: &str = include_str!("../data/weights.tsv");

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let rows: Vec<(&str, &str, f64)> = WEIGHTS_TSV
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            Some((columns.next()?, columns.next()?, columns.next()?.parse().ok()?))
        })
        .collect();
    let points = |name: &str| -> Vec<(f64, f64)> {
        let of_name = rows.iter().filter(|(measure, _, _)| *measure == name);
        of_name.filter_map(|(_, value, bits)| Some((value.parse().ok()?, *bits))).collect()
    };
    Model {
        prior: points("prior").first().map_or(0.0, |(_, bits)| *bits),
        curves: Measure::ALL.map(|measure| Curve::through(points(measure.as_str()))).into(),
    }
});

/// Log2-odds that two candidates are one service before anything is known of them.
pub(crate) fn prior() -> f64 {
    MODEL.prior
}

/// The most that a measurement can weigh for a pair, in bits.
pub(crate) fn most_bits(measure: Measure) -> f64 {
    MODEL.curves.get(measure as usize).map_or(0.0, |curve| curve.highest.max(0.0))
}

/// The log2-odds that belong to a probability; those of a number outside 0 to 1 are those of the nearer end.
pub(crate) fn log_odds(probability: f64) -> f64 {
    let probability = probability.clamp(0.0, 1.0);
    (probability / (1.0 - probability)).log2()
}

/// The probability that belongs to log2-odds.
pub(crate) fn probability(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits).exp2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_has_a_curve_and_every_row_is_used() {
        let mut used = 0;
        for (measure, curve) in Measure::ALL.iter().zip(&MODEL.curves) {
            assert!(curve.points.len() >= 2, "{measure:?} has no curve");
            assert!(curve.points.is_sorted_by(|(a, _), (b, _)| a < b), "{measure:?} isn't in order");
            used += curve.points.len();
        }
        let written = WEIGHTS_TSV.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert_eq!(written, used + 1, "one row is the prior");
        assert!(MODEL.prior < 0.0);
    }

    #[test]
    fn probabilities_and_odds_belong_together() {
        for bits in [-20.0, -1.0, 0.0, 3.5] {
            assert!((log_odds(probability(bits)) - bits).abs() < 1e-9, "{bits}");
        }
        assert_eq!([-1.0, 0.0].map(|value| probability(log_odds(value))), [0.0; 2]);
        assert_eq!([1.0, 7.0].map(|value| probability(log_odds(value))), [1.0; 2]);
    }

    #[test]
    fn a_curve_is_straight_between_its_points_and_level_beyond() {
        let curve = Curve::through(vec![(0.0, -2.0), (0.5, 0.0), (1.0, 4.0)]);
        let near = |value: f64, bits: f64| (curve.at(value) - bits).abs() < 1e-9;
        assert!(near(-1.0, -2.0) && near(0.25, -1.0) && near(0.5, 0.0) && near(0.75, 2.0) && near(9.0, 4.0));
    }
}
