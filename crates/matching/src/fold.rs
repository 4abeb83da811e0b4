//! One spelling for one text: Unicode form, width, case, accents, Han forms, brackets, marks and white space.

use unicode_normalization::{
    UnicodeNormalization,
    char::{decompose_canonical, is_combining_mark},
};

use crate::{han::simplified, line::Line};

/// Rounds after which folding stops even if the text still changes. Two suffice for every character of Unicode.
const MAX_ROUNDS: usize = 4;

/// Words that lose their last vowel before another word, in French and Italian: `l'impôt`, `qu'un`, `dell'acqua`.
const ELIDED: [&str; 16] = [
    "l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "dell", "nell", "sull", "dall",
];

/// The longest of them, in letters.
const MAX_ELIDED: usize = 6;

/// Folds a text: NFKC, lower case, Latin letters without accents, Han characters in the simplified form, every bracket
/// `(` or `)`, title and quotation marks gone, other marks and white space one blank between words of a spaced script
/// and nothing beside a Han or Kana character.
///
/// Takes time proportional to the text's length. A fixed point: folding what is folded changes nothing.
pub(crate) fn fold(text: &str) -> String {
    if let Some(folded) = fold_plain(text) {
        return folded;
    }
    let mut folded = fold_any(text);
    // Dropping a mark can bring two characters together that compose.
    for _ in 1..MAX_ROUNDS {
        let again = fold_any(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

/// Folds a text of common characters only, none of which needs to know its neighbours; `None` for any other.
fn fold_plain(text: &str) -> Option<String> {
    let mut out = Folding::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'a'..='z' | '0'..='9' | 'A'..='Z' => out.letter(c.to_ascii_lowercase()),
            '\0'..='\u{7F}' => out.take(c),
            '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' => out.ideographic(simplified(c)),
            '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | '\u{30FC}' => out.ideographic(c),
            '\u{3000}'..='\u{3002}'
            | '\u{3008}'..='\u{3011}'
            | '\u{2013}'
            | '\u{2014}'
            | '\u{2018}'..='\u{201D}'
            | '\u{30FB}'
            | '\u{B7}' => {
                out.take(c);
            }
            // Fullwidth forms of ASCII stand 0xFEE0 above it.
            '\u{FF01}'..='\u{FF5E}' => out.take(char::from_u32(u32::from(c) - 0xFEE0)?.to_ascii_lowercase()),
            '\u{C0}'..='\u{FF}' => out.letter(unaccented(c).filter(char::is_ascii)?.to_ascii_lowercase()),
            _ => return None,
        }
    }
    Some(out.finish())
}

fn fold_any(text: &str) -> String {
    let mut out = Folding::with_capacity(text.len());
    for c in text.nfkc().flat_map(char::to_lowercase).nfkc() {
        out.take(c);
    }
    out.finish()
}

/// A folded text under construction.
#[derive(Debug)]
struct Folding {
    line: Line,
    /// Whether the last character is a Latin letter, so that a combining mark is its accent.
    latin: bool,
    /// Where a word that may be elided begins and ends, while the letters after the apostrophe are still to come.
    elided: Option<(usize, usize)>,
}

impl Folding {
    fn with_capacity(bytes: usize) -> Self {
        Self { line: Line::with_capacity(bytes), latin: false, elided: None }
    }

    /// Adds a character in NFKC and lower case.
    fn take(&mut self, c: char) {
        match c {
            '(' | '[' | '{' | '〔' | '【' | '〖' => self.bracket('('),
            ')' | ']' | '}' | '〕' | '】' | '〗' => self.bracket(')'),
            '\'' | '’' | '\u{2BC}' => self.apostrophe(),
            // Title and quotation marks surround a word without separating it.
            '《' | '》' | '〈' | '〉' | '「' | '」' | '『' | '』' | '“' | '”' | '"' | '‘' | '`' =>
                {}
            c if c.is_ascii_alphanumeric() => self.letter(c),
            c if is_combining_mark(c) => {
                if !self.latin {
                    self.line.push(c);
                }
            }
            c if c.is_alphanumeric() => match spelled_out(c) {
                Some(letters) => letters.chars().for_each(|c| self.letter(c)),
                None => self.letter(unaccented(c).unwrap_or_else(|| simplified(c))),
            },
            _ => {
                self.latin = false;
                self.elided = None;
                self.line.gap();
            }
        }
    }

    fn letter(&mut self, c: char) {
        self.line.push(c);
        self.latin = is_latin(c);
        let Some((from, to)) = self.elided else { return };
        if !self.latin {
            self.elided = None;
        } else if self.line.as_str().len() >= to + 2 {
            // Two letters after the apostrophe make a word: `d'un`, but not `D's`.
            self.line.cut(from, to);
            self.elided = None;
        }
    }

    fn ideographic(&mut self, c: char) {
        self.latin = false;
        self.elided = None;
        self.line.push(c);
    }

    fn bracket(&mut self, c: char) {
        self.latin = false;
        self.elided = None;
        self.line.push(c);
    }

    fn apostrophe(&mut self) {
        self.elided = None;
        if self.line.is_in_word() {
            let written = self.line.as_str();
            let letters =
                written.bytes().rev().take(MAX_ELIDED + 1).take_while(u8::is_ascii_alphanumeric).count();
            let from = written.len() - letters;
            let word = written.get(from..).unwrap_or_default();
            self.elided = ELIDED.contains(&word).then_some((from, written.len()));
        }
    }

    fn finish(self) -> String {
        self.line.finish()
    }
}

/// Latin letters that have no accent to lose and are written as others where they can't be typed.
fn spelled_out(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'þ' => "th",
        'ı' => "i",
        _ => return None,
    })
}

/// The Latin letter without its accents; `None` when it has none or is of another script (が stays が).
fn unaccented(c: char) -> Option<char> {
    let mut base = None;
    decompose_canonical(c, |part| {
        base.get_or_insert(part);
    });
    base.filter(|base| *base != c && is_latin(*base))
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
        || matches!(c, '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}') && c.is_alphabetic()
}

/// Whether a character is written without blanks around it and carries meaning alone: Han and Kana.
pub(crate) fn is_ideographic(c: char) -> bool {
    matches!(c, '\u{3005}' | '\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Whether a character belongs to a word of a spaced script.
pub(crate) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || !c.is_ascii() && !is_ideographic(c) && (c.is_alphanumeric() || is_combining_mark(c))
}

/// The unit with which a text begins: an ideographic character or a whole word; `None` at a blank, a bracket and the end.
pub(crate) fn first_unit(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    if is_ideographic(first) {
        return text.get(..first.len_utf8());
    }
    // Most words are ASCII letters; the first character that isn't decides whether the word goes on.
    let ascii = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let end = match text.as_bytes().get(ascii) {
        None => text.len(),
        Some(byte) if byte.is_ascii() => ascii,
        Some(_) => text.find(|c| !is_word(c)).unwrap_or(text.len()),
    };
    text.get(..end).filter(|unit| !unit.is_empty())
}

/// The units of a folded text that are compared: an ideographic character, or a word of another script.
pub(crate) fn each_unit(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            if let Some(unit) = first_unit(rest) {
                rest = rest.get(unit.len()..)?;
                return Some(unit);
            }
            rest = rest.get(rest.chars().next()?.len_utf8()..)?;
        }
    })
}

/// The units of a folded text, listed.
pub(crate) fn units(text: &str) -> Vec<&str> {
    each_unit(text).collect()
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
    fn latin_letters_lose_their_accents_and_other_scripts_keep_their_marks() {
        assert_eq!(fold("Déclaration de l’impôt d'une œuvre"), "declaration de impot une oeuvre");
        assert_eq!(fold("De\u{301}claration ÉLECTRONIQUE"), "declaration electronique");
        assert_eq!(fold("Straße, Łódź, smørbrød"), "strasse lodz smorbrod");
        assert_eq!(fold("が ば か\u{3099} ｶﾞ"), "がばがガ");
        assert_eq!(fold("водительский"), "водительский");
        assert_eq!(fold("Class D's form, rock'n'roll"), "class ds form rocknroll");
    }

    #[test]
    fn traditional_and_japanese_forms_are_one() {
        assert_eq!(fold("變更登錄證明"), fold("変更登録証明"));
        assert_eq!(fold("戶籍登記"), "户籍登记");
    }

    #[test]
    fn units_are_characters_or_words() {
        assert_eq!(units("etc办理for cars2"), ["etc", "办", "理", "for", "cars2"]);
    }

    #[test]
    fn every_character_folds_to_a_fixed_point_and_one_way() {
        for c in (0..=0x0010_FFFF).filter_map(char::from_u32) {
            let once = fold(&c.to_string());
            assert_eq!(fold_any(&once), once, "U+{:04X}", u32::from(c));
            if let Some(plain) = fold_plain(&c.to_string()) {
                assert_eq!(fold_any(&c.to_string()), plain, "U+{:04X}", u32::from(c));
            }
        }
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn both_ways_agree(text in r"[ -~\u{C0}-\u{FF}’“”《》（）Ａ-ｚ変證办理カが]{0,20}") {
            if let Some(plain) = fold_plain(&text) {
                prop_assert_eq!(fold_any(&text), plain);
            }
        }
    }
}
