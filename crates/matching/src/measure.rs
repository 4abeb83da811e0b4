//! Measures a pair of records.

use std::sync::Arc;

use crate::{
    compare::{NameComparison, comparable},
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

/// Measures what is cheap to measure: all but the order of words, and what needs other pairs.
pub(crate) fn at_a_glance(a: &Ready, b: &Ready, offices: Option<Offices>, spread: f64) -> Measurements {
    let mut found = Measurements::default();
    if comparable(&a.record.name.parsed, &b.record.name.parsed) {
        found.set(Measure::NameWords, a.name.cosine(&b.name).unwrap_or_default());
        let [of_a, of_b] = [own_words(a, b.record), own_words(b, a.record)];
        found.set(Measure::OwnWordsOfBoth, of_a.min(of_b));
        found.set(Measure::OwnWordsOfOne, of_a.max(of_b));
    }
    let (left, right) = (&*a.record.summary, &*b.record.summary);
    if !left.is_empty() && !right.is_empty() {
        found.set(Measure::Text, a.words.cosine(&b.words).unwrap_or_default());
        found.set(Measure::SummaryWords, a.stems.cosine(&b.stems).unwrap_or_default());
        found.set(Measure::SummaryStart, common_start(left, right));
    }
    found.set(Measure::Keywords, a.keywords.cosine(&b.keywords));
    if !a.record.kinds.is_empty() && !b.record.kinds.is_empty() {
        found.set(Measure::Kind, f64::from(u8::from(meet(&a.record.kinds, &b.record.kinds))));
    }
    let differs = offices.map(|offices| department_difference(a, b, offices));
    found.set(Measure::Department, differs.map(|differs| differs * (1.0 - spread)));
    found
}

/// Adds the measures of order, which cost most.
pub(crate) fn in_order(a: &Ready, b: &Ready, names: &NameComparison, found: &mut Measurements) {
    if names.comparable {
        found.set(Measure::NameOrder, names.similarity);
        found.set(Measure::NameIdentical, f64::from(u8::from(names.identical)));
    }
    if let Some(text) = found.get(Measure::Text) {
        let order =
            if text < LOOSE_TEXT { 0.0 } else { terms::in_order(&a.record.summary, &b.record.summary) };
        found.set(Measure::SummaryOrder, order);
    }
}

/// What the words of a name tell that the other item doesn't say, neither in its name nor elsewhere.
fn own_words(of: &Ready, other: &Record) -> f64 {
    let others = if other.described() { &other.words } else { &other.name.alone };
    of.alone.missing_from(others).min(MAX_OWN_WORDS)
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

fn department_difference(a: &Ready, b: &Ready, offices: Offices) -> f64 {
    match offices {
        Offices::Same | Offices::Counterparts => 0.0,
        Offices::Other => {
            let alike = a.department.as_ref().zip(b.department.as_ref()).and_then(|(a, b)| a.cosine(b));
            1.0 - alike.unwrap_or_default()
        }
    }
}

/// Whether two ordered sets have something in common.
pub(crate) fn meet(a: &[Box<str>], b: &[Box<str>]) -> bool {
    a.iter().any(|value| b.binary_search(value).is_ok())
}
