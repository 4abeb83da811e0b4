//! Finds the words of a table in a text: longest first, left to right, whole words in scripts that have blanks.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use crate::{
    fold::{first_unit, is_word},
    line::Line,
};

/// A map whose keys are hashed already, or are single characters.
type Hashless<K, V> = HashMap<K, V, BuildHasherDefault<Hashed>>;

/// A table of words with a value each.
#[derive(Debug)]
pub(crate) struct Words<V> {
    /// By the hash of the first unit; the longest word first. Units that collide share a list, which costs a comparison.
    by_first: Hashless<u64, Vec<(Box<str>, V)>>,
}

/// Where a word stands in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// Whether nothing of the answer stands before it.
    pub(crate) begins: bool,
    /// Whether it ends the text.
    pub(crate) ends: bool,
}

impl<V> Words<V> {
    /// Builds the table; an empty word is left out.
    pub(crate) fn new(words: impl IntoIterator<Item = (String, V)>) -> Self {
        let mut by_first: Hashless<u64, Vec<(Box<str>, V)>> = HashMap::default();
        for (word, value) in words {
            if let Some(first) = first_unit(&word) {
                by_first.entry(hash(first)).or_default().push((word.into_boxed_str(), value));
            }
        }
        for words in by_first.values_mut() {
            words.sort_by(|(x, _), (y, _)| y.len().cmp(&x.len()).then_with(|| x.cmp(y)));
        }
        Self { by_first }
    }

    /// The longest word that a text begins with and that `fits`, as its length in bytes and its value.
    ///
    /// The text must begin at a unit's beginning.
    pub(crate) fn leading(&self, text: &str, fits: impl Fn(usize, &V) -> bool) -> Option<(usize, &V)> {
        self.leading_from(first_unit(text)?, text, fits)
    }

    fn leading_from(&self, unit: &str, text: &str, fits: impl Fn(usize, &V) -> bool) -> Option<(usize, &V)> {
        let words = self.by_first.get(&hash(unit))?;
        words.iter().find_map(|(word, value)| {
            let rest = text.strip_prefix(&**word)?;
            (breaks(word, rest) && fits(word.len(), value)).then_some((word.len(), value))
        })
    }

    /// Writes the text with `found`'s answer in the place of every word that `fits` where it stands.
    pub(crate) fn replace<'t>(
        &'t self,
        text: &str,
        fits: impl Fn(&V, Standing) -> bool,
        mut found: impl FnMut(&'t V) -> &'t str,
    ) -> String {
        let mut out = Line::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let begins = out.as_str().is_empty();
            let standing = |length| Standing { begins, ends: length == rest.len() };
            let length = if let Some(unit) = first_unit(rest) {
                let word = self.leading_from(unit, rest, |length, value| fits(value, standing(length)));
                if let Some((length, value)) = word {
                    out.gap();
                    out.push_str(found(value));
                    out.gap();
                    length
                } else {
                    out.push_str(unit);
                    unit.len()
                }
            } else {
                out.gap();
                first.len_utf8()
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        out.finish()
    }

    /// Hands every word found to `found`.
    pub(crate) fn find(&self, text: &str, mut found: impl FnMut(&V)) {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = match first_unit(rest) {
                Some(unit) => match self.leading_from(unit, rest, |_, _| true) {
                    Some((length, value)) => {
                        found(value);
                        length
                    }
                    None => unit.len(),
                },
                None => first.len_utf8(),
            };
            rest = rest.get(length..).unwrap_or_default();
        }
    }
}

/// Words that are looked for at the end of a text only.
#[derive(Debug)]
pub(crate) struct Endings {
    /// By the last character; the longest first.
    by_last: Hashless<char, Vec<Box<str>>>,
}

impl Endings {
    /// Builds the table; an empty word is left out.
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Self {
        let mut by_last: Hashless<char, Vec<Box<str>>> = HashMap::default();
        for word in words {
            if let Some(last) = word.chars().next_back() {
                by_last.entry(last).or_default().push(word.into_boxed_str());
            }
        }
        for words in by_last.values_mut() {
            words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        }
        Self { by_last }
    }

    /// The text without the longest word that it ends in, and that word.
    pub(crate) fn strip<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        let words = self.by_last.get(&text.chars().next_back()?)?;
        words.iter().find_map(|word| {
            let rest = text.strip_suffix(&**word)?;
            breaks(rest, word).then(|| text.split_at_checked(rest.len())).flatten()
        })
    }
}

/// Whether a word may end between two texts.
fn breaks(word: &str, rest: &str) -> bool {
    !(rest.chars().next().is_some_and(is_word) && word.chars().next_back().is_some_and(is_word))
}

/// FNV-1a, with a last step that spreads the bits. Nobody can fill a list with chosen text: only the tables fill them.
fn hash(unit: &str) -> u64 {
    let mixed = unit.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Passes a hash through that is one already.
#[derive(Debug, Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(words: &[(&'static str, &'static str)]) -> Words<&'static str> {
        Words::new(words.iter().map(|(word, value)| ((*word).to_owned(), *value)))
    }

    #[test]
    fn the_longest_word_wins_and_latin_words_are_whole() {
        let words = table(&[("公积金", "x"), ("住房公积金", "y"), ("renew", "z"), ("", "never")]);
        let replaced = words.replace("住房公积金和公积金renewal renew", |_, _| true, |value| value);
        assert_eq!(replaced, "y和x renewal z");
        assert_eq!(words.leading("公积金卡", |_, _| true), Some((9, &"x")));
    }

    #[test]
    fn an_ending_is_the_longest_and_whole() {
        let endings = Endings::new(["form", "application form", "申请"].map(str::to_owned));
        assert_eq!(endings.strip("licence application form"), Some(("licence ", "application form")));
        assert_eq!(endings.strip("platform"), None);
        assert_eq!(endings.strip("申请"), Some(("", "申请")));
    }

    #[test]
    fn a_word_that_does_not_fit_leaves_its_place_to_a_shorter_one() {
        let words = table(&[("change of", "long"), ("change", "short")]);
        let replaced = words.replace("change of change of", |value, at| *value == "short" || at.ends, |_| "");
        assert_eq!(replaced, "of");
        assert_eq!(words.replace("climate change", |_, at| at.begins, |_| ""), "climate change");
    }
}
