//! Names that are, and names that only look like, one service.

use matching::{Profile, Verdict, score};

use crate::{coded, named};

/// Two wordings of one service.
const SAME: &[(&str, &str)] = &[
    ("食品经营许可新办审批", "食品（含保健食品）经营许可核发"),
    ("科研和教学所需毒性药品购用审批", "科研和教学用毒性药品购买审批"),
    ("食品（含保健食品）经营许可变更经营项目", "食品经营许可变更审批"),
    ("燃气经营许可证遗失补办（县级权限）", "燃气经营许可补办"),
    ("社保卡首次申领", "社会保障卡申领（首次）"),
    ("《养蜂证》申领", "养蜂证核发"),
    ("城镇职工基本医疗保险参保登记", "职工医保参保登记"),
    ("补领机动车驾驶证", "机动车驾照补领"),
    ("合伙企业开业登记", "合伙企业设立登记"),
    ("Renewal of Driving Licence", "driving license renewal"),
    ("Birth Certificates", "birth certificate"),
];

/// Services that differ by a word, and why.
const DIFFERENT: &[(&str, &str, &str)] = &[
    ("机关养老保险关系转入", "机关养老保险关系转出", "direction"),
    ("集体户口迁入登记", "集体户口迁出登记", "direction"),
    ("燃气经营许可证核发", "燃气经营许可证注销", "act"),
    ("养蜂证申领", "养蜂证换证", "act"),
    ("医疗机构执业许可延续", "医疗机构执业许可变更", "act"),
    ("探矿权延续登记", "采矿权延续登记", "object"),
    ("非公司企业法人注销登记", "非公司企业法人分支机构注销登记", "subject"),
    ("股份有限公司变更登记", "股份有限公司分公司变更登记", "subject"),
    ("二级注册建筑师初始注册", "一级注册建筑师初始注册", "grade"),
    ("乙级测绘资质审批", "甲级测绘资质审批", "grade"),
    ("放射诊疗许可（第二类）", "放射诊疗许可（第三类）", "grade"),
    ("省外企业进入备案", "省内企业进入备案", "scope"),
    ("结婚登记预约", "离婚登记预约", "object"),
    ("拖拉机驾驶证补办", "联合收割机驾驶证补办", "object"),
    ("个人住房公积金提取", "个人住房公积金贷款", "object"),
    ("纳税证明", "非纳税证明", "object"),
    ("动物防疫合格证（养殖场）", "动物防疫合格证（屠宰场）", "qualifier"),
    ("Class X Marksheet", "Class XII Marksheet", "grade"),
    ("Insurance Policy - Car", "Insurance Policy - Health", "object"),
    ("Driving Licence", "Learner Driving Licence", "subject"),
];

#[test]
fn one_code_and_compatible_names_are_the_same() {
    for (a, b) in SAME {
        let found = score(&coded(a, "330123456000"), &coded(b, "330123456000"));
        assert_eq!(found.verdict, Verdict::Same, "{a} / {b}: {found:#?}");
    }
}

#[test]
fn one_code_does_not_outweigh_a_contradiction() {
    for (a, b, why) in DIFFERENT {
        let found = score(&coded(a, "330123456000"), &coded(b, "330123456000"));
        assert_eq!(found.verdict, Verdict::Suspect, "{a} / {b}: {found:#?}");
        let reasons = serde_json::to_value(&found.evidence).expect("evidence is plain data");
        let told = reasons.as_array().expect("a list").iter().any(|reason| {
            reason["feature"] == *why && reason["weight"].as_f64().is_some_and(|weight| weight < 0.0)
        });
        assert!(told, "{a} / {b} should say {why}: {found:#?}");
    }
}

#[test]
fn without_a_code_look_alikes_are_distinct_and_wordings_at_most_suspected() {
    for (a, b, _) in DIFFERENT {
        let found = score(&named(a), &named(b));
        assert_eq!(found.verdict, Verdict::Distinct, "{a} / {b}: {found:#?}");
    }
    for (a, b) in SAME {
        assert_ne!(score(&named(a), &named(b)).verdict, Verdict::Same, "{a} / {b}");
    }
    let identical = score(&named("社保卡首次申领"), &named("社会保障卡申领（首次）"));
    assert_eq!(identical.verdict, Verdict::Suspect);
    let of_one_office =
        |name| Profile { department: Some("人力资源和社会保障局".to_owned()), ..named(name) };
    let near = ["城乡居民基本养老保险参保登记补办", "城乡居民养老保险个人参保登记补办"].map(of_one_office);
    let near = score(&near[0], &near[1]);
    assert_eq!(near.verdict, Verdict::Suspect, "{near:#?}");
}

#[test]
fn senseless_names_are_never_the_same_even_under_one_code() {
    for name in ["", "🚗🚗", "！！！", "\u{0}\u{1}", "（）", "注销"] {
        let found = score(&coded(name, "330123456000"), &coded(name, "330123456000"));
        assert_ne!(found.verdict, Verdict::Same, "{name:?}");
        assert_eq!(score(&named(name), &named(name)).verdict, Verdict::Distinct, "{name:?}");
    }
}

#[test]
fn long_names_that_differ_at_the_end_are_not_the_same() {
    let long = "水利工程".repeat(2_500);
    let (a, b) = (format!("{long}甲项目"), format!("{long}乙项目"));
    assert_ne!(score(&coded(&a, "330123456000"), &coded(&b, "330123456000")).verdict, Verdict::Same);
    assert_eq!(score(&coded(&a, "330123456000"), &coded(&a, "330123456000")).verdict, Verdict::Same);
}
