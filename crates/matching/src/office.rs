//! A department, read once and compared often.

use std::sync::Arc;

use crate::{
    fold::fold,
    lexicon::Lexicon,
    terms::{self, Term, hash64},
};

/// The most terms of a department's name that are compared.
const MAX_TERMS: usize = 64;

/// A text whose hash stands beside it: most that differ are told apart without being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wording {
    hash: u64,
    text: Box<str>,
}

impl Wording {
    fn of(text: &str) -> Self {
        Self { hash: hash64(text), text: text.into() }
    }
}

/// A department as its name tells.
#[derive(Clone, Debug)]
pub(crate) struct Office {
    /// The name as it was written.
    pub(crate) written: Arc<str>,
    /// The name, folded.
    pub(crate) text: Wording,
    /// What it does, in one wording over all places and reforms.
    pub(crate) function: Wording,
    /// The terms of its function, as a set.
    pub(crate) terms: Box<[Term]>,
}

impl Office {
    /// Reads a department's name; `None` when it holds no word.
    pub(crate) fn of(lexicon: &Lexicon, written: &str) -> Option<Self> {
        let text = fold(written);
        if text.is_empty() {
            return None;
        }
        let function = lexicon.department(written).function;
        let terms = terms::set(terms::sequence(&function, MAX_TERMS));
        Some(Self {
            written: written.into(),
            text: Wording::of(&text),
            function: Wording::of(&function),
            terms,
        })
    }
}
