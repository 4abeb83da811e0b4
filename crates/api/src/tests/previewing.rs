//! What an item would join or collide with, before it is submitted.

use std::sync::Arc;

use curator::Curator;
use domain::{EntryId, ItemId};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::house::{House, XIHU, YUHANG, content};

const PREVIEW: &str = "/registry/v1/match-preview";

/// A house with both departments and a curator at work, until the guard is dropped.
async fn curated() -> (House, DropGuard) {
    let mut house = House::open().await.with_departments().await;
    let app = house.app.clone();
    let curator =
        Curator::new(Arc::clone(&app.store), app.read_model.clone(), Arc::clone(&app.policy), Timestamp::now);
    house.restart(app.with_curator(&curator));
    let stop = CancellationToken::new();
    tokio::spawn(curator.run(stop.clone()));
    (house, stop.drop_guard())
}

fn licence(name: &str, region: &str) -> Value {
    let mut content = content(name, region);
    content["codes"] = json!([{"scheme": "cn-basic", "value": "330131001000"}]);
    content
}

async fn published(house: &House, department: &str, code: &str, content: &Value) -> ItemId {
    let item = house.draft(department, code, content).await;
    house.publish(department, item).await;
    item
}

async fn preview(house: &House, token: &str, body: &Value) -> Value {
    house.post(PREVIEW, token).current().await.json(body).await.expect(StatusCode::OK)
}

#[tokio::test]
async fn a_name_alone_founds_an_entry_where_nothing_is_like_it() {
    let (house, _curator) = curated().await;
    let answer =
        preview(&house, &house.clerk(XIHU), &json!({"content": {"name": {"zh-CN": "龙舟备案"}}})).await;
    assert_eq!(answer["placement"], json!({"type": "founds"}));
    assert_eq!(answer["suspicions"], json!([]));
    assert_eq!(answer["position"].as_str().map(str::len), Some(16));
}

#[tokio::test]
async fn another_districts_draft_joins_and_its_own_districts_collides() {
    let (house, _curator) = curated().await;
    let first = published(&house, XIHU, "A", &licence("食品经营许可核发", "330106")).await;
    let entry = EntryId::founded_by(first);

    let draft = json!({"content": licence("食品经营许可新办", "330110")});
    let joins = preview(&house, &house.clerk(YUHANG), &draft).await;
    assert_eq!(joins["placement"]["type"], "joins", "{joins}");
    assert_eq!(
        joins["placement"]["entry"],
        json!({"id": entry, "name": content("食品经营许可核发", "330106")["name"]})
    );
    let basis = &joins["placement"]["basis"];
    assert_eq!((&basis["comparedWith"], &basis["relation"]), (&json!(first), &json!("other-implementer")));
    assert!(basis["probability"].as_f64().is_some_and(|probability| probability > 0.9), "{basis}");
    let words = &basis["evidence"][0]["text"];
    assert!(words["zh-CN"].is_string() && words["en"].is_string(), "{basis}");
    assert_eq!(joins["suspicions"], json!([]));

    let draft = json!({"content": licence("食品经营许可核发", "330106")});
    let collides = preview(&house, &house.clerk(XIHU), &draft).await;
    let suspicion = &collides["suspicions"][0];
    assert_eq!((&suspicion["item"], &suspicion["entry"]["id"]), (&json!(first), &json!(entry)));
    assert_eq!(suspicion["department"], json!({"id": XIHU, "name": {"zh-CN": "西湖区市场监管局"}}));
    assert_eq!((&suspicion["verdict"], &suspicion["relation"]), (&json!("same"), &json!("duplicate")));
    assert_eq!(suspicion["opensCase"], true);
}

#[tokio::test]
async fn what_the_preview_says_is_what_the_curator_does() {
    let (house, _curator) = curated().await;
    published(&house, XIHU, "A", &licence("企业职工基本养老保险关系转入", "330106")).await;
    for (code, name) in
        [("B", "企业职工基本养老保险关系转出"), ("C", "企业职工基本养老保险关系转入"), ("D", "龙舟备案")]
    {
        let content = licence(name, "330110");
        let said = preview(&house, &house.clerk(YUHANG), &json!({"content": content})).await;
        let item = published(&house, YUHANG, code, &content).await;
        let placed = house.item(item).await["placement"]["entry"].clone();
        let founded = json!(EntryId::founded_by(item));
        let foretold =
            if said["placement"]["type"] == "founds" { &founded } else { &said["placement"]["entry"]["id"] };
        assert_eq!(&placed, foretold, "{name}: {said}");
        let cases =
            house.get("/registry/v1/duplicate-cases").bearer(&house.steward()).current().await.send().await;
        let cases = cases.expect(StatusCode::OK);
        let of_item = cases["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|case| case["items"].as_array().is_some_and(|items| items.contains(&json!(item))));
        let suspected =
            said["suspicions"].as_array().into_iter().flatten().filter(|s| s["opensCase"] == true);
        assert_eq!(of_item.count(), suspected.count(), "{name}: {said}");
    }
}

#[tokio::test]
async fn an_item_that_is_edited_is_not_its_own_duplicate() {
    let (house, _curator) = curated().await;
    let item = published(&house, XIHU, "A", &licence("食品经营许可核发", "330106")).await;
    let edit = json!({"itemId": item, "content": licence("食品经营许可核发", "330106")});
    let answer = preview(&house, &house.clerk(XIHU), &edit).await;
    assert_eq!(answer["placement"]["type"], "stays");
    assert_eq!(answer["placement"]["entry"]["id"], json!(EntryId::founded_by(item)));
    assert_eq!(answer["suspicions"], json!([]));

    let foreign = house.post(PREVIEW, &house.clerk(YUHANG)).json(&edit).await;
    assert_eq!(foreign.errors(), [("/itemId".to_owned(), "unknown-item".to_owned())]);
    let foreign = json!({"department": XIHU, "content": {"name": {"zh-CN": "食品经营许可"}}});
    assert_eq!(house.post(PREVIEW, &house.clerk(YUHANG)).json(&foreign).await.problem(403), "not-allowed");
    preview(&house, &house.steward(), &foreign).await;
}

#[tokio::test]
async fn what_no_item_could_say_is_refused_with_its_pointer() {
    let (house, _curator) = curated().await;
    let clerk = house.clerk(XIHU);
    let refused = async |content: Value| {
        let answer = house.post(PREVIEW, &clerk).json(&json!({"content": content})).await;
        assert_eq!(answer.problem(422), "invalid-content");
        answer.errors().into_iter().next().unwrap_or_default()
    };
    let own = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(refused(json!({})).await, own("/content/name", "required"));
    assert_eq!(refused(json!({"name": {}})).await, own("/content/name", "required"));
    let long = "证".repeat(201);
    assert_eq!(refused(json!({"name": {"zh-CN": long}})).await, own("/content/name/zh-CN", "too-long"));
    let named = |field: &str, value: Value| json!({"name": {"zh-CN": "证"}, field: value});
    assert_eq!(refused(named("nmae", json!(1))).await, own("/content/nmae", "unknown-field"));
    assert_eq!(refused(named("regions", json!(["33"]))).await, own("/content/regions/0", "invalid"));
    let many: Vec<_> = (0..101).map(|number| json!({"zh-CN": format!("第{number}条")})).collect();
    assert_eq!(refused(named("legalBasis", json!(many))).await, own("/content/legalBasis", "too-many"));

    let nobody = house.ask(http::Method::POST, PREVIEW).json(&json!({})).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let citizen = house.token("zhang", &[], None);
    assert_eq!(house.post(PREVIEW, &citizen).json(&json!({})).await.problem(403), "role-not-allowed");
    let large = json!({"content": {"name": {"zh-CN": "证"}, "openapi": {"x": "y".repeat(1024 * 1024)}}});
    assert_eq!(house.post(PREVIEW, &clerk).json(&large).await.problem(413), "content-too-large");
}

#[tokio::test]
async fn without_a_curator_the_client_is_told_to_try_again() {
    let house = House::open().await.with_departments().await;
    let answer =
        house.post(PREVIEW, &house.clerk(XIHU)).json(&json!({"content": {"name": {"zh-CN": "证"}}})).await;
    assert_eq!(answer.problem(503), "read-model-behind");
    assert_eq!(answer.header("retry-after"), Some("1"));
}
