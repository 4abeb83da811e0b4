//! How an item ends, and how it changes hands.

use domain::{EntryId, Item, ItemCommand, ItemId};
use http::StatusCode;
use serde_json::{Value, json};

use super::house::{House, XIHU, YUHANG, content};

#[tokio::test]
async fn a_retirement_needs_notice_and_a_real_successor() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    house.publish(XIHU, item).await;
    house.place(item, EntryId::founded_by(item)).await;
    let path = format!("/registry/v1/items/{item}/retirement");
    let retirement = |replaced_by: Option<&str>, effective: &str| {
        let mut body = json!({"explanation": {"zh-CN": "并入一件事"}, "effective": effective});
        body["replacedBy"] = replaced_by.map_or(Value::Null, Value::from);
        body
    };
    let soon = house.post(&path, &house.clerk(XIHU)).json(&retirement(None, "2020-01-01T00:00:00Z")).await;
    assert_eq!(soon.errors(), [("/effective".to_owned(), "notice-too-short".to_owned())]);
    let nowhere = retirement(Some("0d6f3c1e-0000-5000-8000-000000000001"), "2099-01-01T00:00:00Z");
    let nowhere = house.post(&path, &house.clerk(XIHU)).json(&nowhere).await;
    assert_eq!(nowhere.errors(), [("/replacedBy".to_owned(), "unknown-entry".to_owned())]);
    house
        .post(&path, &house.clerk(XIHU))
        .json(&retirement(None, "2099-01-01T00:00:00Z"))
        .await
        .expect(StatusCode::OK);
    let entry = house
        .get(&format!("/catalogue/v1/entries/{item}"))
        .current()
        .await
        .send()
        .await
        .expect(StatusCode::OK);
    assert_eq!(entry["offerings"][0]["standing"]["type"], "retiring");
    house.post(&format!("{path}/cancellation"), &house.clerk(XIHU)).send().await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_retired_entry_says_why_or_leads_to_its_successor() {
    let house = House::open().await.with_departments().await;
    let mut items = Vec::new();
    for (department, region) in [(XIHU, "330106"), (YUHANG, "330110")] {
        let item = house.draft(department, "A", &content("食品经营许可", region)).await;
        house.publish(department, item).await;
        house.place(item, EntryId::founded_by(item)).await;
        items.push((department, item));
    }
    let [(first_owner, first), (second_owner, second)] = items[..] else { panic!("two items") };
    let later = "2099-01-01T00:00:00Z";
    let retire = async |owner: &str, item: ItemId, replaced_by: Option<ItemId>| {
        let mut body = json!({"explanation": {"zh-CN": "并入一件事"}, "effective": later});
        body["replacedBy"] = replaced_by.map_or(Value::Null, |item| Value::from(item.to_string()));
        let path = format!("/registry/v1/items/{item}/retirement");
        house.post(&path, &house.clerk(owner)).json(&body).await.expect(StatusCode::OK);
        house.command_at::<Item>(&item, &ItemCommand::Retire, later.parse().expect("a time")).await;
    };
    let first_path = format!("/catalogue/v1/entries/{first}");
    retire(first_owner, first, Some(second)).await;
    let answer = house.get(&first_path).current().await.send().await;
    assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(answer.header("location"), Some(format!("/catalogue/v1/entries/{second}").as_str()));

    retire(second_owner, second, None).await;
    let second_path = format!("/catalogue/v1/entries/{second}");
    let answer = house.get(&second_path).current().await.send().await;
    assert_eq!(answer.problem(410), "entry-retired");
    assert_eq!(answer.json()["explanation"]["zh-CN"], "并入一件事");
    // Nobody is sent to where nothing is.
    assert_eq!(house.get(&first_path).send().await.problem(410), "entry-retired");
    let changes = house.get("/catalogue/v1/changes").send().await.expect(StatusCode::OK);
    let removals: Vec<_> = changes["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|change| &change["removal"]["type"])
        .collect();
    assert_eq!(removals, ["retired", "retired"]);
}

#[tokio::test]
async fn an_item_changes_hands_when_both_sides_agree() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    let path = format!("/registry/v1/items/{item}/transfer");
    house.post(&path, &house.clerk(XIHU)).json(&json!({"to": YUHANG})).await.expect(StatusCode::OK);
    // The new owner sees what it would take over.
    let seen = house
        .get(&format!("/registry/v1/items/{item}"))
        .bearer(&house.clerk(YUHANG))
        .current()
        .await
        .send()
        .await;
    assert_eq!(seen.expect(StatusCode::OK)["transfer"]["to"], YUHANG);
    let acceptance = json!({"announcement": {"zh-CN": "由余杭接办"}, "effective": "2099-01-01T00:00:00Z"});
    let own = house.post(&format!("{path}/acceptance"), &house.clerk(XIHU)).json(&acceptance).await;
    assert_eq!(own.problem(403), "not-allowed");
    house
        .post(&format!("{path}/acceptance"), &house.clerk(YUHANG))
        .json(&acceptance)
        .await
        .expect(StatusCode::OK);
    house.post(&format!("{path}/cancellation"), &house.clerk(YUHANG)).send().await.expect(StatusCode::OK);
}
