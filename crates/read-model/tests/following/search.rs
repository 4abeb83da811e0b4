//! Full-text search and type-ahead.

use domain::item::Kind;
use read_model::{Filter, MAX_QUERY_CHARS, SearchError, SearchQuery};
use serde_json::json;

use crate::city::{City, content, content_with, names};

async fn city_of(names: &[&str]) -> City {
    let city = City::new().await;
    let owner = city.enrol("杭州市公安局", "330100").await;
    for (code, name) in names.iter().enumerate() {
        city.found(&owner, &code.to_string(), content(name, "330100")).await;
    }
    city
}

#[tokio::test]
async fn words_are_found_inside_longer_ones() {
    let city = city_of(&[
        "机动车驾驶证补领",
        "机动车行驶证补领",
        "城乡居民基本养老保险参保登记",
        "养老机构备案",
        "食品经营许可",
        "食品生产许可",
        "社保卡申领",
    ])
    .await;
    assert_eq!(city.find("驾驶证").await, ["机动车驾驶证补领"]);
    assert_eq!(city.find("养老").await.len(), 2);
    assert_eq!(city.find("食品经营").await, ["食品经营许可"]);
    assert_eq!(city.find("社保").await, ["社保卡申领"]);
    assert_eq!(city.find("驾驶证补领").await, ["机动车驾驶证补领"]);
    assert_eq!(city.find("怎么补领驾驶证").await, ["机动车驾驶证补领"]);
    assert_eq!(city.find("杭州市公安局 食品生产").await, ["食品生产许可"]);
    assert!(city.find("护照").await.is_empty());
}

#[tokio::test]
async fn pinyin_and_its_initials_find_what_they_spell() {
    let city = city_of(&["机动车驾驶证补领", "绿化验收", "食品经营许可"]).await;
    assert_eq!(city.find("jsz").await, ["机动车驾驶证补领"]);
    assert_eq!(city.find("jiashizheng").await, ["机动车驾驶证补领"]);
    assert_eq!(city.find("jia shi zheng").await, ["机动车驾驶证补领"]);
    assert_eq!(city.find("lvhua").await, ["绿化验收"]);
    assert_eq!(city.find("spjyxk").await, ["食品经营许可"]);
}

#[tokio::test]
async fn english_words_find_english_names_whatever_their_case() {
    let city = City::new().await;
    let owner = city.enrol("Transport Department", "330100").await;
    let content = content_with(json!({
        "name": { "en": "Driving License" },
        "summary": { "en": "Verify a driving licence by its number" },
        "keywords": ["DL"],
        "codes": [{ "scheme": "apisetu.gov.in", "value": "TR-DL-001" }],
    }));
    city.found(&owner, "1", content).await;
    for text in
        ["driving license", "DRIVING", "licence", "dl", "TR-DL-001", "ｄｒｉｖｉｎｇ", "transport license"]
    {
        assert_eq!(city.find(text).await, ["Driving License"], "{text}");
    }
    assert!(city.find("driving passport").await.is_empty());
}

#[tokio::test]
async fn the_exact_name_comes_first_then_the_beginning_then_a_part() {
    let names = ["婚姻登记档案查询", "补办婚姻登记", "婚姻登记", "婚姻家庭咨询及登记"];
    let city = city_of(&names).await;
    assert_eq!(
        city.find("婚姻登记").await,
        ["婚姻登记", "婚姻登记档案查询", "补办婚姻登记", "婚姻家庭咨询及登记"]
    );
}

#[tokio::test]
async fn filters_go_with_words() {
    let city = City::new().await;
    let (west, east) =
        (city.enrol("西湖区市监局", "330106").await, city.enrol("余杭区市监局", "330110").await);
    let licence = |region: &str, kind: &str| {
        content_with(
            json!({ "name": { "zh-CN": format!("食品经营许可{region}") }, "kind": kind, "regions": [region] }),
        )
    };
    city.found(&west, "1", licence("330106", "01")).await;
    city.found(&east, "1", licence("330110", "01")).await;
    city.found(&east, "2", licence("330100", "20")).await;
    let region = |code: &str| Some(code.parse().expect("a division"));
    let found = city.find_among("食品", Filter { region: region("330106"), ..Filter::default() }).await;
    assert_eq!(found.len(), 2);
    let filter = Filter { region: region("330106"), kind: Some(Kind::Licence), ..Filter::default() };
    assert_eq!(city.find_among("食品", filter).await, ["食品经营许可330106"]);
    let filter = Filter { department: Some(east), ..Filter::default() };
    assert_eq!(city.find_among("食品", filter).await.len(), 2);
}

#[tokio::test]
async fn any_text_is_only_words() {
    let city = city_of(&["婚姻登记", "etc办理"]).await;
    for text in [
        "",
        " ",
        "*",
        "?",
        "(",
        ")",
        "\"",
        "\"婚姻",
        "name:*",
        "AND",
        "OR NOT",
        "+-&&||!{}[]^~\\/",
        "\u{0}",
        "^",
        "婚姻^2",
        "[* TO *]",
        "id:1 OR 1=1",
        "\u{202e}",
        "𠀀𠀁",
        "🙂",
        "e\u{301}",
        "…",
        "_",
        "婚\u{0}姻",
    ] {
        city.find(text).await;
        city.suggest(text).await;
    }
    assert_eq!(city.find("\"婚姻登记\" AND (*)").await, Vec::<String>::new());
    assert_eq!(city.find("(婚姻登记)").await, ["婚姻登记"]);
    assert!(city.find("^").await.is_empty());
    assert!(city.suggest("^").await.is_empty());

    let query = |text: String| SearchQuery { text, limit: 10, ..SearchQuery::default() };
    assert!(city.model.search(&query("婚".repeat(MAX_QUERY_CHARS))).is_ok());
    assert!(matches!(city.model.search(&query("婚".repeat(MAX_QUERY_CHARS + 1))), Err(SearchError::TooLong)));
    // One character that unfolds to eighteen.
    assert!(matches!(city.model.search(&query("\u{fdfa}".repeat(100))), Err(SearchError::TooLong)));
}

#[tokio::test]
async fn results_are_paged_and_end() {
    let all: Vec<String> = (0..25).map(|number| format!("婚姻登记{number}号窗口")).collect();
    let city = city_of(&all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    city.searchable().await;
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let query =
            SearchQuery { text: "婚姻登记".to_owned(), cursor, limit: 10, ..SearchQuery::default() };
        let page = city.model.search(&query).expect("searched");
        seen.extend(names(&page.entries));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 25);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 25);
    for cursor in ["", "x", "-1", "0a", "ffffffffffffffffffff", "3e9"] {
        let query = SearchQuery {
            text: "婚姻".to_owned(),
            cursor: Some(cursor.to_owned()),
            limit: 10,
            ..SearchQuery::default()
        };
        assert!(matches!(city.model.search(&query), Err(SearchError::Cursor)), "{cursor}");
    }
}

#[tokio::test]
async fn what_changes_or_goes_is_found_as_it_is_now() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let entry = city.found(&owner, "1", content("结婚登记", "330106")).await;
    let other = city.found(&owner, "2", content("离婚登记", "330106")).await;
    city.publish(&owner, "1", content("婚姻登记", "330106")).await;
    assert_eq!(city.find("婚姻").await, ["婚姻登记"]);
    assert!(city.find("结婚").await.is_empty());
    city.merge(entry, other).await;
    // The merged offering's name still leads to the entry that has it now.
    assert_eq!(city.find("婚姻登记").await, ["离婚登记"]);
}

#[tokio::test]
async fn typing_ahead_takes_beginnings_parts_and_pinyin() {
    let city = city_of(&["机动车驾驶证补领", "驾驶证换证", "驾校备案", "食品经营许可"]).await;
    assert_eq!(city.suggest("驾").await, ["驾校备案", "驾驶证换证", "机动车驾驶证补领"]);
    assert_eq!(city.suggest("驾驶").await, ["驾驶证换证", "机动车驾驶证补领"]);
    assert_eq!(city.suggest("jsz").await, ["驾驶证换证", "机动车驾驶证补领"]);
    assert_eq!(city.suggest("jiashizh").await, ["驾驶证换证", "机动车驾驶证补领"]);
    assert_eq!(city.suggest("shipinj").await, ["食品经营许可"]);
    assert_eq!(city.suggest("补领").await, ["机动车驾驶证补领"]);

    let region = "330106".parse().expect("a division");
    assert_eq!(city.model.suggest("驾驶", Some(&region), 1).expect("typed").entries.len(), 1);
    let elsewhere = "110000".parse().expect("a division");
    assert!(city.model.suggest("驾驶", Some(&elsewhere), 10).expect("typed").entries.is_empty());
}

#[tokio::test]
async fn typing_ahead_takes_beginnings_of_english_words() {
    let city = City::new().await;
    let owner = city.enrol("Transport Department", "330100").await;
    city.found(&owner, "1", content_with(json!({ "name": { "en": "Verify Driving License" } }))).await;
    assert_eq!(city.suggest("driv").await, ["Verify Driving License"]);
    assert_eq!(city.suggest("driving lic").await, ["Verify Driving License"]);
    assert_eq!(city.suggest("Ver").await, ["Verify Driving License"]);
}
