//! Finds the words of a table in a text: longest first, left to right, whole words in scripts that have blanks.

use std::collections::HashMap;

use crate::fold::is_ideographic;

/// A table of words with a value each.
#[derive(Debug)]
pub(crate) struct Words<V> {
    /// By first character; the longest word first.
    by_first: HashMap<char, Vec<(&'static str, V)>>,
}

impl<V> Words<V> {
    /// Builds the table; an empty word is left out.
    pub(crate) fn new(words: impl IntoIterator<Item = (&'static str, V)>) -> Self {
        let mut by_first: HashMap<char, Vec<(&'static str, V)>> = HashMap::new();
        for (word, value) in words {
            if let Some(first) = word.chars().next() {
                by_first.entry(first).or_default().push((word, value));
            }
        }
        for words in by_first.values_mut() {
            words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        }
        Self { by_first }
    }

    /// The longest word that the text holds at a place, as its length in bytes and its value.
    fn at(&self, text: &str, place: usize) -> Option<(usize, &V)> {
        let rest = text.get(place..)?;
        let before = text.get(..place)?.chars().next_back();
        let words = self.by_first.get(&rest.chars().next()?)?;
        words.iter().find_map(|(word, value)| {
            let after = rest.strip_prefix(word)?.chars().next();
            let whole = breaks(before, word.chars().next()) && breaks(word.chars().next_back(), after);
            whole.then_some((word.len(), value))
        })
    }

    /// Hands every word found to `found`, and writes the text with `found`'s answer in its place.
    pub(crate) fn replace<'t>(&self, text: &str, mut found: impl FnMut(&V) -> &'t str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut place = 0;
        while let Some(c) = text.get(place..).and_then(|rest| rest.chars().next()) {
            if let Some((length, value)) = self.at(text, place) {
                out.push_str(found(value));
                place += length;
            } else {
                out.push(c);
                place += c.len_utf8();
            }
        }
        out
    }

    /// Hands every word found to `found`.
    pub(crate) fn find(&self, text: &str, mut found: impl FnMut(&V)) {
        let mut place = 0;
        while let Some(c) = text.get(place..).and_then(|rest| rest.chars().next()) {
            if let Some((length, value)) = self.at(text, place) {
                found(value);
                place += length;
            } else {
                place += c.len_utf8();
            }
        }
    }
}

/// Whether a word may begin or end between two characters.
fn breaks(left: Option<char>, right: Option<char>) -> bool {
    let inner = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_ideographic(c));
    !(inner(left) && inner(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_wins_and_latin_words_are_whole() {
        let words = Words::new([("公积金", "x"), ("住房公积金", "y"), ("renew", "z"), ("", "never")]);
        assert_eq!(words.replace("住房公积金和公积金renewal, renew", |v| v), "y和xrenewal, z");
    }
}
