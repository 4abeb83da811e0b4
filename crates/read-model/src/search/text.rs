//! Text as the index and its queries see it: normalised, cut into words, characters and pinyin.

use std::collections::HashSet;
use std::sync::LazyLock;

use jieba_rs::Jieba;
use pinyin::ToPinyin;
use unicode_normalization::UnicodeNormalization;

static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Every syllable of Mandarin, without tones, as they are typed (`lv`, not `lü`).
static SYLLABLES: LazyLock<HashSet<String>> =
    LazyLock::new(|| ('\u{4e00}'..='\u{9fff}').filter_map(syllable).collect());

/// Longest syllable, in letters: `zhuang`.
const LONGEST_SYLLABLE: usize = 6;

/// What stands before the first token of a name, so that a phrase can ask for its beginning.
pub(super) const BEGINNING: &str = "^";

/// Question words and particles; they say nothing about which service is meant.
const SILENT: &[&str] = &[
    "的", "了", "吗", "呢", "我", "我要", "想", "要", "想要", "请问", "怎么", "怎样", "如何", "哪里", "哪儿",
    "在", "去", "能", "可以", "a", "an", "the", "of", "for", "to", "in", "on", "how", "do", "i", "my",
    "where", "can",
];

/// Compatibility forms folded (NFKC), lower case, one blank for every run of white space and controls.
pub(super) fn normalise(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let blank = |c: char| c.is_whitespace() || c.is_control();
    folded.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A run of characters of one sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run<'t> {
    /// Chinese characters.
    Han(&'t str),
    /// Letters and digits of any other script.
    Word(&'t str),
}

/// The runs of a normalised text; punctuation and blanks only separate them.
pub(super) fn runs(text: &str) -> Vec<Run<'_>> {
    let sort = |c: char| if is_han(c) { 2 } else { u8::from(c.is_alphanumeric()) };
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| sort(c) != sort(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        match sort(first) {
            2 => runs.push(Run::Han(run)),
            1 => runs.push(Run::Word(run)),
            _ => {}
        }
        rest = after;
    }
    runs
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The words of a text that is indexed: each long word, and the shorter ones in it.
pub(super) fn indexed_words(text: &str) -> Vec<&str> {
    words(text, |han| JIEBA.cut_for_search(han, false))
}

/// The words of a query, each once, without those that say nothing unless there are no others.
pub(super) fn asked_words(text: &str) -> Vec<&str> {
    let mut seen = HashSet::new();
    let mut all = words(text, |han| JIEBA.cut(han, false));
    all.retain(|word| seen.insert(*word));
    let telling: Vec<&str> = all.iter().copied().filter(|word| !SILENT.contains(word)).collect();
    if telling.is_empty() { all } else { telling }
}

/// The shorter words that a Chinese word is made of, if it is made of nothing else.
pub(super) fn shorter_words(word: &str) -> Vec<&str> {
    let shorter: Vec<&str> = indexed_words(word).into_iter().filter(|part| *part != word).collect();
    let letters: usize = shorter.iter().map(|part| part.len()).sum();
    if letters == word.len() { shorter } else { Vec::new() }
}

fn words<'t>(text: &'t str, cut: impl Fn(&'t str) -> Vec<jieba_rs::Token<'t>>) -> Vec<&'t str> {
    let mut words = Vec::new();
    for run in runs(text) {
        match run {
            Run::Han(han) => words.extend(cut(han).into_iter().map(|token| token.word)),
            Run::Word(word) => words.push(word),
        }
    }
    words
}

/// Every Chinese character, and every other word as a whole: phrases of these find any part of a name.
pub(super) fn characters(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    for run in runs(text) {
        match run {
            Run::Han(han) => tokens.extend(han.split("").filter(|c| !c.is_empty())),
            Run::Word(word) => tokens.push(word),
        }
    }
    tokens
}

/// The pinyin of every Chinese character, without tones; other words as they are.
pub(super) fn syllables(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for run in runs(text) {
        match run {
            Run::Han(han) => tokens.extend(han.chars().filter_map(syllable)),
            Run::Word(word) => tokens.push(word.to_owned()),
        }
    }
    tokens
}

/// The first letter of every syllable; other words letter by letter.
pub(super) fn initials(text: &str) -> Vec<char> {
    let mut letters = Vec::new();
    for run in runs(text) {
        match run {
            Run::Han(han) => {
                letters.extend(
                    han.chars().filter_map(|c| syllable(c).and_then(|syllable| syllable.chars().next())),
                );
            }
            Run::Word(word) => letters.extend(word.chars()),
        }
    }
    letters
}

fn syllable(c: char) -> Option<String> {
    // Typed as `v`, because keyboards have no `ü`.
    c.to_pinyin().map(|pinyin| pinyin.plain().replace('ü', "v"))
}

/// Letters read as pinyin, if they can be: whole syllables, and the beginning of one more.
pub(super) fn read_as_pinyin(letters: &str) -> Option<(Vec<&str>, Option<&str>)> {
    if !letters.bytes().all(|b| b.is_ascii_lowercase()) {
        return None;
    }
    // Which offsets whole syllables can reach, and the length of the last one on the way there; the longest
    // syllable that gets on is taken, as people type.
    let mut reached = vec![None; letters.len() + 1];
    for start in 0..letters.len() {
        if start > 0 && reached.get(start).copied().flatten().is_none() {
            continue;
        }
        for length in 1..=LONGEST_SYLLABLE.min(letters.len() - start) {
            let known = letters.get(start..start + length).is_some_and(|part| SYLLABLES.contains(part));
            if let Some(place @ None) = reached.get_mut(start + length)
                && known
            {
                *place = Some(length);
            }
        }
    }
    let end = (0..=letters.len()).rev().find(|end| {
        let whole = *end == 0 || reached.get(*end).copied().flatten().is_some();
        whole && begins_a_syllable(letters.get(*end..).unwrap_or_default())
    })?;
    let mut whole = Vec::new();
    let mut at = end;
    while let Some(length) = reached.get(at).copied().flatten().filter(|_| at > 0) {
        whole.push(letters.get(at - length..at)?);
        at -= length;
    }
    whole.reverse();
    Some((whole, letters.get(end..).filter(|rest| !rest.is_empty())))
}

fn begins_a_syllable(letters: &str) -> bool {
    letters.is_empty()
        || (letters.len() <= LONGEST_SYLLABLE
            && SYLLABLES.iter().any(|syllable| syllable.starts_with(letters)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn widths_cases_and_blanks_are_one() {
        assert_eq!(normalise("  ＥＴＣ\u{3000}办理\tA\u{0}b "), "etc 办理 a b");
        assert_eq!(normalise("①证通办"), "1证通办");
    }

    #[test]
    fn runs_are_cut_where_the_script_changes() {
        assert_eq!(runs("etc办理 (2024)"), [Run::Word("etc"), Run::Han("办理"), Run::Word("2024")]);
        assert_eq!(characters("etc办理"), ["etc", "办", "理"]);
    }

    #[test]
    fn the_shorter_words_in_a_long_one_are_indexed() {
        let words = indexed_words("食品经营许可证核发");
        assert!(words.contains(&"食品") && words.contains(&"经营"), "{words:?}");
        assert_eq!(shorter_words("婚姻登记"), ["婚姻", "登记"]);
        assert!(shorter_words("婚姻").is_empty());
        let words = indexed_words("driving license");
        assert_eq!(words, ["driving", "license"]);
    }

    #[test]
    fn question_words_are_dropped_unless_there_is_nothing_else() {
        let words = asked_words("怎么 办理 的 养老");
        assert!(!words.contains(&"怎么") && words.contains(&"养老"), "{words:?}");
        assert_eq!(asked_words("怎么"), ["怎么"]);
    }

    #[test]
    fn pinyin_is_typed_as_on_a_keyboard() {
        assert_eq!(syllables("驾驶证a"), ["jia", "shi", "zheng", "a"]);
        assert_eq!(initials("驾驶证a2"), ['j', 's', 'z', 'a', '2']);
        assert_eq!(syllables("绿女"), ["lv", "nv"]);
    }

    #[test]
    fn letters_are_read_as_syllables_and_the_beginning_of_one() {
        assert_eq!(read_as_pinyin("jiashizheng"), Some((vec!["jia", "shi", "zheng"], None)));
        assert_eq!(read_as_pinyin("jiashizh"), Some((vec!["jia", "shi"], Some("zh"))));
        assert_eq!(read_as_pinyin("driving"), None);
        assert_eq!(read_as_pinyin("sz2"), None);
    }

    proptest! {
        #[test]
        fn any_text_can_be_cut(text in "\\PC{0,60}|[\\x00-\\u{10ffff}]{0,60}") {
            let text = normalise(&text);
            prop_assert_eq!(&normalise(&text), &text);
            indexed_words(&text);
            asked_words(&text);
            characters(&text);
            initials(&text);
        }

        #[test]
        fn what_is_read_as_pinyin_is_all_there(letters in "[a-z]{0,40}") {
            if let Some((whole, rest)) = read_as_pinyin(&letters) {
                prop_assert_eq!(format!("{}{}", whole.concat(), rest.unwrap_or_default()), letters);
            }
        }
    }
}
