//! What else counts beside the name, and what two items are to each other.

use matching::{Feature, Match, Profile, Relation, Verdict, score};

use crate::{coded, named};

const NAME: &str = "取水许可核发";
const CODE: &str = "330119001000";

fn serving(region: &str, audience: &str) -> Profile {
    Profile { regions: vec![region.into()], audience: vec![audience.into()], ..coded(NAME, CODE) }
}

fn weight(found: &Match, feature: Feature) -> Option<f64> {
    found.evidence.iter().find(|e| e.feature == feature).map(|e| e.weight)
}

#[test]
fn a_duplicate_serves_the_same_people_in_the_same_region() {
    let here = serving("330106", "legal-person");
    let elsewhere = score(&here, &serving("330110", "legal-person"));
    assert_eq!((elsewhere.verdict, elsewhere.relation), (Verdict::Same, Relation::OtherImplementer));
    let city_wide = score(&here, &serving("330100", "legal-person"));
    assert_eq!((city_wide.verdict, city_wide.relation), (Verdict::Same, Relation::OtherImplementer));
    let again = score(&here, &here);
    assert_eq!((again.verdict, again.relation), (Verdict::Same, Relation::Duplicate));
}

#[test]
fn audiences_that_exclude_each_other_forbid_same() {
    let found = score(&serving("330106", "legal-person"), &serving("330106", "natural-person"));
    assert_eq!((found.verdict, found.relation), (Verdict::Suspect, Relation::OtherImplementer));
    assert!(weight(&found, Feature::Audience).is_some_and(|bits| bits < 0.0));
}

#[test]
fn without_regions_only_one_departments_items_are_duplicates() {
    let of = |organisation: &str| Profile { organisation: Some(organisation.into()), ..coded(NAME, CODE) };
    assert_eq!(score(&of("甲省"), &of("甲省")).relation, Relation::Duplicate);
    assert_eq!(score(&of("甲省"), &of("乙省")).relation, Relation::OtherImplementer);
    assert_eq!(score(&coded(NAME, CODE), &coded(NAME, CODE)).relation, Relation::OtherImplementer);
}

#[test]
fn placeholder_codes_are_no_evidence() {
    let found = score(&coded(NAME, "000000000000"), &coded("结婚登记", "000000000000"));
    assert_eq!(found.verdict, Verdict::Distinct);
    assert_eq!(weight(&found, Feature::Code), None);
}

#[test]
fn one_code_under_names_that_have_nothing_in_common_is_suspected() {
    assert_eq!(score(&coded(NAME, CODE), &coded("结婚登记", CODE)).verdict, Verdict::Suspect);
}

#[test]
fn other_fields_raise_or_lower_the_probability() {
    let plain = score(&named(NAME), &named(NAME)).probability;
    let with = |change: fn(&mut Profile, bool)| {
        let (mut a, mut b) = (named(NAME), named(NAME));
        change(&mut a, true);
        change(&mut b, false);
        score(&a, &b).probability
    };
    assert!(with(|p, _| p.endpoint = Some("https://example.cn/water?id=1".into())) > plain);
    assert!(with(|p, _| p.kind = Some("01".into())) > plain);
    assert!(with(|p, _| p.department = Some("水利局".into())) > plain);
    assert!(with(|p, _| p.summary = Some("向取用水资源的单位发放许可".into())) > plain);
    assert!(with(|p, _| p.keywords = vec!["取水".into()]) > plain);
    assert!(with(|p, _| p.level = Some(4)) > plain);
    assert!(with(|p, first| p.kind = Some(if first { "01" } else { "20" }.into())) < plain);
    assert!(with(|p, first| p.level = Some(if first { 2 } else { 4 })) < plain);
    assert!(with(|p, first| p.department = Some(if first { "水利局" } else { "城管局" }.into())) < plain);
}

#[test]
fn the_answer_is_plain_json() {
    let found = score(&serving("330106", "legal-person"), &serving("330110", "legal-person"));
    let json = serde_json::to_value(&found).expect("plain data");
    assert_eq!(json["verdict"], "same");
    assert_eq!(json["relation"], "other-implementer");
    assert_eq!(json["evidence"][0]["feature"], "code");
    assert_eq!(json["evidence"][0]["zh"], format!("编码相同：cn-basic {CODE}"));
    assert_eq!(serde_json::from_value::<Match>(json).expect("reads back"), found);
}

/// A code is not the only reason to join: the very same name at one department's counterparts is another.
#[test]
fn one_name_at_counterpart_departments_is_the_same_service() {
    let at = |department: &str, region: &str| Profile {
        department: Some(department.into()),
        regions: vec![region.into()],
        ..named(NAME)
    };
    let here = at("杭州市西湖区水利局", "330106");
    let found = score(&here, &at("杭州市余杭区水利局", "330110"));
    assert_eq!((found.verdict, found.relation), (Verdict::Same, Relation::OtherImplementer), "{found:#?}");
    let found = score(&here, &at("杭州市西湖区档案局", "330106"));
    assert_ne!(found.verdict, Verdict::Same, "信息公开 in forty departments is forty services: {found:#?}");
    let other_code = |profile: Profile, code: &str| Profile { codes: coded("", code).codes, ..profile };
    let (here, there) = (other_code(here, "A1"), other_code(at("杭州市余杭区水利局", "330110"), "A2"));
    assert_ne!(score(&here, &there).verdict, Verdict::Same, "codes that differ are a steward's question");
}
