//! Evidence from every field but the name. Each function is silent when a field isn't stated on both sides.

use std::collections::BTreeSet;

use crate::{
    align::bigram_dice,
    evidence::{Evidence, Feature},
    fold::{fold, units},
    profile::Profile,
    weights as w,
};

/// How much of a summary is compared, in characters: the first sentences say what the service is.
const SUMMARY_CHARS: usize = 400;

/// The most audiences or search words of one profile that are compared.
const MAX_WORDS: usize = 64;

/// What the codes of two profiles say.
pub(super) struct Codes {
    pub(super) shared: bool,
    pub(super) evidence: Option<Evidence>,
}

pub(super) fn codes(a: &Profile, b: &Profile) -> Codes {
    let (left, right) = (a.usable_codes(), b.usable_codes());
    if let Some((scheme, value)) = left.intersection(&right).next() {
        let evidence = Evidence::new(
            Feature::Code,
            w::SAME_CODE,
            format!("编码相同：{scheme} {value}"),
            format!("same code: {scheme} {value}"),
        );
        return Codes { shared: true, evidence: Some(evidence) };
    }
    let differing = left.iter().find_map(|(scheme, value)| {
        right.iter().find(|(other, _)| other == scheme).map(|(_, other)| (scheme, value, other))
    });
    let evidence = differing.map(|(scheme, value, other)| {
        Evidence::new(
            Feature::Code,
            w::OTHER_CODE,
            format!("编码不同：{scheme} {value}、{other}"),
            format!("different codes: {scheme} {value}, {other}"),
        )
    });
    Codes { shared: false, evidence }
}

pub(super) fn kind(a: &Profile, b: &Profile) -> Option<Evidence> {
    let (left, right) = (stated(a.kind.as_deref())?, stated(b.kind.as_deref())?);
    Some(if left == right {
        Evidence::new(Feature::Kind, w::SAME_KIND, "事项类型相同", "same kind of item")
    } else {
        let zh = format!("事项类型不同：{left}、{right}");
        Evidence::new(Feature::Kind, w::OTHER_KIND, zh, format!("different kinds of item: {left}, {right}"))
    })
}

pub(super) fn audience(a: &Profile, b: &Profile, meeting: Option<bool>) -> Option<Evidence> {
    Some(if meeting? {
        Evidence::new(Feature::Audience, w::SAME_AUDIENCE, "服务对象一致", "a common audience")
    } else {
        let (left, right) = (a.audience.join("、"), b.audience.join("、"));
        let zh = format!("服务对象矛盾：{left}；{right}");
        Evidence::new(
            Feature::Audience,
            w::OTHER_AUDIENCE,
            zh,
            format!("audience contradicts: {left}; {right}"),
        )
    })
}

pub(super) fn level(a: &Profile, b: &Profile) -> Option<Evidence> {
    let (left, right) = (a.level?, b.level?);
    Some(if left == right {
        Evidence::new(Feature::Level, w::SAME_LEVEL, "行使层级相同", "same administrative level")
    } else {
        let zh = format!("行使层级不同：{left}、{right}");
        Evidence::new(
            Feature::Level,
            w::OTHER_LEVEL,
            zh,
            format!("different administrative levels: {left}, {right}"),
        )
    })
}

pub(super) fn department(a: &Profile, b: &Profile) -> Option<Evidence> {
    Some(if same_department(a, b)? {
        Evidence::new(
            Feature::Department,
            w::SAME_DEPARTMENT,
            "同一部门或机构",
            "same department or organisation",
        )
    } else {
        Evidence::new(Feature::Department, w::OTHER_DEPARTMENT, "部门不同", "different departments")
    })
}

/// Whether department or organisation agree; `None` when no field is stated by both.
pub(super) fn same_department(a: &Profile, b: &Profile) -> Option<bool> {
    let same = |x: &Option<String>, y: &Option<String>| Some(stated(x.as_deref())? == stated(y.as_deref())?);
    let (department, organisation) =
        (same(&a.department, &b.department), same(&a.organisation, &b.organisation));
    // 市场监督管理局 exists in every district: an organisation that differs outweighs a department that agrees.
    organisation.or(department)
}

pub(super) fn summary(a: &Profile, b: &Profile) -> Option<Evidence> {
    let start = |summary: &Option<String>| -> Option<String> {
        Some(fold(&summary.as_ref()?.chars().take(SUMMARY_CHARS).collect::<String>()))
            .filter(|s| !s.is_empty())
    };
    let (left, right) = (start(&a.summary)?, start(&b.summary)?);
    let alike = if left == right { 1.0 } else { bigram_dice(&units(&left), &units(&right)) };
    if alike >= w::ALIKE_SUMMARY {
        Some(Evidence::new(Feature::Summary, w::SAME_SUMMARY, "事项简介相近", "similar summaries"))
    } else if alike < w::UNLIKE_SUMMARY {
        Some(Evidence::new(Feature::Summary, w::OTHER_SUMMARY, "事项简介不同", "different summaries"))
    } else {
        None
    }
}

pub(super) fn keyword(a: &Profile, b: &Profile) -> Option<Evidence> {
    (meet(&a.keywords, &b.keywords)?)
        .then(|| Evidence::new(Feature::Keywords, w::SAME_KEYWORD, "关键词有重合", "a keyword in common"))
}

pub(super) fn endpoint(a: &Profile, b: &Profile) -> Option<Evidence> {
    (a.usable_endpoint()? == b.usable_endpoint()?)
        .then(|| Evidence::new(Feature::Endpoint, w::SAME_ENDPOINT, "服务地址相同", "same endpoint"))
}

pub(super) fn region(meeting: Option<bool>) -> Option<Evidence> {
    Some(if meeting? {
        Evidence::new(Feature::Region, 0.0, "服务区域相同", "the same region served")
    } else {
        Evidence::new(Feature::Region, 0.0, "服务区域不同", "different regions served")
    })
}

/// Whether two lists of words have one in common; `None` when one of them is empty.
pub(super) fn meet(a: &[String], b: &[String]) -> Option<bool> {
    let words = |list: &[String]| {
        list.iter().take(MAX_WORDS).map(|word| fold(word)).filter(|w| !w.is_empty()).collect::<BTreeSet<_>>()
    };
    let (left, right) = (words(a), words(b));
    (!left.is_empty() && !right.is_empty()).then(|| !left.is_disjoint(&right))
}

fn stated(field: Option<&str>) -> Option<String> {
    field.map(fold).filter(|value| !value.is_empty())
}
