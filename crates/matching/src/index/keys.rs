//! The keys of the blocks that a profile belongs to.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{
    fold::{is_ideographic, units},
    lexicon::Act,
    name::normalise,
    profile::Profile,
};

/// The most codes of one profile that are indexed; real items have one to three.
const MAX_CODES: usize = 16;

/// The most units of a name that make n-grams; the whole name makes the name's key.
const MAX_UNITS: usize = 128;

/// Keys of the blocks of one profile.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) codes: Vec<u64>,
    pub(super) code_and_name: Vec<u64>,
    pub(super) name: Option<u64>,
    pub(super) grams: BTreeSet<u64>,
    pub(super) endpoint: Option<u64>,
}

impl Keys {
    pub(super) fn of(profile: &Profile) -> Self {
        let name = normalise(&profile.name);
        let acts = name.meant_acts();
        let qualifiers = name.qualifier_set();
        let name_key = (!name.object().is_empty()).then(|| hash(("name", name.object(), &acts, qualifiers)));
        let codes: Vec<_> = profile.usable_codes().into_iter().take(MAX_CODES).collect();
        Self {
            code_and_name: codes
                .iter()
                .filter_map(|code| Some(hash(("code and name", code, name_key?))))
                .collect(),
            codes: codes.iter().map(|code| hash(("code", code))).collect(),
            name: name_key,
            grams: grams(name.object(), &acts),
            endpoint: profile.usable_endpoint().map(|endpoint| hash(("endpoint", endpoint))),
        }
    }

    /// The keys whose blocks list items, but for the name's.
    pub(super) fn items(&self) -> impl Iterator<Item = u64> {
        self.codes.iter().chain(&self.code_and_name).chain(&self.endpoint).copied()
    }
}

/// Pairs of neighbouring units, and words of spaced scripts alone, under the act: another act is another service.
fn grams(object: &str, acts: &BTreeSet<Act>) -> BTreeSet<u64> {
    let mut units = units(object);
    units.truncate(MAX_UNITS);
    let pairs = units.windows(2).map(|pair| hash(("gram", acts, pair)));
    let alone = units.len() == 1;
    let words = units
        .iter()
        .filter(|unit| alone || !unit.chars().all(is_ideographic))
        .map(|unit| hash(("gram", acts, [unit].as_slice())));
    pairs.chain(words).collect()
}

/// The same in every process: `DefaultHasher::new` has fixed keys.
fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
