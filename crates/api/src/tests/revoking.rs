//! Revocations: an operator's word, and nothing personal in the log.

use event_store::{EventStore, Position};
use http::StatusCode;
use serde_json::{Value, json};

use super::house::House;

const REVOCATIONS: &str = "/operations/v1/revocations";
/// A subject as some providers name them: few enough to be tried out one by one.
const SUBJECT: &str = "999999199001010000";

fn request(value: &str) -> Value {
    json!({"issuer": "https://id.example", "target": "subject", "value": value, "reason": "账号被盗"})
}

#[tokio::test]
async fn what_is_revoked_is_listed_by_its_mark_and_can_be_lifted() {
    let house = House::open().await;
    let revoked = house.post(REVOCATIONS, &house.operator()).json(&request(SUBJECT)).await;
    let id = revoked.expect(StatusCode::CREATED)["id"].as_str().expect("a mark").to_owned();
    let location = revoked.header("location").expect("where it is").to_owned();
    assert_eq!(location, format!("{REVOCATIONS}/{id}"));
    let listed = async || {
        let auditor = house.token("anna", &["auditor"], None);
        house.get(REVOCATIONS).bearer(&auditor).current().await.send().await.expect(StatusCode::OK)
    };
    let shown = listed().await;
    assert_eq!(shown["items"][0]["id"], id);
    assert_eq!(
        (&shown["items"][0]["standing"], &shown["items"][0]["target"]),
        (&json!("in-force"), &json!("subject"))
    );
    assert_eq!(shown["items"][0]["revokedBy"], "olga");
    let one = house.get(&location).bearer(&house.operator()).current().await.send().await;
    assert_eq!(one.expect(StatusCode::OK), shown["items"][0]);
    let again = house.post(REVOCATIONS, &house.operator()).json(&request(SUBJECT)).await;
    assert_eq!(again.problem(409), "wrong-state");

    let path = format!("{REVOCATIONS}/{id}/lifting");
    let why = json!({"reason": "身份已核实"});
    house.post(&path, &house.operator()).json(&why).await.expect(StatusCode::OK);
    assert_eq!(listed().await["items"][0]["standing"], "lifted");
    assert_eq!(house.post(&path, &house.operator()).json(&why).await.problem(409), "wrong-state");
}

#[tokio::test]
async fn the_log_knows_neither_the_subject_nor_a_hash_that_could_be_tried_out() {
    let digests = async |subject: &str| {
        let house = House::open().await;
        let operator = house.operator();
        house.post(REVOCATIONS, &operator).json(&request(subject)).await.expect(StatusCode::CREATED);
        let events = house.store.read_all(Position::START, 10).await.expect("the log can be read");
        let [event] = &events[..] else { panic!("one event: {events:?}") };
        let stored = format!("{event:?}")
            + &String::from_utf8_lossy(&event.data)
            + &String::from_utf8_lossy(&event.sealed_metadata);
        assert!(!stored.contains(subject), "{stored}");
        event.metadata().expect("readable").command_digest
    };
    // Each house has a secret of its own: without it, nobody gets the same digest from the same subject.
    assert_ne!(digests(SUBJECT).await, digests(SUBJECT).await);
}

#[tokio::test]
async fn only_operators_revoke_only_subjects_of_trusted_issuers_and_only_with_a_reason() {
    let house = House::open().await;
    for role in ["auditor", "reviewer", "steward"] {
        let refused = house.post(REVOCATIONS, &house.token("x", &[role], None)).json(&request("a")).await;
        assert_eq!(refused.problem(403), "role-not-allowed", "{role}");
    }
    let mut elsewhere = request("a");
    elsewhere["issuer"] = json!("https://id.elsewhere.example");
    let refused = house.post(REVOCATIONS, &house.operator()).json(&elsewhere).await;
    assert_eq!(refused.problem(422), "invalid-content");
    assert_eq!(refused.errors(), [("/issuer".to_owned(), "unknown-issuer".to_owned())]);
    let mut silent = request("a");
    silent["reason"] = json!(" ");
    let refused = house.post(REVOCATIONS, &house.operator()).json(&silent).await;
    assert_eq!(refused.errors()[0].0, "/reason");
    let nowhere = format!("{REVOCATIONS}/{}", "0".repeat(43));
    let read = house.get(&nowhere).bearer(&house.operator()).send().await;
    assert_eq!(read.problem(404), "not-found");
    let lifting = house.post(&format!("{nowhere}/lifting"), &house.operator());
    assert_eq!(lifting.json(&json!({"reason": "x"})).await.problem(404), "not-found");
    assert_eq!(house.events().await, 0);
}

#[tokio::test]
async fn a_value_that_names_nobody_is_refused() {
    let house = House::open().await;
    let (longest, endless) = ("字".repeat(255), "x".repeat(256));
    for value in ["", " ", " a", "a\n", "a\u{0}b", "\u{3000}a", &endless] {
        let refused = house.post(REVOCATIONS, &house.operator()).json(&request(value)).await;
        assert_eq!(refused.problem(422), "invalid-content", "{value:?}");
        assert_eq!(refused.errors(), [("/value".to_owned(), "malformed".to_owned())], "{value:?}");
    }
    assert_eq!(house.events().await, 0);
    house.post(REVOCATIONS, &house.operator()).json(&request(&longest)).await.expect(StatusCode::CREATED);
}
