//! Evidence from the names.

use crate::{
    compare::{Clash, NameComparison},
    evidence::{Evidence, Feature},
    weights as w,
};

/// Adds what the comparison of the names tells.
pub(super) fn evidence(names: &NameComparison, into: &mut Vec<Evidence>) {
    if !names.comparable {
        into.push(Evidence::new(Feature::Name, 0.0, "名称无法比较", "the names can't be compared"));
        return;
    }
    if names.identical {
        into.push(Evidence::new(
            Feature::Name,
            w::IDENTICAL_NAME,
            "名称规范化后相同",
            "the same name after normalisation",
        ));
    } else {
        let percent = (names.similarity * 100.0).round();
        let weight = similarity_weight(names.similarity);
        // What differs is weighed below, once.
        let explained = !names.clashes.is_empty() || !names.doubts.is_empty();
        let weight = if explained { weight.max(0.0) } else { weight };
        into.push(Evidence::new(
            Feature::Name,
            weight,
            format!("名称相似度 {percent}%"),
            format!("names {percent}% alike"),
        ));
    }
    if let Some(act) = names.stated_act {
        let (zh, en) = (act.zh(), act.en());
        into.push(Evidence::new(
            Feature::Act,
            w::SAME_ACT,
            format!("办理环节相同：{zh}"),
            format!("same act: {en}"),
        ));
    }
    clash_evidence(&names.clashes, w::CLASH, "矛盾", "contradicts", into);
    let doubt = if names.clashes.is_empty() { w::DOUBT } else { 0.0 };
    clash_evidence(&names.doubts, doubt, "不同", "differs", into);
}

/// Spreads one weight over all clashes, because they may see one difference from several sides.
fn clash_evidence(clashes: &[Clash], together: f64, zh: &str, en: &str, into: &mut Vec<Evidence>) {
    let each = together / f64::from(u32::try_from(clashes.len().max(1)).unwrap_or(u32::MAX));
    for Clash { feature, left, right } in clashes {
        let (in_zh, in_en) = match (left.is_empty(), right.is_empty()) {
            (true, true) => ("名称过长".to_owned(), "the names are too long to tell".to_owned()),
            (false, false) => {
                (format!("“{}”与“{}”", left.zh, right.zh), format!("“{}” and “{}”", left.en, right.en))
            }
            (true, false) => (format!("仅一方有“{}”", right.zh), format!("only one says “{}”", right.en)),
            (false, true) => (format!("仅一方有“{}”", left.zh), format!("only one says “{}”", left.en)),
        };
        let zh = format!("{}{zh}：{in_zh}", feature.zh());
        into.push(Evidence::new(*feature, each, zh, format!("{} {en}: {in_en}", feature.en())));
    }
}

fn similarity_weight(similarity: f64) -> f64 {
    let share = ((similarity - w::UNLIKE_SIMILARITY) / (1.0 - w::UNLIKE_SIMILARITY)).clamp(0.0, 1.0);
    w::UNLIKE_NAME + share * (w::ALIKE_NAME - w::UNLIKE_NAME)
}
