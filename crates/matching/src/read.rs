//! Reads one part of a name: which acts it states, and what is left of it.

use std::collections::BTreeSet;

use crate::lexicon::{Act, Lexicon};

/// A folded text with its synonyms in one form.
pub(crate) fn reworded(lexicon: &Lexicon, text: &str) -> String {
    lexicon.synonyms.replace(&lexicon.singular(text), |_, _| true, |canonical| canonical)
}

/// Takes the acts out of a reworded text, and the words around it that say nothing.
pub(crate) fn without_acts(lexicon: &Lexicon, text: &str, acts: &mut BTreeSet<Act>) -> String {
    // Before, so that `application for renewal of …` begins with its act; after, for what stood beside an act.
    let rest = lexicon.without_acts(strip_fillers(lexicon, text), acts);
    joined(lexicon, strip_fillers(lexicon, &rest))
}

/// A text without its joining words (和, of); but never without all words.
pub(crate) fn joined(lexicon: &Lexicon, text: &str) -> String {
    let rest = lexicon.joining.replace(text, |_, _| true, |kept| kept);
    if rest.is_empty() { text.to_owned() } else { rest }
}

/// Strips words that say nothing from both ends, but never the whole text.
fn strip_fillers<'t>(lexicon: &Lexicon, text: &'t str) -> &'t str {
    let mut rest = text;
    loop {
        let before =
            || lexicon.prefixes.leading(rest, |_, ()| true).and_then(|(length, ())| rest.get(length..));
        match lexicon.suffixes.strip(rest).map(|(before, _)| before).or_else(before).map(str::trim) {
            Some(shorter) if !shorter.is_empty() => rest = shorter,
            Some(_) | None => return rest,
        }
    }
}
