//! The keys of the blocks that a record belongs to.

use crate::{
    record::Record,
    terms::{Term, hash64},
};

/// Keys of the blocks of one record.
#[derive(Debug)]
pub(super) struct Keys<'r> {
    pub(super) codes: Vec<u64>,
    pub(super) code_and_name: Vec<u64>,
    pub(super) name: Option<u64>,
    pub(super) grams: &'r [u64],
    /// Words of summary and keywords and, beside them, of the name.
    words: &'r [Term],
    pub(super) endpoint: Option<u64>,
}

impl<'r> Keys<'r> {
    pub(super) fn of(record: &'r Record) -> Self {
        let name = record.name.key;
        Self {
            code_and_name: record
                .codes
                .iter()
                .filter_map(|code| Some(hash64(("code and name", code, name?))))
                .collect(),
            codes: record.codes.iter().map(|code| hash64(("code", code))).collect(),
            name,
            grams: &record.name.grams,
            words: if record.described() { &record.words } else { &[] },
            endpoint: record.endpoint,
        }
    }

    /// The keys whose blocks list items, but for the name's and the words'.
    pub(super) fn items(&self) -> impl Iterator<Item = u64> {
        self.codes.iter().chain(&self.code_and_name).chain(&self.endpoint).copied()
    }

    pub(super) fn words(&self) -> impl Iterator<Item = u64> {
        self.words.iter().copied().map(u64::from)
    }
}
