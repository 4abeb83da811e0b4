//! From the enrolment of a department to a citizen's app that reads the catalogue.

use domain::EntryId;
use http::StatusCode;
use serde_json::json;

use super::house::{House, XIHU, YUHANG, content};

#[tokio::test]
async fn an_item_goes_from_its_draft_to_the_catalogue() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "SP-1", &content("食品经营许可核发", "330106")).await;
    house.publish(XIHU, item).await;
    house.place(item, EntryId::founded_by(item)).await;

    let other = house.draft(YUHANG, "SP-1", &content("食品经营许可核发", "330110")).await;
    house.publish(YUHANG, other).await;
    house.place(other, EntryId::founded_by(item)).await;

    let list =
        house.get("/catalogue/v1/entries?region=330106").current().await.send().await.expect(StatusCode::OK);
    let entry = &list["items"][0];
    assert_eq!(entry["id"], item.to_string());
    assert_eq!(entry["name"], "食品经营许可核发");
    assert_eq!((&entry["offeringCount"], &entry["callable"]), (&json!(2), &json!(true)));
    assert_eq!(entry["regions"][0]["code"], "330106");
    assert_eq!(list["next"], json!(null));

    let path = format!("/catalogue/v1/entries/{item}");
    let answer = house.get(&path).header("accept-language", "en-GB").send().await;
    let entry = answer.expect(StatusCode::OK);
    assert_eq!(entry["name"], "Food business licence");
    assert_eq!(entry["offerings"][1]["department"]["id"], YUHANG);
    assert_eq!(entry["offerings"][0]["standing"]["type"], "published");
    assert_eq!(entry["offerings"][0]["access"]["claims"][0]["claim"], "name");
    let text = String::from_utf8_lossy(&answer.body);
    assert!(!text.contains("9101"), "the backend's address stays inside");

    let searched = house
        .get("/catalogue/v1/entries?q=%E9%A3%9F%E5%93%81%E7%BB%8F%E8%90%A5")
        .current()
        .await
        .send()
        .await;
    assert_eq!(searched.expect(StatusCode::OK)["items"][0]["id"], item.to_string());
    let suggested = house.get("/catalogue/v1/suggest?q=spjy").current().await.send().await;
    assert_eq!(suggested.expect(StatusCode::OK)["items"][0]["id"], item.to_string());
}

#[tokio::test]
async fn a_write_is_answered_with_a_receipt_that_a_reader_can_use() {
    let house = House::open().await.with_departments().await;
    let body = json!({"localCode": "SP-1", "content": content("食品经营许可", "330106")});
    let answer = house.post("/registry/v1/items", &house.clerk(XIHU)).json(&body).await;
    let receipt = answer.expect(StatusCode::CREATED);
    assert_eq!(answer.etag(), "\"0\"");
    assert_eq!(receipt["revision"], 0);
    assert_eq!(answer.header("yimen-position"), receipt["position"].as_str());
    let location = answer.header("location").expect("where it is").to_owned();
    assert_eq!(location, format!("/registry/v1/items/{}", receipt["id"].as_str().expect("an id")));

    let position = receipt["position"].as_str().expect("a position");
    let read =
        house.get(&location).bearer(&house.clerk(XIHU)).header("yimen-position", position).send().await;
    let item = read.expect(StatusCode::OK);
    assert_eq!(item["states"], json!(["draft"]));
    assert_eq!(item["proposal"]["content"]["name"]["zh-CN"], "食品经营许可");

    // The tag of what was read is what If-Match takes.
    let revised =
        house.put(&format!("{location}/content"), &house.clerk(XIHU)).header("if-match", &read.etag());
    let revised = revised.json(&content("食品经营许可核发", "330106")).await;
    assert_eq!(revised.expect(StatusCode::OK)["revision"], 1);
}

#[tokio::test]
async fn merged_entries_redirect_and_come_back() {
    let house = House::open().await.with_departments().await;
    let mut items = Vec::new();
    for (department, region) in [(XIHU, "330106"), (YUHANG, "330110")] {
        let item = house.draft(department, "SP-1", &content("食品经营许可", region)).await;
        house.publish(department, item).await;
        house.place(item, EntryId::founded_by(item)).await;
        items.push(item);
    }
    let (gone, stays) = (items[0], items[1]);
    let before = house.get("/catalogue/v1/changes").current().await.send().await.expect(StatusCode::OK);
    let since = before["next"].as_str().expect("always a next").to_owned();
    assert_eq!(before["items"].as_array().map(Vec::len), Some(2));

    let merge = format!("/registry/v1/entries/{gone}/merge");
    let body = json!({"into": stays.to_string(), "comment": "同一事项"});
    house.post(&merge, &house.steward()).json(&body).await.expect(StatusCode::OK);
    let answer = house.get(&format!("/catalogue/v1/entries/{gone}")).current().await.send().await;
    assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(answer.header("location"), Some(format!("/catalogue/v1/entries/{stays}").as_str()));
    let survivor = house.get(&format!("/catalogue/v1/entries/{stays}")).send().await.expect(StatusCode::OK);
    assert_eq!(survivor["offerings"].as_array().map(Vec::len), Some(2));

    let changes =
        house.get(&format!("/catalogue/v1/changes?since={since}")).send().await.expect(StatusCode::OK);
    let kinds: Vec<_> = changes["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|change| (&change["type"], &change["id"]))
        .collect();
    let (removed, upserted) = (json!("removed"), json!("upserted"));
    let (gone_id, stays_id) = (json!(gone.to_string()), json!(stays.to_string()));
    assert!(kinds.contains(&(&removed, &gone_id)) && kinds.contains(&(&upserted, &stays_id)), "{kinds:?}");

    let back = json!({"into": gone.to_string(), "comment": "反向"});
    let loop_ =
        house.post(&format!("/registry/v1/entries/{stays}/merge"), &house.steward()).json(&back).await;
    assert_eq!(loop_.problem(409), "merge-loop");

    let restore = format!("/registry/v1/entries/{gone}/restoration");
    house.post(&restore, &house.steward()).json(&json!({"comment": "误并"})).await.expect(StatusCode::OK);
    let answer = house.get(&format!("/catalogue/v1/entries/{gone}")).current().await.send().await;
    assert_eq!(answer.expect(StatusCode::OK)["offeringCount"], 1);
}

#[tokio::test]
async fn a_steward_splits_an_item_off_into_an_entry_of_its_own() {
    let house = House::open().await.with_departments().await;
    let founder = house.draft(XIHU, "SP-1", &content("食品经营许可", "330106")).await;
    let other = house.draft(YUHANG, "SP-1", &content("食品经营许可变更", "330110")).await;
    for (department, item) in [(XIHU, founder), (YUHANG, other)] {
        house.publish(department, item).await;
        house.place(item, EntryId::founded_by(founder)).await;
    }
    let place = format!("/registry/v1/items/{other}/placement");
    let body = json!({"entry": other.to_string(), "comment": "变更与核发是两个事项"});
    house.post(&place, &house.steward()).json(&body).await.expect(StatusCode::OK);
    let entry = house
        .get(&format!("/catalogue/v1/entries/{other}"))
        .current()
        .await
        .send()
        .await
        .expect(StatusCode::OK);
    assert_eq!(entry["name"], "食品经营许可变更");
    let shown = house.get(&format!("/registry/v1/entries/{other}")).bearer(&house.steward()).send().await;
    assert_eq!(shown.expect(StatusCode::OK)["placements"][0]["by"], "steward");
}
