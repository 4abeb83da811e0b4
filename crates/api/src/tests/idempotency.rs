//! One key, one command: across repetitions, other bodies and a restart.

use http::StatusCode;
use serde_json::json;

use super::house::{House, XIHU, content};
use crate::App;

const ITEMS: &str = "/registry/v1/items";

#[tokio::test]
async fn a_repeated_command_is_answered_and_not_carried_out_again() {
    let house = House::open().await.with_departments().await;
    let clerk = house.clerk(XIHU);
    let body = json!({"localCode": "A", "content": content("食品经营许可", "330106")});
    let send = async |body: &serde_json::Value| {
        house.post(ITEMS, &clerk).header("idempotency-key", "k-1").json(body).await
    };
    let first = send(&body).await;
    let before = house.events().await;
    let again = send(&body).await;
    assert_eq!(again.expect(StatusCode::CREATED)["id"], first.expect(StatusCode::CREATED)["id"]);
    assert_eq!(
        (again.header("idempotent-replayed"), first.header("idempotent-replayed")),
        (Some("true"), None)
    );

    let other = json!({"localCode": "B", "content": content("食品经营许可", "330106")});
    assert_eq!(send(&other).await.problem(422), "idempotency-key-reused");
    let elsewhere =
        house.post(&format!("{ITEMS}/{}/submissions", first.json()["id"].as_str().expect("an id")), &clerk);
    assert_eq!(
        elsewhere.header("idempotency-key", "k-1").send().await.problem(422),
        "idempotency-key-reused"
    );
    assert_eq!(house.events().await, before);
}

#[tokio::test]
async fn after_a_restart_the_stream_itself_recognises_the_command() {
    let mut house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    let path = format!("{ITEMS}/{item}/submissions");
    let first = house.post(&path, &house.clerk(XIHU)).header("idempotency-key", "k-1").send().await;
    let before = house.events().await;
    let App { store, read_model, verifier, policy, clock, .. } = house.app.clone();
    house.restart(App::new(store, read_model, verifier, policy, clock));
    // Other blanks are the same body.
    let again = house.post(&path, &house.clerk(XIHU)).header("idempotency-key", "k-1").text(" { } ").await;
    assert_eq!(again.expect(StatusCode::OK), first.expect(StatusCode::OK));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let other = house.post(&path, &house.clerk(XIHU)).header("idempotency-key", "k-2").send().await;
    assert_eq!(other.problem(409), "wrong-state");
    assert_eq!(house.events().await, before);
}

#[tokio::test]
async fn keys_of_two_people_are_different_keys() {
    let house = House::open().await.with_departments().await;
    let notice = json!({"notice": {"zh-CN": "整顿"}});
    let path = "/registry/v1/departments/local:%E8%A5%BF%E6%B9%96%E5%8C%BA%E5%B8%82%E5%9C%BA%E7%9B%91%E7%AE%A1%E5%B1%80";
    let suspend = house.post(&format!("{path}/suspension"), &house.operator()).header("idempotency-key", "k");
    suspend.json(&notice).await.expect(StatusCode::OK);
    let other = house.token("otto", &["operator"], None);
    let resume =
        house.post(&format!("{path}/resumption"), &other).header("idempotency-key", "k").send().await;
    assert_eq!(resume.header("idempotent-replayed"), None);
    resume.expect(StatusCode::OK);
}
