//! Reads a service's name: which act, on which object, with which restrictions.

use std::collections::BTreeSet;

use crate::{
    facets,
    fold::{fold, is_ideographic, units},
    lexicon::{Act, LEXICON, Marker},
};

/// A name taken apart, so that wording doesn't matter and meaning isn't blurred.
///
/// `社会保障卡申领（首次）` and `社保卡首次申领` are equal in every part but [`text`](Self::text).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormalisedName {
    text: String,
    object: String,
    acts: BTreeSet<Act>,
    qualifiers: BTreeSet<String>,
    markers: BTreeSet<Marker>,
    numbers: BTreeSet<String>,
}

/// Normalises a name. Idempotent: normalising the [`text`](NormalisedName::text) of a normalised name gives it again.
///
/// Total: an empty or senseless name gives an empty object, and a long one takes time proportional to its length.
#[must_use]
pub fn normalise(name: &str) -> NormalisedName {
    let text = fold(name);
    let (mut main, mut brackets) = split_brackets(&text);
    if main.is_empty() {
        main = squeeze(&brackets.join(" "));
        brackets.clear();
    }
    brackets.retain(|bracket| !is_note(bracket));

    let main = LEXICON.synonyms.replace(&main, |canonical| canonical);
    let brackets: Vec<String> =
        brackets.iter().map(|b| LEXICON.synonyms.replace(b, |canonical| canonical)).collect();
    let mut acts = BTreeSet::new();
    let object = without_acts(&main, &mut acts);
    let qualifiers = brackets.iter().map(|b| without_acts(b, &mut acts)).filter(|q| !q.is_empty()).collect();
    let (mut markers, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for part in std::iter::once(&main).chain(&brackets) {
        LEXICON.markers.find(part, |marker| {
            markers.insert(*marker);
        });
        facets::numbers(part, &mut numbers);
    }
    NormalisedName { text, object, acts, qualifiers, markers, numbers }
}

impl NormalisedName {
    /// The whole name in one spelling: Unicode form, width, case, brackets, marks, white space.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the service is about: synonyms in one form, without acts, brackets and words that say nothing.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.object
    }

    /// The acts that the name states, in a fixed order. Empty when it states none, as in `取水许可`.
    pub fn acts(&self) -> impl Iterator<Item = Act> {
        self.acts.iter().copied()
    }

    /// What stands in brackets and restricts the service, in a fixed order, as in `（动物饲养场）`.
    pub fn qualifiers(&self) -> impl Iterator<Item = &str> {
        self.qualifiers.iter().map(String::as_str)
    }

    /// The acts that the name means: one without an act means the first issue.
    pub(crate) fn meant_acts(&self) -> BTreeSet<Act> {
        if self.acts.is_empty() { Act::issue().into_iter().collect() } else { self.acts.clone() }
    }

    pub(crate) fn qualifier_set(&self) -> &BTreeSet<String> {
        &self.qualifiers
    }

    pub(crate) fn markers(&self) -> &BTreeSet<Marker> {
        &self.markers
    }

    pub(crate) fn numbers(&self) -> &BTreeSet<String> {
        &self.numbers
    }
}

/// Splits a folded text into what stands outside brackets and what stands in each outermost pair.
fn split_brackets(text: &str) -> (String, Vec<String>) {
    let mut main = String::with_capacity(text.len());
    let mut brackets = Vec::new();
    let mut depth = 0_usize;
    let mut inner = String::new();
    for c in text.chars() {
        match c {
            '(' => {
                depth += 1;
                let side = if depth == 1 { &mut main } else { &mut inner };
                side.push(' ');
            }
            ')' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    brackets.push(squeeze(&std::mem::take(&mut inner)));
                } else {
                    inner.push(' ');
                }
            }
            ')' => main.push(' '),
            c if depth > 0 => inner.push(c),
            c => main.push(c),
        }
    }
    // A bracket that never closes runs to the end.
    brackets.push(squeeze(&inner));
    brackets.retain(|bracket| !bracket.is_empty());
    (squeeze(&main), brackets)
}

/// Whether a bracket only says who exercises the power, or what is included.
fn is_note(bracket: &str) -> bool {
    if LEXICON.note_prefixes.iter().any(|prefix| bracket.starts_with(prefix)) {
        return true;
    }
    let mut rest = bracket;
    // The longest note first: 县级权限 before 县级.
    while let Some(note) =
        LEXICON.notes.iter().filter(|note| rest.starts_with(**note)).max_by_key(|note| note.len())
    {
        rest = rest.get(note.len()..).unwrap_or_default();
    }
    rest.is_empty()
}

/// Takes the acts out of a text, and the words around it that say nothing.
fn without_acts(text: &str, acts: &mut BTreeSet<Act>) -> String {
    let rest = LEXICON.acts.replace(text, |(found, kept)| {
        acts.extend(found);
        kept
    });
    let rest = squeeze(&rest);
    strip_fillers(&rest).to_owned()
}

/// Strips words that say nothing from both ends, but never the whole text.
fn strip_fillers(text: &str) -> &str {
    let mut rest = text;
    loop {
        let shorter = LEXICON
            .suffixes
            .iter()
            .find_map(|filler| {
                rest.strip_suffix(filler).filter(|left| parts_from(left.chars().next_back(), filler))
            })
            .or_else(|| {
                LEXICON.prefixes.iter().find_map(|filler| {
                    rest.strip_prefix(filler).filter(|left| parts_from(left.chars().next(), filler))
                })
            })
            .map(str::trim);
        match shorter {
            Some(shorter) if !shorter.is_empty() => rest = shorter,
            Some(_) | None => return rest,
        }
    }
}

/// Whether a filler and the character beside it are two words.
fn parts_from(neighbour: Option<char>, filler: &str) -> bool {
    filler.chars().all(is_ideographic) || neighbour == Some(' ')
}

/// The units of a text with a blank only between two words of a spaced script.
fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for unit in units(text) {
        let spaced = |c: Option<char>| c.is_some_and(|c| !is_ideographic(c));
        if spaced(out.chars().next_back()) && spaced(unit.chars().next()) {
            out.push(' ');
        }
        out.push_str(unit);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(name: &str) -> (String, Vec<&'static str>, Vec<String>) {
        let name = normalise(name);
        (
            name.object().to_owned(),
            name.acts().map(Act::id).collect(),
            name.qualifiers().map(str::to_owned).collect(),
        )
    }

    #[test]
    fn wordings_of_one_service_have_the_same_parts() {
        for (a, b) in [
            ("食品经营许可新办审批", "食品（含保健食品）经营许可核发"),
            ("科研和教学所需毒性药品购用审批", "科研和教学用毒性药品购买审批"),
            ("社会保障卡申领（首次）", "社保卡首次申领"),
            ("补领居民身份证", "身份证补领"),
            ("个体工商户开业登记", "个体工商户设立登记"),
            ("公共场所卫生许可（新证）", "公共场所卫生许可证核发"),
            ("放射诊疗许可证遗失补办（县级）", "《放射诊疗许可》补发"),
            ("Renewal of Driving Licence", "DRIVING LICENSE – renewal"),
            ("Application for a Driver's Licence", "Driving License"),
        ] {
            assert_eq!(parts(a), parts(b), "{a} / {b}");
        }
    }

    #[test]
    fn the_act_is_read_and_the_object_is_left() {
        assert_eq!(parts("养蜂证换证"), ("养蜂证".into(), vec!["replace"], vec![]));
        assert_eq!(
            parts("客运车辆道路运输证办理（转出）"),
            ("客运车辆道路运输证".into(), vec!["transfer-out"], vec![])
        );
        assert_eq!(
            parts("教师资格证书补发、换发"),
            ("教师资格证".into(), vec!["reissue", "replace"], vec![])
        );
        assert_eq!(parts("动物防疫条件合格证核发（隔离场所）").2, ["隔离场所"]);
        assert_eq!(parts("劳务派遣经营许可（市级/县级权限）").2, [""; 0]);
    }

    #[test]
    fn senseless_names_have_an_empty_object() {
        for name in ["", "  ", "（）", "🚗🚗", "\u{0}\u{7}", "!!!", "))((", "注销"] {
            assert_eq!(normalise(name).object(), "", "{name:?}");
        }
        assert_eq!(normalise("（车辆）").object(), "车辆");
        assert_eq!(normalise("申请").object(), "申请");
    }

    proptest! {
        #[test]
        fn normalising_is_idempotent(name in r"[\PC\p{Han}()（）《》\p{C}]{0,40}") {
            let once = normalise(&name);
            prop_assert_eq!(&normalise(once.text()), &once);
        }
    }
}
