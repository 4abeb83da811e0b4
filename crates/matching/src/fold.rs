//! One spelling for one text: Unicode form, width, case, brackets, marks and white space.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Rounds after which folding stops even if the text still changes. Two suffice for every character of Unicode.
const MAX_ROUNDS: usize = 4;

/// Folds a text: NFKC, lower case, every bracket `(` or `)`, title and quotation marks gone, other marks and white space
/// one blank between words of a spaced script and nothing beside a Han or Kana character.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = fold_once(text);
    // Dropping a mark can bring two characters together that compose.
    for _ in 1..MAX_ROUNDS {
        let again = fold_once(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

fn fold_once(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    let mut last: Option<char> = None;
    for c in text.nfkc().flat_map(char::to_lowercase).nfkc() {
        let c = match c {
            '(' | '[' | '{' | '〔' | '【' | '〖' => '(',
            ')' | ']' | '}' | '〕' | '】' | '〗' => ')',
            // Title and quotation marks surround a word without separating it; an apostrophe stands inside one.
            '《' | '》' | '〈' | '〉' | '「' | '」' | '『' | '』' | '“' | '”' | '"' | '\'' | '‘' | '’'
            | '`' => continue,
            c if c.is_alphanumeric() || is_combining_mark(c) => c,
            _ => {
                blank = true;
                continue;
            }
        };
        if blank && last.is_some_and(|last| takes_blank(last) && takes_blank(c)) {
            out.push(' ');
        }
        blank = false;
        out.push(c);
        last = Some(c);
    }
    out
}

fn takes_blank(c: char) -> bool {
    !is_ideographic(c) && c != '(' && c != ')'
}

/// Whether a character is written without blanks around it and carries meaning alone: Han and Kana.
pub(crate) fn is_ideographic(c: char) -> bool {
    matches!(c, '\u{3005}' | '\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Splits a folded text into the units that are compared: an ideographic character, or a word of another script.
pub(crate) fn units(text: &str) -> Vec<&str> {
    let mut units = Vec::new();
    let mut word: Option<usize> = None;
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() && !is_ideographic(c) || is_combining_mark(c) {
            word.get_or_insert(at);
            continue;
        }
        units.extend(word.take().and_then(|from| text.get(from..at)));
        if is_ideographic(c) {
            units.extend(text.get(at..at + c.len_utf8()));
        }
    }
    units.extend(word.and_then(|from| text.get(from..)));
    units
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn width_case_brackets_and_marks_do_not_matter() {
        assert_eq!(fold("《居住证》 申领【首次】"), "居住证申领(首次)");
        assert_eq!(fold("ＥＴＣ　办理（Ａ）"), "etc办理(a)");
        assert_eq!(fold("Driver's  Licence – Renewal"), "drivers licence renewal");
        assert_eq!(fold("🚗\u{0}\u{200b}"), "");
    }

    #[test]
    fn units_are_characters_or_words() {
        assert_eq!(units("etc办理for cars2"), ["etc", "办", "理", "for", "cars2"]);
    }

    #[test]
    fn every_character_folds_to_a_fixed_point() {
        for c in (0..=0x0010_FFFF).filter_map(char::from_u32) {
            let once = fold(&c.to_string());
            assert_eq!(fold_once(&once), once, "U+{:04X}", u32::from(c));
        }
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
