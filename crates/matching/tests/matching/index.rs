//! Candidates: complete enough, bounded, in one order.

use matching::{Index, MAX_CANDIDATES, Profile, Verdict};

use crate::{coded, named};

fn index_of(profiles: impl IntoIterator<Item = Profile>) -> Index<usize> {
    let mut index = Index::new();
    for (id, profile) in profiles.into_iter().enumerate() {
        index.insert(id, &profile);
    }
    index
}

#[test]
fn the_same_service_is_proposed_first() {
    let index = index_of([
        named("结婚登记"),
        coded("食品经营许可注销审批", "A1"),
        coded("食品经营许可新办审批", "A2"),
        named("取水许可"),
    ]);
    let found = index.candidates(&coded("食品（含保健食品）经营许可核发", "A2"));
    assert_eq!(found.first(), Some(&2));
    assert!(!found.contains(&0));
    assert_eq!(index.candidates(&named("取水许可核发")).first(), Some(&3));
    assert_eq!(index.candidates(&coded("与众不同", "a1")), [1]);
}

#[test]
fn a_near_name_and_an_endpoint_are_proposed() {
    let portal = Profile {
        endpoint: Some("https://example.cn/apply?id=7".into()),
        ..named("老年食堂就餐补助")
    };
    let index = index_of([named("城乡居民基本养老保险参保登记"), portal.clone()]);
    assert_eq!(index.candidates(&named("城乡居民养老保险个人参保登记")), [0]);
    assert_eq!(index.candidates(&Profile { name: "助餐".into(), ..portal }), [1]);
}

#[test]
fn inserting_an_id_again_replaces_it() {
    let mut index = Index::new();
    index.insert("a", &named("取水许可"));
    index.insert("a", &named("结婚登记"));
    assert_eq!(index.len(), 1);
    assert!(index.contains(&"a"));
    assert_eq!(index.candidates(&named("取水许可")), [""; 0]);
    assert_eq!(index.candidates(&named("结婚登记")), ["a"]);
    assert!(index.remove(&"a"));
    assert!(!index.remove(&"a"));
}

#[test]
fn one_code_or_one_name_used_by_a_thousand_stays_bounded_and_is_still_found() {
    let crowd = (0..1_000).map(|n| coded(&format!("第{n}号特种设备使用登记"), "A1"));
    let twins = (0..1_000).map(|_| coded("信息公开申请受理", "B1"));
    let index = index_of(crowd.chain(twins).chain([coded("食品经营许可新办", "A1")]));
    let found = index.candidates(&coded("食品经营许可核发", "A1"));
    assert_eq!(found.first(), Some(&2_000), "the name finds it in a code's crowd");
    assert!(found.len() <= MAX_CANDIDATES);
    let twins = index.candidates(&coded("信息公开", "B1"));
    assert_eq!(twins.len(), MAX_CANDIDATES);
    let same = |id: &usize| {
        index.score(&coded("信息公开", "B1"), id).is_some_and(|found| found.verdict == Verdict::Same)
    };
    assert!(twins.iter().all(same));
}

#[test]
fn the_order_does_not_depend_on_the_order_of_arrival() {
    let names = ["取水许可", "取水许可核发", "取水许可新办", "临时取水许可", "取水工程许可"];
    let forward = index_of(names.map(named));
    let mut backward = Index::new();
    for (id, name) in names.iter().enumerate().rev() {
        backward.insert(id, &named(name));
    }
    assert_eq!(forward.candidates(&named("取水许可证")), backward.candidates(&named("取水许可证")));
}
