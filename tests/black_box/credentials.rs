//! Credentials that are none, and those of others than who may.

use crate::calls::entry;
use crate::city::busy;

#[tokio::test]
async fn a_credential_that_can_be_read_in_two_ways_is_refused() {
    let demo = busy();
    let door = format!("/call/{}/echo", entry(demo).await);
    let token = demo.token("citizen");
    let twice = demo.get(&door).bearer(token).bearer(token).send().await;
    assert_eq!(twice.problem(400), "authorization-repeated");
    let basic = demo.get(&door).header("authorization", "Basic Zm9vOmJhcg==").send().await;
    assert_eq!(basic.problem(401), "authorization-scheme");
    let long = demo.get(&door).bearer(&"x".repeat(20_000)).send().await;
    assert!((400..500).contains(&long.status), "{}", long.status);
}

#[tokio::test]
async fn a_citizen_is_no_staff() {
    let demo = busy();
    let token = demo.token("citizen");
    assert_eq!(demo.get("/registry/v1/items").bearer(token).send().await.problem(403), "role-not-allowed");
    assert_eq!(demo.get("/operations/v1/events").bearer(token).send().await.problem(403), "role-not-allowed");
    assert_eq!(
        demo.get("/operations/v1/events").bearer(demo.token("clerk")).send().await.problem(403),
        "role-not-allowed"
    );
    assert_eq!(
        demo.post("/operations/v1/imports", demo.token("auditor")).send().await.problem(403),
        "role-not-allowed"
    );
}
