//! Where two texts differ, as spans that a page can highlight.

use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation;
use utoipa::ToSchema;

/// Most pieces of both texts together that are compared one by one; whatever is longer differs as a whole.
///
/// Two texts of the greatest length that an item may have are a fifth of it.
const MOST_PIECES: usize = 20_000;

/// A span of two texts, or an element of two lists, and where it is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Segment {
    /// The text.
    #[schema(max_length = 10000)]
    text: String,
    /// Where it is found.
    mark: Mark,
}

/// Where a span is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mark {
    /// On both sides.
    Same,
    /// On the left side only.
    LeftOnly,
    /// On the right side only.
    RightOnly,
}

/// The spans of two texts, in order: those marked same and left-only are the left text, the others the right one.
///
/// Compared word by word where words are set apart, and character by character where they are not.
pub(super) fn of_texts(left: &str, right: &str) -> Vec<Segment> {
    let mut spans: Vec<Segment> = Vec::new();
    for (text, mark) in marked(&pieces(left), &pieces(right)) {
        match spans.last_mut().filter(|span| span.mark == mark) {
            Some(span) => span.text.push_str(text),
            None => spans.push(Segment { text: text.to_owned(), mark }),
        }
    }
    spans
}

/// The elements of two lists, in order.
pub(super) fn of_lists(left: &[String], right: &[String]) -> Vec<Segment> {
    let left: Vec<&str> = left.iter().map(String::as_str).collect();
    let right: Vec<&str> = right.iter().map(String::as_str).collect();
    marked(&left, &right).into_iter().map(|(text, mark)| Segment { text: text.to_owned(), mark }).collect()
}

fn marked<'t>(left: &[&'t str], right: &[&'t str]) -> Vec<(&'t str, Mark)> {
    let mut found = Vec::new();
    let mut note = |pieces: Option<&[&'t str]>, mark| {
        found.extend(pieces.unwrap_or_default().iter().map(|piece| (*piece, mark)));
    };
    if left.len() + right.len() > MOST_PIECES {
        note(Some(left), if left == right { Mark::Same } else { Mark::LeftOnly });
        note(Some(right).filter(|_| left != right), Mark::RightOnly);
        return found;
    }
    for op in capture_diff_slices(Algorithm::Myers, left, right) {
        let (old, new) = (left.get(op.old_range()), right.get(op.new_range()));
        match op {
            DiffOp::Equal { .. } => note(old, Mark::Same),
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                note(old, Mark::LeftOnly);
                note(new, Mark::RightOnly);
            }
        }
    }
    found
}

/// The pieces that are compared: words of scripts that set them apart, else what a reader takes for one character
/// (UAX #29).
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut word = None;
    for (start, character) in text.grapheme_indices(true) {
        if character.chars().next().is_some_and(is_of_a_word) {
            word.get_or_insert(start);
            continue;
        }
        pieces.extend(word.take().and_then(|begin: usize| text.get(begin..start)));
        pieces.push(character);
    }
    pieces.extend(word.and_then(|begin| text.get(begin..)));
    pieces
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() && !is_written_without_spaces(c)
}

/// Han, kana and bopomofo, with their extensions, and the scripts of the Thai family, by their Unicode blocks.
fn is_written_without_spaces(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{312f}'
        | '\u{31a0}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}'
        | '\u{1aff0}'..='\u{1b16f}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written as `same`, `-left-`, `+right+`.
    fn shown(left: &str, right: &str) -> String {
        let spans = of_texts(left, right);
        let side = |without: Mark| -> String {
            spans.iter().filter(|span| span.mark != without).map(|span| span.text.as_str()).collect()
        };
        assert_eq!((side(Mark::RightOnly), side(Mark::LeftOnly)), (left.to_owned(), right.to_owned()));
        let write = |span: &Segment| match span.mark {
            Mark::Same => span.text.clone(),
            Mark::LeftOnly => format!("-{}-", span.text),
            Mark::RightOnly => format!("+{}+", span.text),
        };
        spans.iter().map(write).collect()
    }

    #[test]
    fn chinese_is_compared_by_character() {
        assert_eq!(shown("养老保险关系转入", "养老保险关系转出"), "养老保险关系转-入-+出+");
        assert_eq!(shown("食品经营许可", "食品经营许可核发"), "食品经营许可+核发+");
        assert_eq!(shown("探矿权登记", "采矿权登记"), "-探-+采+矿权登记");
    }

    #[test]
    fn latin_is_compared_by_word() {
        assert_eq!(shown("Food licence", "Foot licence"), "-Food-+Foot+ licence");
        assert_eq!(shown("第3类许可", "第13类许可"), "第-3-+13+类许可");
    }

    #[test]
    fn what_a_reader_takes_for_one_character_is_not_torn() {
        assert_eq!(shown("👩‍👧许可", "👩‍👦许可"), "-👩‍👧-+👩‍👦+许可");
        assert_eq!(shown("e\u{301}", "e"), "-e\u{301}-+e+");
    }

    #[test]
    fn equal_and_empty_texts_have_few_spans() {
        assert_eq!(of_texts("", ""), []);
        assert_eq!(of_texts("许可", "许可").len(), 1);
        assert_eq!(shown("", "许可"), "+许可+");
    }

    #[test]
    fn lists_are_compared_by_element() {
        let list = |elements: &[&str]| elements.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let segments = of_lists(&list(&["330106", "330108"]), &list(&["330106", "330110"]));
        let marks: Vec<_> = segments.iter().map(|segment| (segment.text.as_str(), segment.mark)).collect();
        assert_eq!(marks, [("330106", Mark::Same), ("330108", Mark::LeftOnly), ("330110", Mark::RightOnly)]);
    }

    /// A text without any order, from a small linear congruential generator.
    fn scattered(length: usize, mut seed: u32) -> String {
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x4e00 + (seed >> 16) % 300).expect("a Han character")
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn the_longest_texts_are_compared_and_longer_ones_differ_as_a_whole() {
        let (left, right) = (scattered(10_000, 1), scattered(10_000, 2));
        assert!(of_texts(&left, &right).len() > 2);
        let longer = format!("{right}长");
        assert_eq!(of_texts(&left, &longer).len(), 2);
        assert_eq!(of_texts(&longer, &longer).len(), 1);
    }
}
