//! English and French plurals, so that `permits` is `permit`.

use std::{borrow::Cow, collections::HashSet};

use crate::{fold::each_unit, line::Line};

/// The shortest word that can be a plural: `bus`, `gas`, `yes` are none.
const MIN_LETTERS: usize = 4;

/// A folded text with the plurals of its Latin words in the singular, except for the words in `kept`.
///
/// Not a dictionary: `demarche` and `taxes` become `demarch` and `tax`, on every side of a comparison.
pub(crate) fn singular<'t>(text: &'t str, kept: &HashSet<String>) -> Cow<'t, str> {
    if !each_unit(text).any(|word| stem(word, kept).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = Line::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match crate::fold::first_unit(rest) {
            Some(word) => {
                match stem(word, kept) {
                    Some((stem, ending)) => {
                        out.push_str(stem);
                        out.push_str(ending);
                    }
                    None => out.push_str(word),
                }
                word.len()
            }
            None => {
                out.gap();
                first.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(out.finish())
}

/// What a word ends in after its stem, if it changes.
fn stem<'w>(word: &'w str, kept: &HashSet<String>) -> Option<(&'w str, &'static str)> {
    if word.len() < MIN_LETTERS || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let one = match word.strip_suffix('s') {
        Some(one) if !one.ends_with(['s', 'u', 'i']) && !kept.contains(word) => one,
        Some(_) => return None,
        None => word,
    };
    if let Some(stem) = one.strip_suffix("ie").filter(|stem| one.len() < word.len() && stem.len() > 1) {
        return Some((stem, "y"));
    }
    // `taxes`, `classes`, `branches` lose an e in the singular; in French `taxe`, `classe`, `branche` keep it.
    let silent = ["xe", "sse", "che", "she", "zze"].iter().any(|ending| one.ends_with(ending));
    let stem = if silent { one.strip_suffix('e')? } else { one };
    (stem.len() < word.len()).then_some((stem, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> String {
        singular(text, &HashSet::from(["news".to_owned()])).into_owned()
    }

    #[test]
    fn plurals_become_singular() {
        assert_eq!(one("permits licences taxes companies branches"), "permit licence tax company branch");
        assert_eq!(one("demandes demarches 证 cards办理fees"), "demande demarch证card办理fee");
    }

    #[test]
    fn other_words_stay() {
        for word in ["address", "status", "basis", "bus", "permis", "news", "es", "b2bs", "женщинs", ""]
        {
            assert_eq!(one(word), word);
        }
    }

    #[test]
    fn a_singular_is_final() {
        for word in ["permits", "classes", "taxes", "companies", "branches", "dies", "xies", "sses", "ches"] {
            assert_eq!(one(&one(word)), one(word), "{word}");
        }
    }
}
