//! Reasons from the names.

use crate::{
    compare::{Clash, NameComparison},
    evidence::Feature,
    lexicon::Lexicon,
    model::{Measure, Measurements},
    score::Reasons,
    weights as w,
};

/// Adds what the comparison of the names tells.
pub(super) fn reasons(
    lexicon: &Lexicon,
    names: &NameComparison,
    measured: &Measurements,
    into: &mut Reasons,
) {
    if !names.comparable {
        into.add(Feature::Name, w::NO_NAME, || ("名称无法比较", "the names can't be compared"));
        return;
    }
    let alike = [Measure::NameWords, Measure::NameOrder, Measure::NameIdentical];
    let bits = alike.map(|measure| measured.bits(measure)).iter().sum();
    into.add(Feature::Name, bits, || {
        if names.identical {
            return ("名称规范化后相同".to_owned(), "the same name after normalisation".to_owned());
        }
        let percent = (names.similarity * 100.0).round();
        (format!("名称相似度 {percent}%"), format!("names {percent}% alike"))
    });
    if let Some(act) = names.stated_act {
        into.add(Feature::Act, w::SAME_ACT, || {
            (format!("办理环节相同：{}", act.zh(lexicon)), format!("same act: {}", act.en(lexicon)))
        });
    }
    let clash = if names.in_characters { w::CLASH } else { w::CLASH_IN_WORDS };
    clashes(&names.clashes, clash, ("矛盾", "contradicts"), into);
    let own = measured.bits(Measure::OwnWordsOfBoth) + measured.bits(Measure::OwnWordsOfOne);
    let doubt = if names.clashes.is_empty() && names.in_characters { w::DOUBT } else { 0.0 };
    if names.doubts.is_empty() {
        into.add(Feature::Object, own, || {
            let own_words = measured.get(Measure::OwnWordsOfOne).is_some_and(|told| told > 0.0);
            if own_words && own < 0.0 {
                ("名称中有对方没有的词", "a name has words that the other item lacks")
            } else if own_words {
                ("名称中的词对方大多也有", "most words of each name stand in the other item")
            } else {
                ("名称中的词对方都有", "every word of each name stands in the other item")
            }
        });
    } else {
        clashes(&names.doubts, own + doubt, ("不同", "differs"), into);
    }
}

/// Spreads one weight over all clashes, because they may see one difference from several sides.
fn clashes(clashes: &[Clash], together: f64, (zh, en): (&str, &str), into: &mut Reasons) {
    let each = together / f64::from(u32::try_from(clashes.len().max(1)).unwrap_or(u32::MAX));
    for Clash { feature, left, right } in clashes {
        into.add(*feature, each, || {
            let (in_zh, in_en) = match (left.is_empty(), right.is_empty()) {
                (true, true) => ("名称过长".to_owned(), "the names are too long to tell".to_owned()),
                (false, false) => {
                    (format!("“{}”与“{}”", left.zh, right.zh), format!("“{}” and “{}”", left.en, right.en))
                }
                (true, false) => (format!("仅一方有“{}”", right.zh), format!("only one says “{}”", right.en)),
                (false, true) => (format!("仅一方有“{}”", left.zh), format!("only one says “{}”", left.en)),
            };
            (format!("{}{zh}：{in_zh}", feature.zh()), format!("{} {en}: {in_en}", feature.en()))
        });
    }
}
