//! Words as numbers: what texts have in common is counted, not read.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use foldhash::fast::RandomState;

use crate::fold::{is_ideographic, units};

/// A word of a spaced script, or two neighbouring characters of one that is written without blanks, as a number.
///
/// Odd for the latter, even for the former. Two words that share a number cost a little precision and nothing else.
pub(crate) type Term = u32;

/// Weight of a pair of characters beside a whole word's: another character changes two pairs.
const PAIR_WEIGHT: f32 = 0.5;

/// Records that are taken to exist beside those that were counted, so that a handful of them says little.
const UNSEEN_RECORDS: f32 = 20.0;

/// The terms of a folded text whose words are in the singular, in order, at most `most`.
pub(crate) fn sequence(folded: &str, most: usize) -> Vec<Term> {
    terms(folded, most, |word| word)
}

/// Letters of a word that its inflections keep.
const STEM_CHARS: usize = 5;

/// The same with words of spaced scripts cut to their beginnings, so that "provides" and "providing" are one.
pub(crate) fn stems(folded: &str, most: usize) -> Vec<Term> {
    terms(folded, most, |word| {
        word.char_indices().nth(STEM_CHARS).and_then(|(end, _)| word.get(..end)).unwrap_or(word)
    })
}

fn terms(folded: &str, most: usize, cut: impl Fn(&str) -> &str) -> Vec<Term> {
    let units = units(folded);
    let han = |unit: Option<&&str>| unit.is_some_and(|unit| unit.chars().all(is_ideographic));
    let mut terms = Vec::with_capacity(units.len().min(most));
    for (at, unit) in units.iter().enumerate() {
        if terms.len() >= most {
            break;
        }
        let before = at.checked_sub(1).and_then(|at| units.get(at));
        match (han(Some(unit)), han(units.get(at + 1))) {
            (false, _) => terms.push(hash(cut(unit)) & !1),
            (true, true) => terms.push(hash(units.get(at..at + 2)) | 1),
            (true, false) if !han(before) => terms.push(hash(unit) | 1),
            (true, false) => {}
        }
    }
    terms
}

/// The words and single characters of such a text, in order, at most `most`: what a name says, whatever stands beside it.
pub(crate) fn alone(folded: &str, most: usize) -> Vec<Term> {
    let of = |unit: &str| match unit.chars().all(is_ideographic) {
        true => hash(unit) | 1,
        false => hash(unit) & !1,
    };
    units(folded).into_iter().take(most).map(of).collect()
}

/// Terms as a set, in order of value.
pub(crate) fn set(mut terms: Vec<Term>) -> Box<[Term]> {
    terms.sort_unstable();
    terms.dedup();
    terms.into_boxed_slice()
}

#[expect(clippy::cast_possible_truncation, reason = "the low half of a hash is a hash")]
fn hash(value: impl Hash) -> u32 {
    hash64(value) as u32
}

/// A number for a value, the same in every process.
pub(crate) fn hash64(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// In how many records each term occurs: a rare word in common tells more than a usual one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statistics {
    records: u32,
    counts: HashMap<Term, u32, RandomState>,
}

impl Statistics {
    /// Counts a record with this set of terms in.
    pub(crate) fn add(&mut self, terms: &[Term]) {
        self.records += 1;
        for term in terms {
            *self.counts.entry(*term).or_default() += 1;
        }
    }

    /// Takes a record that was counted out.
    pub(crate) fn remove(&mut self, terms: &[Term]) {
        self.records = self.records.saturating_sub(1);
        for term in terms {
            if let Some(count) = self.counts.get_mut(term) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(term);
                }
            }
        }
    }

    /// How many records hold a term.
    pub(crate) fn count(&self, term: Term) -> u32 {
        self.counts.get(&term).copied().unwrap_or_default()
    }

    /// What a term tells, from 0 (every record has it) to 1 (no other has it): its share of the largest inverse document
    /// frequency (Spärck Jones 1972).
    #[expect(clippy::cast_precision_loss, reason = "counts of records, where a rounding doesn't matter")]
    pub(crate) fn weight(&self, term: Term) -> f32 {
        let records = self.records as f32 + UNSEEN_RECORDS;
        let rarity = (records / (self.count(term) as f32 + 1.0)).ln() / records.ln();
        rarity.max(0.0) * if term & 1 == 1 { PAIR_WEIGHT } else { 1.0 }
    }
}

/// A set of terms and what each tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weighed<'r> {
    terms: &'r [Term],
    weights: Box<[f32]>,
    norm: f32,
}

impl<'r> Weighed<'r> {
    pub(crate) fn new(terms: &'r [Term], statistics: &Statistics) -> Self {
        let weights: Box<[f32]> = terms.iter().map(|term| statistics.weight(*term)).collect();
        let norm = weights.iter().map(|weight| weight * weight).sum::<f32>().sqrt();
        Self { terms, weights, norm }
    }

    fn pairs(&self) -> impl Iterator<Item = (Term, f32)> {
        self.terms.iter().copied().zip(self.weights.iter().copied())
    }

    /// How alike two sets are, 0 to 1 (cosine); `None` when one of them is empty or says nothing.
    pub(crate) fn cosine(&self, other: &Self) -> Option<f64> {
        if self.norm <= 0.0 || other.norm <= 0.0 {
            return None;
        }
        let mut common = 0.0;
        let (mut left, mut right) = (self.pairs().peekable(), other.pairs().peekable());
        while let (Some((a, weight)), Some((b, _))) = (left.peek().copied(), right.peek().copied()) {
            match a.cmp(&b) {
                std::cmp::Ordering::Less => drop(left.next()),
                std::cmp::Ordering::Greater => drop(right.next()),
                std::cmp::Ordering::Equal => {
                    common += weight * weight;
                    left.next();
                    right.next();
                }
            }
        }
        Some(f64::from(common / (self.norm * other.norm)).min(1.0))
    }

    /// What those of its terms tell that the set `others` doesn't hold.
    pub(crate) fn missing_from(&self, others: &[Term]) -> f64 {
        let mut others = others.iter().copied().peekable();
        let mut missing = 0.0;
        for (term, weight) in self.pairs() {
            while others.next_if(|other| *other < term).is_some() {}
            if others.peek() != Some(&term) {
                missing += f64::from(weight);
            }
        }
        missing
    }
}

/// Share of two sequences that stands in both in one order, 0 to 1 (longest common subsequence, Dice).
///
/// Looks at the first 128 terms of `a`, one bit each (Hyyrö 2004).
#[expect(clippy::cast_precision_loss, reason = "lengths of a few hundred")]
pub(crate) fn in_order(a: &[Term], b: &[Term]) -> f64 {
    let a = a.get(..128).unwrap_or(a);
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let mut row = u128::MAX;
    for term in b {
        let places = a.iter().rev().fold(0_u128, |places, other| (places << 1) | u128::from(other == term));
        let taken = row & places;
        row = row.wrapping_add(taken) | (row & !places);
    }
    let used = if a.len() == 128 { u128::MAX } else { (1_u128 << a.len()) - 1 };
    let common = (!row & used).count_ones();
    2.0 * f64::from(common) / (a.len() + b.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_words_and_pairs_of_characters() {
        assert_eq!(sequence("driving license", 9).len(), 2);
        assert_eq!(sequence("取水许可", 9).len(), 3);
        assert_eq!(sequence("水", 9).len(), 1);
        assert_eq!(sequence("a取水b", 9).len(), 3);
        assert_eq!(sequence("a b c d", 2).len(), 2);
    }

    #[test]
    fn stems_are_what_inflection_keeps() {
        assert_eq!(stems("provides licences", 9), stems("providing licencing", 9));
        assert_ne!(stems("provides", 9), stems("providers and", 9));
        assert_ne!(stems("provides", 9), stems("proves", 9));
        assert_eq!(stems("取水许可", 9), sequence("取水许可", 9));
        assert_eq!(stems("été", 9), sequence("été", 9));
    }

    #[test]
    fn a_rare_word_tells_more_than_a_usual_one() {
        let mut statistics = Statistics::default();
        let (usual, rare) = (2, 4);
        (0..99).for_each(|_| statistics.add(&[usual]));
        statistics.add(&[usual, rare]);
        assert!(statistics.weight(rare) > 0.7);
        assert!(statistics.weight(usual) < 0.1);
        let of = |terms: &'static [Term]| Weighed::new(terms, &statistics);
        assert_eq!(of(&[2, 4]).cosine(&of(&[2, 4])).map(|c| (c * 1e3).round()), Some(1000.0));
        assert!(of(&[2, 4]).cosine(&of(&[2, 6])).is_some_and(|alike| alike < 0.1));
        assert_eq!(of(&[]).cosine(&of(&[2])), None);
        assert!(of(&[2, 4]).missing_from(&[2]) > 0.7);
    }

    #[test]
    fn what_was_counted_can_be_taken_out() {
        let mut statistics = Statistics::default();
        statistics.add(&[2, 4]);
        statistics.add(&[2]);
        statistics.remove(&[2, 4]);
        assert_eq!((statistics.count(2), statistics.count(4)), (1, 0));
    }

    #[test]
    fn order_counts() {
        let same = |x: f64, y: f64| (x - y).abs() < 1e-9;
        assert!(same(in_order(&[2, 4, 6], &[2, 4, 6]), 1.0));
        assert!(same(in_order(&[2, 4, 6], &[6, 4, 2]), 1.0 / 3.0));
        assert!(same(in_order(&[2, 4, 6, 8], &[2, 6]), 2.0 / 3.0));
        assert!(same(in_order(&[], &[2]), 0.0));
        let long: Vec<Term> = (0..200).map(|n| n * 2).collect();
        assert!(same(in_order(&long, &long), 2.0 * 128.0 / 328.0));
    }
}
