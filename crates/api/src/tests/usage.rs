//! How often entries are called, as stewards and operators see it.

use domain::call_count::OfferingCalls;
use domain::{CallCount, CallCountCommand, EntryId};
use http::StatusCode;
use jiff::civil::date;
use serde_json::{Value, json};
use uuid::Uuid;

use super::house::{House, XIHU, content};

const USAGE: &str = "/operations/v1/usage";

async fn entry(house: &House, code: &str, name: &str) -> EntryId {
    let item = house.draft(XIHU, code, &content(name, "330106")).await;
    house.publish(XIHU, item).await;
    house.place(item, EntryId::founded_by(item)).await;
    EntryId::founded_by(item)
}

async fn listed(house: &House, query: &str) -> Value {
    let asking = house.get(&format!("{USAGE}{query}")).bearer(&house.steward()).current().await;
    asking.send().await.expect(StatusCode::OK)
}

fn entries(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| item["entry"].as_str().expect("an identifier")).collect()
}

#[tokio::test]
async fn a_steward_sees_what_is_called_and_what_is_not() {
    let house = House::open().await.with_departments().await;
    let (called, idle) = (entry(&house, "1", "食品经营许可").await, entry(&house, "2", "烟花燃放许可").await);
    assert_eq!(listed(&house, "").await["countedSince"], Value::Null);
    for (day, calls) in [(date(2026, 3, 2), 5), (date(2026, 3, 4), 7)] {
        let counts = vec![OfferingCalls { entry: called, item: called.founder(), calls }];
        let command = CallCountCommand::Record { day, counts };
        house.command::<CallCount>(&Uuid::new_v4().into(), &command).await;
    }
    let page = listed(&house, &format!("?entry={called}")).await;
    let expected = json!({
        "entry": called.to_string(),
        "names": {"zh-CN": "食品经营许可", "en": "Food business licence"},
        "calls": 12,
        "lastCalled": "2026-03-04",
        "days": [{"day": "2026-03-02", "calls": 5}, {"day": "2026-03-04", "calls": 7}],
    });
    assert_eq!(page, json!({"countedSince": "2026-03-02", "items": [expected], "next": null}));
    let unused = listed(&house, "?unusedSince=2026-03-04").await;
    assert_eq!(entries(&unused), [idle.to_string()]);
    assert_eq!(unused["items"][0]["lastCalled"], Value::Null);
    assert_eq!(entries(&listed(&house, "?unusedSince=2026-03-05").await).len(), 2);

    let first = listed(&house, "?limit=1").await;
    let cursor = first["next"].as_str().expect("there is more");
    let second = listed(&house, &format!("?limit=1&cursor={cursor}")).await;
    assert_eq!([entries(&first), entries(&second)].concat().len(), 2);
    assert_eq!(second["next"], Value::Null);
    let after_itself = listed(&house, &format!("?entry={}&cursor={cursor}", entries(&first)[0])).await;
    assert!(entries(&after_itself).is_empty());

    let wrong = house.get(&format!("{USAGE}?unusedSince=yesterday")).bearer(&house.steward()).send().await;
    assert_eq!(wrong.problem(400), "invalid-parameter");
}
