//! Writes a text in which a blank stands between two words of a spaced script, and nowhere else.

use crate::fold::is_ideographic;

/// A text under construction.
#[derive(Debug, Default)]
pub(crate) struct Line {
    text: String,
    last: Option<char>,
    gap: bool,
}

impl Line {
    /// An empty line with room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), last: None, gap: false }
    }

    /// What comes next is another word.
    pub(crate) fn gap(&mut self) {
        self.gap = true;
    }

    /// Adds one character.
    pub(crate) fn push(&mut self, c: char) {
        self.close_gap(c);
        self.text.push(c);
        self.last = Some(c);
    }

    /// Adds text that is in this form already; nothing where it is empty.
    pub(crate) fn push_str(&mut self, text: &str) {
        if let Some(first) = text.chars().next() {
            self.close_gap(first);
            self.text.push_str(text);
            self.last = text.chars().next_back();
        }
    }

    /// Takes away what stands between two places, both of them boundaries of characters before the last one.
    pub(crate) fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
    }

    /// What is written so far.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the last character and the next one belong to one word, if both are letters.
    pub(crate) fn is_in_word(&self) -> bool {
        !self.gap && self.last.is_some_and(|last| last.is_alphanumeric() && !is_ideographic(last))
    }

    /// The finished text.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn close_gap(&mut self, next: char) {
        if self.gap && self.last.is_some_and(takes_blank) && takes_blank(next) {
            self.text.push(' ');
        }
        self.gap = false;
    }
}

fn takes_blank(c: char) -> bool {
    !is_ideographic(c) && c != '(' && c != ')' && c != ' '
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_stand_between_spaced_words_only() {
        let mut line = Line::with_capacity(0);
        for word in ["card", "证", "", "old", "new"] {
            line.gap();
            line.push_str(word);
        }
        line.push('s');
        assert_eq!(line.finish(), "card证old news");
    }
}
