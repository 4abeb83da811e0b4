//! A list matched with itself.

use std::collections::BTreeMap;

use matching::{Batch, Index, MAX_CANDIDATES, Pair, Profile, Relation, SharedCode, Verdict};
use proptest::{collection::btree_set, option, prelude::*, sample::select};

use crate::{coded, named};

/// Cities whose offices are each other's counterparts.
const CITIES: &str = "\
    杭州市 宁波市 温州市 嘉兴市 湖州市 绍兴市 金华市 衢州市 舟山市 台州市 丽水市 南京市 \
    无锡市 徐州市 常州市 苏州市 南通市 淮安市 盐城市 扬州市 镇江市 泰州市 宿迁市 合肥市 \
    芜湖市 蚌埠市 淮南市 马鞍山市 安庆市 黄山市 福州市 厦门市 莆田市 三明市 泉州市 漳州市 \
    南平市 龙岩市 宁德市 南昌市";

/// Offices that have nothing to do with each other.
const OFFICES: &str = "\
    教育局 科学技术局 公安局 民政局 司法局 财政局 人力资源和社会保障局 自然资源局 生态环境局 \
    住房和城乡建设局 交通运输局 水利局 农业农村局 商务局 文化和旅游局 卫生健康委员会 \
    退役军人事务局 应急管理局 审计局 市场监督管理局 体育局 统计局 医疗保障局 信访局 税务局 \
    气象局 烟草专卖局 邮政管理局 档案局 残疾人联合会 总工会 妇女联合会 消防救援支队 海事局 \
    地震局 林业局 城市管理局 发展和改革委员会 经济和信息化局 外事办公室";

fn each_of(list: &str) -> Vec<&str> {
    list.split_whitespace().collect()
}

fn of_office(profile: Profile, office: &str) -> Profile {
    Profile { department: Some(office.to_owned()), ..profile }
}

fn coded_as(name: &str, codes: &[(&str, &str)]) -> Profile {
    let code =
        |(scheme, value): &(&str, &str)| SharedCode { scheme: (*scheme).into(), value: (*value).into() };
    Profile { codes: codes.iter().map(code).collect(), ..named(name) }
}

/// Every pair of the list as the two items and what was said of them.
fn by_item<'p>(list: &'p [Profile], pairs: &[Pair]) -> BTreeMap<[&'p Profile; 2], (u64, Verdict, Relation)> {
    let told = |pair: &Pair| {
        let mut items = [&list[pair.a as usize], &list[pair.b as usize]];
        items.sort_unstable();
        (items, (pair.probability.to_bits(), pair.verdict, pair.relation))
    };
    pairs.iter().map(told).collect()
}

/// The clusters of the list as sets of items, in an order of their own.
fn partition<'p>(list: &'p [Profile], clusters: &[Vec<u32>]) -> Vec<Vec<&'p Profile>> {
    let items = |cluster: &Vec<u32>| {
        let mut items: Vec<&Profile> = cluster.iter().map(|place| &list[*place as usize]).collect();
        items.sort_unstable();
        items
    };
    let mut partition: Vec<Vec<&Profile>> = clusters.iter().map(items).collect();
    partition.sort_unstable();
    partition
}

prop_compose! {
    /// An item whose name is put together as real ones are.
    fn item()(
        object in select(vec!["食品经营许可", "取水许可", "道路货物运输经营许可", "城镇职工基本医疗保险参保", "Fishing licence"]),
        act in select(vec!["核发", "新办", "变更", "延续", "注销", ""]),
        wording in select(vec!["", "审批", "（县级权限）", "证"]),
        region in option::of(select(vec!["330106", "330110", "330100"])),
        code in option::of(select(vec!["A1", "A2", "B7"])),
        office in option::of((select(vec!["杭州市西湖区", "杭州市余杭区", ""]), select(vec!["市场监督管理局", "水利局"]))),
        summary in option::of(select(vec!["对从事食品销售的经营者核发许可证", "取用地表水或者地下水的单位申请取水"])),
    ) -> Profile {
        Profile {
            codes: code.map(|value| SharedCode { scheme: "cn-basic".into(), value: value.into() }).into_iter().collect(),
            regions: region.map(str::to_owned).into_iter().collect(),
            department: office.map(|(place, office)| format!("{place}{office}")),
            summary: summary.map(str::to_owned),
            ..named(&format!("{object}{wording}{act}"))
        }
    }
}

fn list() -> impl Strategy<Value = Vec<Profile>> {
    btree_set(item(), 0..24).prop_map(Vec::from_iter).prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn pairs_are_in_order_above_the_floor_and_explained(list in list(), floor in 0.0..1.0) {
        let batch = Batch::new(&list);
        let pairs = batch.pairs(floor);
        prop_assert!(pairs.iter().all(|pair| pair.a < pair.b && (pair.b as usize) < list.len()));
        prop_assert!(pairs.iter().all(|pair| (floor..=1.0).contains(&pair.probability)));
        prop_assert!(pairs.is_sorted_by(|x, y| x.probability >= y.probability));
        prop_assert_eq!(by_item(&list, &pairs).len(), pairs.len(), "a pair is told once");
        for pair in &pairs {
            let found = batch.explain(pair);
            prop_assert_eq!((found.probability, found.verdict, found.relation), (pair.probability, pair.verdict, pair.relation));
            prop_assert!(!found.evidence.is_empty());
        }
    }

    #[test]
    fn clusters_are_a_partition(list in list()) {
        let batch = Batch::new(&list);
        let clusters = batch.clusters(&batch.pairs(0.5));
        let mut places = clusters.concat();
        prop_assert!(clusters.is_sorted() && clusters.iter().all(|cluster| cluster.is_sorted() && !cluster.is_empty()));
        places.sort_unstable();
        prop_assert_eq!(places, (0..).take(list.len()).collect::<Vec<u32>>());
    }

    /// Items differ here in something that they say. Of items that say exactly the same, all are compared only as long as
    /// they are fewer than a query's bound.
    #[test]
    fn the_order_of_a_list_decides_nothing((list, other) in list().prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))) {
        let (batch, shuffled) = (Batch::new(&list), Batch::new(&other));
        let (pairs, again) = (batch.pairs(0.0), shuffled.pairs(0.0));
        prop_assert_eq!(by_item(&list, &pairs), by_item(&other, &again));
        let (clusters, clusters_again) = (batch.clusters(&pairs), shuffled.clusters(&again));
        prop_assert_eq!(partition(&list, &clusters), partition(&other, &clusters_again));
    }
}

#[test]
fn an_empty_list_has_no_pairs_and_no_clusters() {
    let batch = Batch::new(&[]);
    assert_eq!(batch.pairs(0.0), []);
    assert!(batch.clusters(&[]).is_empty());
    assert_eq!(batch.blocking().largest_block, 0);
}

#[test]
fn the_words_of_a_pair_are_weighed_as_its_probability_says() {
    let list =
        ["取水许可核发", "取水许可新办", "取水许可注销"].map(|name| of_office(coded(name, "A1"), "水利局"));
    let batch = Batch::new(&list);
    for pair in batch.pairs(0.0) {
        let told: f64 = batch.explain(&pair).evidence.iter().map(|reason| reason.weight).sum();
        let stated = (pair.probability / (1.0 - pair.probability)).log2();
        let [first, last] =
            [&list[0], &list[1]].map(|item| item == &list[pair.a as usize] || item == &list[pair.b as usize]);
        if first && last {
            // What is left is the prior, the same for all.
            assert!((-12.0..-4.0).contains(&(stated - told)), "{stated} from {told}");
        } else {
            assert!(pair.probability <= 0.9, "a contradiction keeps it down: {pair:?}");
        }
    }
}

#[test]
fn one_item_that_is_like_two_groups_does_not_join_them() {
    let cities = each_of(CITIES);
    let passengers =
        cities[..4].iter().map(|city| of_office(coded_as("旅客道路运输经营许可", &[("one", "A")]), city));
    let goods =
        cities[4..8].iter().map(|city| of_office(coded_as("货物道路运输经营许可", &[("other", "B")]), city));
    let between = of_office(coded_as("道路运输经营许可", &[("one", "A"), ("other", "B")]), cities[8]);
    let list: Vec<Profile> = passengers.chain(goods).chain([between]).collect();
    let batch = Batch::new(&list);
    let pairs = batch.pairs(0.5);
    let same = |group: std::ops::Range<u32>| {
        pairs.iter().any(|pair| pair.b == 8 && group.contains(&pair.a) && pair.verdict == Verdict::Same)
    };
    assert!(same(0..4) && same(4..8), "a link to either: {pairs:#?}");
    let clusters = batch.clusters(&pairs);
    assert!(clusters.iter().any(|cluster| cluster.starts_with(&[0, 1, 2, 3])), "{clusters:?}");
    assert!(clusters.iter().any(|cluster| cluster.starts_with(&[4, 5, 6, 7])), "{clusters:?}");
}

#[test]
fn one_name_in_forty_cities_is_one_service_of_other_implementers() {
    let office = |city: &&str| of_office(named("食品经营许可核发"), &format!("{city}市场监督管理局"));
    let batch = Batch::new(&each_of(CITIES).iter().map(office).collect::<Vec<Profile>>());
    let pairs = batch.pairs(0.5);
    assert_eq!(pairs.len(), 40 * 39 / 2);
    for pair in &pairs {
        assert_eq!((pair.verdict, pair.relation), (Verdict::Same, Relation::OtherImplementer), "{pair:?}");
    }
    assert_eq!(batch.clusters(&pairs), [(0..40).collect::<Vec<u32>>()]);
}

#[test]
fn one_name_in_forty_offices_is_forty_services_until_a_steward_says_otherwise() {
    for name in ["信息公开申请", "信访事项受理"] {
        let list: Vec<Profile> =
            each_of(OFFICES).iter().map(|office| of_office(named(name), office)).collect();
        let batch = Batch::new(&list);
        let pairs = batch.pairs(0.0);
        let merged: Vec<&Pair> = pairs.iter().filter(|pair| pair.verdict == Verdict::Same).collect();
        assert!(merged.is_empty(), "{name}: {merged:#?}");
        assert_eq!(batch.clusters(&pairs).len(), 40);
    }
}

#[test]
fn one_code_on_many_services_joins_none_of_them() {
    let list: Vec<Profile> = (0..250).map(|n| coded(&format!("第{n}号特种设备使用登记"), "A1")).collect();
    let batch = Batch::new(&list);
    let pairs = batch.pairs(0.5);
    assert!(pairs.iter().all(|pair| pair.verdict == Verdict::Suspect));
    assert_eq!(pairs.len(), 250 * 249 / 2, "a steward sees all of them");
    assert_eq!(batch.clusters(&pairs).len(), list.len());
}

/// Never on time: on what there is to compare.
#[test]
fn twenty_thousand_near_duplicates_propose_a_bounded_number_of_pairs() {
    let digits = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"];
    let name = |n: usize| {
        let digit = |by: usize| digits[n / by % 10];
        format!(
            "{}级{}类{}等{}型{}种设备使用登记",
            digit(1),
            digit(10),
            digit(100),
            digit(1_000),
            digit(10_000)
        )
    };
    let list: Vec<Profile> = (0..20_000).map(|n| named(&name(n))).collect();
    let blocking = Batch::new(&list).blocking();
    assert!(blocking.largest_block >= 10_000 && blocking.full_blocks > 0, "{blocking:?}");
    assert!(blocking.most_candidates * list.len() <= 16_000_000, "{blocking:?}");
    let mut index = Index::new();
    for (id, item) in list.iter().enumerate() {
        index.insert(id, item);
    }
    for item in list.iter().step_by(1_999) {
        let found = index.matches(item);
        assert!(found.len() <= MAX_CANDIDATES);
        assert!(found.first().is_some_and(|(id, _)| list[*id] == *item), "it is its own closest");
    }
}

#[test]
fn names_of_ten_thousand_characters_are_only_long() {
    let long = "水利工程".repeat(2_500);
    let ends = ["甲项目", "乙项目", "", "甲项目"];
    let mut list: Vec<Profile> = ends.iter().map(|end| coded(&format!("{long}{end}"), "A1")).collect();
    list.extend((0..20).map(|n| coded(&(0..5_000).map(|m| format!(" {}", m * n)).collect::<String>(), "A1")));
    let batch = Batch::new(&list);
    let pairs = batch.pairs(0.0);
    let same: Vec<(u32, u32)> =
        pairs.iter().filter(|pair| pair.verdict == Verdict::Same).map(|pair| (pair.a, pair.b)).collect();
    assert_eq!(same, [(0, 3)]);
    assert!(
        pairs
            .iter()
            .flat_map(|pair| batch.explain(pair).evidence)
            .all(|reason| reason.zh.chars().count() < 200)
    );
}
