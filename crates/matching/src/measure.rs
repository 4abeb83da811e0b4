//! Measures a pair of records.

use std::sync::Arc;

use crate::{
    compare::{NameComparison, compare},
    lexicon::Lexicon,
    model::{Measure, Measurements},
    record::Record,
    terms::{self, Statistics, Weighed},
};

/// The most that a name's own words can tell.
const MAX_OWN_WORDS: f64 = 3.0;
/// Words of a common beginning that say as much as more of them.
const MAX_START: usize = 20;
/// Likeness of all words below which the order of the summaries isn't looked at.
const LOOSE_TEXT: f64 = 0.1;

/// What is known beside the two records: words, how rare they are, and what a difference of departments means.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) lexicon: Arc<Lexicon>,
    /// Of all words.
    pub(crate) statistics: Statistics,
    /// Of the beginnings of the summaries' words.
    pub(crate) stems: Statistics,
    /// Share of the names used more than once that several departments use, other than counterparts, 0 to 1: near 1 in
    /// a list of councils, each known by its town, near 0 in a government whose ministries share nothing.
    pub(crate) spread: f64,
}

/// What a difference of departments means before a list was seen: in a city's register, little.
pub(crate) const USUAL_SPREAD: f64 = 0.75;

impl Context {
    /// What is known before any record is.
    pub(crate) fn new(lexicon: Arc<Lexicon>) -> Self {
        Self {
            lexicon,
            statistics: Statistics::default(),
            stems: Statistics::default(),
            spread: USUAL_SPREAD,
        }
    }
}

/// A record and what its words tell.
#[derive(Clone, Debug)]
pub(crate) struct Ready<'r> {
    pub(crate) record: &'r Record,
    name: Weighed<'r>,
    alone: Weighed<'r>,
    words: Weighed<'r>,
    stems: Weighed<'r>,
    keywords: Weighed<'r>,
    department: Option<Weighed<'r>>,
}

impl<'r> Ready<'r> {
    pub(crate) fn new(record: &'r Record, context: &Context) -> Self {
        let statistics = &context.statistics;
        let department = record.department.as_ref();
        Self {
            record,
            name: Weighed::new(&record.name.terms, statistics),
            alone: Weighed::new(&record.name.alone, statistics),
            words: Weighed::new(&record.words, statistics),
            stems: Weighed::new(&record.stems, &context.stems),
            keywords: Weighed::new(&record.keywords, statistics),
            department: department.map(|office| Weighed::new(&office.terms, statistics)),
        }
    }
}

/// Two names beside each other: all that doesn't depend on what else their items say.
#[derive(Debug)]
pub(crate) struct NamePair {
    pub(crate) compared: NameComparison,
    /// Likeness of the words.
    words: f64,
    /// What each tells that the other name doesn't.
    own: [f64; 2],
}

impl NamePair {
    pub(crate) fn of(lexicon: &Lexicon, a: &Ready, b: &Ready) -> Self {
        Self {
            compared: compare(lexicon, &a.record.name.parsed, &b.record.name.parsed),
            words: a.name.cosine(&b.name).unwrap_or_default(),
            own: [a.alone.missing_from(&b.record.name.alone), b.alone.missing_from(&a.record.name.alone)],
        }
    }

    /// What each name tells that the other item doesn't, neither in its name nor elsewhere.
    fn own_words(&self, a: &Ready, b: &Ready) -> [f64; 2] {
        let [of_a, of_b] = self.own;
        let beside = |named: f64, name: &Weighed, other: &Record| {
            if other.described() { name.missing_from(&other.words) } else { named }
        };
        [beside(of_a, &a.alone, b.record), beside(of_b, &b.alone, a.record)]
            .map(|told| told.min(MAX_OWN_WORDS))
    }
}

/// Measures everything but what needs other pairs.
pub(crate) fn measure(a: &Ready, b: &Ready, names: &NamePair, spread: f64) -> Measurements {
    let mut found = Measurements::default();
    if names.compared.comparable {
        found.set(Measure::NameWords, names.words);
        found.set(Measure::NameOrder, names.compared.similarity);
        found.set(Measure::NameIdentical, f64::from(u8::from(names.compared.identical)));
        let own = names.own_words(a, b);
        found.set(Measure::OwnWordsOfBoth, own.into_iter().reduce(f64::min));
        found.set(Measure::OwnWordsOfOne, own.into_iter().reduce(f64::max));
    }
    let (left, right) = (&*a.record.summary, &*b.record.summary);
    if !left.is_empty() && !right.is_empty() {
        let text = a.words.cosine(&b.words).unwrap_or_default();
        found.set(Measure::Text, text);
        found.set(Measure::SummaryWords, a.stems.cosine(&b.stems).unwrap_or_default());
        let order = if text < LOOSE_TEXT { 0.0 } else { terms::in_order(left, right) };
        found.set(Measure::SummaryOrder, order);
        found.set(Measure::SummaryStart, common_start(left, right));
    }
    found.set(Measure::Keywords, a.keywords.cosine(&b.keywords));
    if !a.record.kinds.is_empty() && !b.record.kinds.is_empty() {
        found.set(Measure::Kind, f64::from(u8::from(meet(&a.record.kinds, &b.record.kinds))));
    }
    found.set(Measure::Department, department_difference(a, b).map(|differs| differs * (1.0 - spread)));
    found
}

#[expect(clippy::cast_precision_loss, reason = "at most 20")]
fn common_start(a: &[terms::Term], b: &[terms::Term]) -> f64 {
    let common = a.iter().zip(b).take(MAX_START).take_while(|(a, b)| a == b).count();
    common as f64 / MAX_START as f64
}

/// What the departments of two records are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offices {
    /// One and the same.
    Same,
    /// Two of one function: 市场监督管理局 of two districts.
    Counterparts,
    /// Others.
    Other,
}

/// What the departments are to each other; `None` when one of them isn't stated.
pub(crate) fn offices(a: &Record, b: &Record) -> Option<Offices> {
    let organisations = a.organisation.as_ref().zip(b.organisation.as_ref()).map(|(a, b)| a == b);
    let departments = a.department.as_ref().zip(b.department.as_ref());
    let same_text = departments.map(|(a, b)| a.text == b.text);
    let same_function = departments.is_some_and(|(a, b)| a.function == b.function);
    match (organisations, same_text) {
        (Some(true), _) | (None, Some(true)) => Some(Offices::Same),
        (_, Some(_)) if same_function => Some(Offices::Counterparts),
        (Some(false), _) | (None, Some(false)) => Some(Offices::Other),
        (None, None) => None,
    }
}

fn department_difference(a: &Ready, b: &Ready) -> Option<f64> {
    Some(match offices(a.record, b.record)? {
        Offices::Same | Offices::Counterparts => 0.0,
        Offices::Other => {
            let alike = a.department.as_ref().zip(b.department.as_ref()).and_then(|(a, b)| a.cosine(b));
            1.0 - alike.unwrap_or_default()
        }
    })
}

/// Whether two ordered sets have something in common.
pub(crate) fn meet(a: &[Box<str>], b: &[Box<str>]) -> bool {
    a.iter().any(|value| b.binary_search(value).is_ok())
}
