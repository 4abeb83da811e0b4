//! What stands in brackets, apart from what stands outside.

use std::borrow::Cow;

use crate::{fold::is_ideographic, lexicon::Lexicon, line::Line};

/// Characters that count or grade what stands before them, alone in brackets; others belong to the word around them.
const COUNTING: &str = "一二三四五六七八九十甲乙丙丁新旧";

/// A folded text in two parts.
#[derive(Debug)]
pub(crate) struct Split<'t> {
    /// What stands outside; all of it, when nothing else does.
    pub(crate) main: Cow<'t, str>,
    /// What stands in each outermost pair of brackets; inner brackets are blanks.
    pub(crate) brackets: Vec<String>,
}

/// Splits a folded text. A bracket that never closes runs to the end; one character inside a word, as in 补(换)发, stays.
pub(crate) fn split(text: &str) -> Split<'_> {
    if !text.contains(['(', ')']) {
        return Split { main: Cow::Borrowed(text), brackets: Vec::new() };
    }
    let mut main = Line::with_capacity(text.len());
    let mut inner = Line::default();
    let mut brackets = Vec::new();
    let mut depth = 0_usize;
    let mut rest = text.chars();
    let mut before = None;
    while let Some(c) = rest.next() {
        if depth == 0
            && c == '('
            && let Some(inside) = inside_word(before, rest.as_str())
        {
            main.push(inside);
            // The character and its closing bracket.
            rest.nth(1);
            before = Some(inside);
            continue;
        }
        before = Some(c);
        let side = if depth == 0 { &mut main } else { &mut inner };
        match c {
            '(' => {
                depth += 1;
                side.gap();
            }
            ')' => {
                side.gap();
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    brackets.push(std::mem::take(&mut inner).finish());
                }
            }
            ' ' => side.gap(),
            c => side.push(c),
        }
    }
    brackets.push(inner.finish());
    brackets.retain(|bracket| !bracket.is_empty());
    let main = main.finish();
    if main.is_empty() {
        return Split { main: Cow::Owned(brackets.join(" ")), brackets: Vec::new() };
    }
    Split { main: Cow::Owned(main), brackets }
}

/// The one character between brackets inside a word: `before` stands before them, `rest` begins after the opening one.
fn inside_word(before: Option<char>, rest: &str) -> Option<char> {
    let mut chars = rest.chars();
    let inside = chars.next().filter(|inside| is_ideographic(*inside) && !COUNTING.contains(*inside))?;
    let closes = chars.next() == Some(')');
    (closes && before.is_some_and(is_ideographic) && chars.next().is_some_and(is_ideographic))
        .then_some(inside)
}

/// Whether a bracket only says who exercises the power, or what is included.
pub(crate) fn is_note(lexicon: &Lexicon, bracket: &str) -> bool {
    if lexicon.note_prefixes.leading(bracket, |_, ()| true).is_some() {
        return true;
    }
    let mut rest = bracket;
    while let Some((length, ())) = lexicon.notes.leading(rest, |_, ()| true) {
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Vec<String>) {
        let split = split(text);
        (split.main.into_owned(), split.brackets)
    }

    #[test]
    fn brackets_stand_apart() {
        assert_eq!(
            parts("居住证申领(首次)(市 区)"),
            ("居住证申领".into(), vec!["首次".into(), "市区".into()])
        );
        assert_eq!(parts("card (new (or old)) fee"), ("card fee".into(), vec!["new or old".into()]));
        assert_eq!(parts("驾驶证补(换)发"), ("驾驶证补换发".into(), vec![]));
        assert_eq!(parts("许可证(新)核发(甲)"), ("许可证核发".into(), vec!["新".into(), "甲".into()]));
        assert_eq!(parts("证)甲(乙"), ("证甲".into(), vec!["乙".into()]));
        assert_eq!(parts("(甲)(乙)"), ("甲 乙".into(), vec![]));
        assert_eq!(parts("(((("), (String::new(), vec![]));
    }

    #[test]
    fn notes_say_nothing() {
        let note = |bracket: &str| is_note(Lexicon::built_in(), bracket);
        assert!(note("县级权限") && note("市级县级") && note("含保健食品"));
        assert!(!note("动物饲养场") && !note("县级以上"));
    }
}
