//! A clerk sees what an item would join or collide with before it is submitted.

use serde_json::{Value, json};

use crate::city::busy;
use crate::client::{list, text};
use crate::staff::content;

const PREVIEW: &str = "/registry/v1/match-preview";
const CODE: &str = "332099994001";

fn coded(name: &str, region: &str) -> Value {
    let mut content = content(name, region);
    content["codes"] = json!([{"scheme": "cn-basic", "value": CODE}]);
    content
}

#[tokio::test]
async fn a_draft_is_told_what_it_would_join_and_the_publication_does_so() {
    let demo = busy();
    let (one, two) = (demo.enrol("预览甲局", "330106").await, demo.enrol("预览乙局", "330110").await);
    let alone = json!({"content": {"name": {"zh-CN": "冰雕展区搭建报备"}}});
    let answer = demo.post(PREVIEW, &one.clerk).json(&alone).await.expect(200);
    assert_eq!(answer["placement"]["type"], "founds", "{answer}");

    let (item, entry) = demo.offer(&one, "V-1", &coded("冰雕展区搭建报备", "330106")).await;
    let draft = coded("冰雕展区搭建报备", "330110");
    let said = demo.post(PREVIEW, &two.clerk).json(&json!({"content": draft})).await.expect(200);
    assert_eq!(said["placement"]["type"], "joins", "{said}");
    assert_eq!(text(&said["placement"]["entry"]["id"]), entry);
    assert_eq!(said["placement"]["entry"]["name"]["zh-CN"], "冰雕展区搭建报备");
    let reasons = list(&said["placement"]["basis"]["evidence"]);
    assert!(
        reasons.iter().all(|reason| reason["text"]["zh-CN"].is_string() && reason["text"]["en"].is_string())
    );
    let (_, joined) = demo.offer(&two, "V-1", &draft).await;
    assert_eq!(joined, entry);

    // The same again for the same people, and the item itself while it is edited.
    let again =
        demo.post(PREVIEW, &one.clerk).json(&json!({"content": coded("冰雕展区搭建报备", "330106")})).await;
    let again = again.expect(200);
    let collision = &again["suspicions"][0];
    assert_eq!((text(&collision["item"]), text(&collision["relation"])), (&*item.to_string(), "duplicate"));
    assert_eq!(text(&collision["department"]["id"]), one.id);
    let edit = json!({"itemId": item, "content": coded("冰雕展区搭建报备", "330106")});
    let edit = demo.post(PREVIEW, &one.clerk).json(&edit).await.expect(200);
    assert_eq!((text(&edit["placement"]["type"]), &edit["suspicions"]), ("stays", &json!([])));
}

#[tokio::test]
async fn a_preview_is_for_staff_and_stores_nothing() {
    let demo = busy();
    let department = demo.enrol("预览丙局", "330106").await;
    let body = json!({"content": {"name": {"zh-CN": "风筝节场地报备"}}});
    assert_eq!(demo.ask(reqwest::Method::POST, PREVIEW).json(&body).await.status, 401);
    assert_eq!(demo.post(PREVIEW, demo.token("citizen")).json(&body).await.status, 403);
    let wrong = demo.post(PREVIEW, &department.clerk).json(&json!({"content": {"nmae": {}}})).await;
    assert_eq!(wrong.problem(422), "invalid-content");
    demo.post(PREVIEW, &department.clerk).json(&body).await.expect(200);
    let items = demo.get("/registry/v1/items").query(&[("department", &department.id)]);
    let items = items.bearer(&department.clerk).send().await.expect(200);
    assert_eq!(items["items"], json!([]));
}
