//! A profile made ready for comparison: read once, compared often.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    fold::{fold, is_ideographic, units},
    lexicon::{Act, Lexicon},
    name::{NormalisedName, normalise_with},
    office::Office,
    profile::{Profile, significant_digits},
    terms::{self, Term, hash64},
};

/// The most terms of a summary that are compared: the first sentences say what the service is.
const MAX_SUMMARY_TERMS: usize = 80;
/// The most characters of a summary that are read for them.
const MAX_SUMMARY_CHARS: usize = 1_200;
/// The most terms of a name, or of all keywords together, that are compared.
const MAX_TERMS: usize = 128;
/// The most values of a list that are compared; real items have one to three.
const MAX_VALUES: usize = 16;

/// One profile, ready.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) name: Arc<Name>,
    /// Usable codes as (scheme, value), in order.
    pub(crate) codes: Box<[(Box<str>, Box<str>)]>,
    pub(crate) kinds: Box<[Box<str>]>,
    pub(crate) audience: Box<[Box<str>]>,
    pub(crate) level: Option<u8>,
    /// Significant digits of the divisions served.
    pub(crate) regions: Box<[Box<str>]>,
    pub(crate) department: Option<Arc<Office>>,
    pub(crate) organisation: Option<Box<str>>,
    pub(crate) legal_basis: Box<[Term]>,
    /// Terms of the summary in their order.
    pub(crate) summary: Box<[Term]>,
    /// The same with words cut to their beginnings, as a set.
    pub(crate) stems: Box<[Term]>,
    pub(crate) keywords: Box<[Term]>,
    /// The terms of name, summary and keywords together, and the name's words and characters, as a set.
    pub(crate) words: Box<[Term]>,
    pub(crate) endpoint: Option<u64>,
}

/// A name, read and counted.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    /// The name as it was written.
    pub(crate) written: Arc<str>,
    pub(crate) parsed: NormalisedName,
    pub(crate) terms: Box<[Term]>,
    /// Its words and single characters, as a set.
    pub(crate) alone: Box<[Term]>,
    /// The same for names that [mean](Name::means) the same.
    pub(crate) hash: u64,
    /// The same for names of one service; none for one that means nothing.
    pub(crate) key: Option<u64>,
    /// Neighbouring pairs of the object's units, and words of spaced scripts alone, under the act: another act is another
    /// service.
    pub(crate) grams: Box<[u64]>,
}

impl Name {
    /// Whether nothing tells the two apart but place, department and writing, which names aren't compared by.
    pub(crate) fn means(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
            || (self.hash == other.hash && self.parsed.meaning() == other.parsed.meaning())
    }

    pub(crate) fn of(lexicon: &Lexicon, name: &str) -> Self {
        let parsed = normalise_with(lexicon, name);
        let mut found = terms::sequence(parsed.object(), MAX_TERMS);
        let mut alone = terms::alone(parsed.object(), MAX_TERMS);
        for qualifier in parsed.qualifiers() {
            found.extend(terms::sequence(qualifier, MAX_TERMS.saturating_sub(found.len())));
            alone.extend(terms::alone(qualifier, MAX_TERMS.saturating_sub(alone.len())));
        }
        let acts = parsed.meant_acts();
        let key = (!parsed.object().is_empty())
            .then(|| hash64(("name", parsed.object(), &acts, parsed.qualifier_set())));
        let grams = grams(parsed.object(), &acts);
        let hash = hash64(parsed.meaning());
        Self {
            written: name.into(),
            hash,
            terms: terms::set(found),
            alone: terms::set(alone),
            key,
            grams,
            parsed,
        }
    }
}

impl Record {
    /// Reads a profile whose name and department are read already, or are read for it.
    pub(crate) fn of(
        lexicon: &Lexicon,
        profile: &Profile,
        name: Arc<Name>,
        department: Option<Arc<Office>>,
    ) -> Self {
        let readable = |text: &str| lexicon.singular(&fold(text)).into_owned();
        let counted = |text: &str, most: usize| terms::sequence(&readable(text), most);
        let start: String =
            profile.summary.iter().flat_map(|summary| summary.chars()).take(MAX_SUMMARY_CHARS).collect();
        let start = readable(&start);
        let summary = terms::sequence(&start, MAX_SUMMARY_TERMS).into_boxed_slice();
        let stems = terms::set(terms::stems(&start, MAX_SUMMARY_TERMS));
        let keywords = terms::set(counted(&first(&profile.keywords, MAX_VALUES).join(" "), MAX_TERMS));
        let words = terms::set([&*name.terms, &*name.alone, &*summary, &*keywords].concat());
        let legal_basis = terms::set(
            first(&profile.legal_basis, MAX_VALUES)
                .iter()
                .flat_map(|basis| counted(basis, MAX_TERMS))
                .collect(),
        );
        let mut regions: Vec<Box<str>> =
            profile.regions.iter().map(|region| significant_digits(region).into()).collect();
        regions.sort_unstable();
        regions.dedup();
        let codes = profile.usable_codes().into_iter().take(MAX_VALUES);
        Self {
            name,
            codes: codes.map(|(scheme, value)| (scheme.into(), value.into())).collect(),
            kinds: values(profile.kind.iter().flat_map(|kind| kind.split([',', ';', '|', '、', '，', '；']))),
            audience: values(profile.audience.iter().map(String::as_str)),
            level: profile.level,
            regions: regions.into_boxed_slice(),
            department,
            organisation: profile.organisation.as_deref().map(fold).filter(|o| !o.is_empty()).map(Into::into),
            legal_basis,
            summary,
            stems,
            keywords,
            words,
            endpoint: profile.usable_endpoint().map(|endpoint| hash64(("endpoint", endpoint))),
        }
    }

    /// Whether it says more than a name does.
    pub(crate) fn described(&self) -> bool {
        !self.summary.is_empty() || !self.keywords.is_empty()
    }

    /// What stands in the wording of evidence, for one order of two records.
    pub(crate) fn order(&self) -> impl PartialOrd + '_ {
        (self.name.parsed.text(), &self.codes, &self.audience, &self.kinds, self.level)
    }

    /// Reads a profile that stands alone.
    pub(crate) fn alone(lexicon: &Lexicon, profile: &Profile) -> Self {
        let department = profile.department.as_deref().and_then(|name| Office::of(lexicon, name));
        Self::of(lexicon, profile, Arc::new(Name::of(lexicon, &profile.name)), department.map(Arc::new))
    }
}

fn grams(object: &str, acts: &BTreeSet<Act>) -> Box<[u64]> {
    let mut units = units(object);
    units.truncate(MAX_TERMS);
    let pairs = units.windows(2).map(|pair| hash64(("gram", acts, pair)));
    let alone = units.len() == 1;
    let words = units
        .iter()
        .filter(|unit| alone || !unit.chars().all(is_ideographic))
        .map(|unit| hash64(("gram", acts, [unit].as_slice())));
    let grams: BTreeSet<u64> = pairs.chain(words).collect();
    grams.into_iter().collect()
}

fn first(list: &[String], most: usize) -> &[String] {
    list.get(..most).unwrap_or(list)
}

/// Folded values as a set in order, without empty ones.
fn values<'t>(list: impl Iterator<Item = &'t str>) -> Box<[Box<str>]> {
    let mut values: Vec<Box<str>> =
        list.take(MAX_VALUES).map(fold).filter(|value| !value.is_empty()).map(Into::into).collect();
    values.sort_unstable();
    values.dedup();
    values.into_boxed_slice()
}
