//! Reasons from every field but the name. Each is silent when a field isn't stated on both sides.

use crate::{
    evidence::Feature,
    measure::{Offices, meet},
    model::{Measure, Measurements},
    record::Record,
    score::Reasons,
    weights as w,
};

/// Adds what the codes say, and tells whether one is shared; `None` when no scheme is stated by both.
pub(super) fn codes(a: &Record, b: &Record, into: &mut Reasons) -> Option<bool> {
    if let Some((scheme, value)) = a.codes.iter().find(|code| b.codes.contains(code)) {
        into.add(Feature::Code, w::SAME_CODE, || {
            (format!("编码相同：{scheme} {value}"), format!("same code: {scheme} {value}"))
        });
        return Some(true);
    }
    let (scheme, left, right) = a.codes.iter().find_map(|(scheme, value)| {
        b.codes.iter().find(|(other, _)| other == scheme).map(|(_, other)| (scheme, value, other))
    })?;
    into.add(Feature::Code, w::OTHER_CODE, || {
        (format!("编码不同：{scheme} {left}、{right}"), format!("different codes: {scheme} {left}, {right}"))
    });
    Some(false)
}

/// The most that codes, audience, level, legal basis and endpoint can weigh for a pair, in bits.
pub(super) fn most_bits_by_hand(a: &Record, b: &Record) -> f64 {
    let code = if a.codes.iter().any(|code| b.codes.contains(code)) { w::SAME_CODE } else { 0.0 };
    code + w::SAME_AUDIENCE + w::SAME_LEVEL + w::SAME_LEGAL_BASIS + w::SAME_ENDPOINT
}

/// Adds what the audiences say, and tells whether they have somebody in common.
pub(super) fn audience(a: &Record, b: &Record, into: &mut Reasons) -> Option<bool> {
    if a.audience.is_empty() || b.audience.is_empty() {
        return None;
    }
    let meeting = meet(&a.audience, &b.audience);
    if meeting {
        into.add(Feature::Audience, w::SAME_AUDIENCE, || ("服务对象一致", "a common audience"));
    } else {
        into.add(Feature::Audience, w::OTHER_AUDIENCE, || {
            let (left, right) = (a.audience.join("、"), b.audience.join("、"));
            (format!("服务对象矛盾：{left}；{right}"), format!("audience contradicts: {left}; {right}"))
        });
    }
    Some(meeting)
}

/// Adds what the regions say, and tells whether both name one division.
///
/// A city's office beside a district's own is no claim to the same people: a call goes to the most specific one.
pub(super) fn region(a: &Record, b: &Record, into: &mut Reasons) -> Option<bool> {
    if a.regions.is_empty() || b.regions.is_empty() {
        return None;
    }
    let meeting = meet(&a.regions, &b.regions);
    into.add(Feature::Region, 0.0, || {
        if meeting {
            ("服务区域相同", "the same region served")
        } else {
            ("服务区域不同", "different regions served")
        }
    });
    Some(meeting)
}

/// Adds what kind, level, department, summary, keywords, legal basis and endpoint say.
pub(super) fn of_the_rest(
    a: &Record,
    b: &Record,
    offices: Option<Offices>,
    measured: &Measurements,
    into: &mut Reasons,
) {
    if let Some(kind) = measured.get(Measure::Kind) {
        into.add(Feature::Kind, measured.bits(Measure::Kind), || {
            if kind > 0.0 {
                return ("事项类型相同".to_owned(), "same kind of item".to_owned());
            }
            let (left, right) = (a.kinds.join("、"), b.kinds.join("、"));
            (format!("事项类型不同：{left}；{right}"), format!("different kinds of item: {left}; {right}"))
        });
    }
    if let Some((left, right)) = a.level.zip(b.level) {
        let bits = if left == right { w::SAME_LEVEL } else { w::OTHER_LEVEL };
        into.add(Feature::Level, bits, || {
            if left == right {
                return ("行使层级相同".to_owned(), "same administrative level".to_owned());
            }
            (
                format!("行使层级不同：{left}、{right}"),
                format!("different administrative levels: {left}, {right}"),
            )
        });
    }
    if let Some(offices) = offices {
        into.add(Feature::Department, measured.bits(Measure::Department), || match offices {
            Offices::Same => ("同一部门或机构", "same department or organisation"),
            Offices::Counterparts => ("不同地区的对应部门", "counterpart departments of two districts"),
            Offices::Other => ("部门不同", "different departments"),
        });
    }
    if let Some(alike) = measured.get(Measure::Text) {
        let measures = [Measure::Text, Measure::SummaryWords, Measure::SummaryOrder, Measure::SummaryStart];
        let bits = measures.map(|measure| measured.bits(measure)).iter().sum();
        into.add(Feature::Summary, bits, || {
            let percent = (alike * 100.0).round();
            (
                format!("名称与简介用词相似度 {percent}%"),
                format!("names and summaries share {percent}% of their words"),
            )
        });
    }
    if let Some(alike) = measured.get(Measure::Keywords) {
        into.add(Feature::Keywords, measured.bits(Measure::Keywords), || {
            let percent = (alike * 100.0).round();
            (format!("关键词相似度 {percent}%"), format!("keywords {percent}% alike"))
        });
    }
    if !a.legal_basis.is_empty() && !b.legal_basis.is_empty() {
        let common = a.legal_basis.iter().filter(|term| b.legal_basis.binary_search(term).is_ok()).count();
        if common * 2 >= a.legal_basis.len().min(b.legal_basis.len()) {
            into.add(Feature::LegalBasis, w::SAME_LEGAL_BASIS, || ("设定依据相近", "similar legal basis"));
        } else {
            into.add(Feature::LegalBasis, w::OTHER_LEGAL_BASIS, || ("设定依据不同", "different legal basis"));
        }
    }
    if let Some((left, right)) = a.endpoint.zip(b.endpoint)
        && left == right
    {
        into.add(Feature::Endpoint, w::SAME_ENDPOINT, || ("服务地址相同", "same endpoint"));
    }
}

/// Adds what other pairs of a list tell of this one.
pub(super) fn of_other_pairs(measured: &Measurements, into: &mut Reasons) {
    if let Some(ahead) = measured.get(Measure::Rival) {
        let bits = measured.bits(Measure::Rival) + measured.bits(Measure::RivalOfOne);
        into.add(Feature::Rival, bits, || {
            if ahead >= 0.0 {
                ("双方都没有更相近的事项", "neither has an item that is closer")
            } else {
                ("另有更相近的事项", "there is an item that is closer")
            }
        });
    }
    if let Some(ahead) = measured.get(Measure::SummaryRival) {
        into.add(Feature::Rival, measured.bits(Measure::SummaryRival), || {
            if ahead >= 0.0 {
                ("至少一方没有简介更相近的事项", "one of them has no item with a closer summary")
            } else {
                ("双方都另有简介更相近的事项", "both have items with closer summaries")
            }
        });
    }
    if let Some(shared) = measured.get(Measure::Neighbour) {
        into.add(Feature::Neighbour, measured.bits(Measure::Neighbour), || {
            let percent = (shared * 100.0).round();
            (
                format!("双方都与同一第三事项相同的概率 {percent}%"),
                format!("both are the same as a third item with probability {percent}%"),
            )
        });
    }
}
