//! Consent to data: a department learns of a citizen what was declared, approved and published, from that moment, and no more.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ItemId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::binary::Demo;
use crate::city::busy;
use crate::client::{list, text, until};
use crate::staff::{Department, callable};
use crate::stand_in::StandIn;

/// The content of an item that asks for these claims.
fn asking(base_url: &str, claims: &[&str]) -> Value {
    let mut content = callable("遛狗区域预约", "330106", base_url);
    let declared = claims.iter().map(|claim| json!({"claim": claim, "purpose": {"zh-CN": "预约登记"}}));
    content["access"] = json!({"claims": declared.collect::<Vec<_>>()});
    content
}

/// The names of the claims that the department gets with a call of the demo's citizen, whose token has more.
async fn learned(demo: &Demo, entry: &str) -> BTreeSet<String> {
    // With a POST, so that no assertion comes twice.
    let call = demo.ask(Method::POST, &format!("/call/{entry}/x")).bearer(demo.token("citizen"));
    let answer = call.send().await.expect(200);
    let payload = text(&answer["assertion"]).split('.').nth(1).expect("a JWS");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    let claims: Value = serde_json::from_slice(&payload).expect("JSON");
    claims["claims"].as_object().into_iter().flat_map(|claims| claims.keys().cloned()).collect()
}

async fn revise(demo: &Demo, department: &Department, item: ItemId, content: &Value) -> String {
    let path = format!("/registry/v1/items/{item}");
    let read = demo.get(&path).bearer(&department.clerk).send().await;
    let tag = read.header("etag").expect("an entity tag").to_owned();
    let revision = demo.put(&format!("{path}/content"), &department.clerk).header("if-match", &tag);
    revision.json(content).await.position()
}

/// What an auditor is told of the item: each claim, and whether it may still be learned.
async fn disclosed(demo: &Demo, item: ItemId, position: &str) -> Vec<(String, bool)> {
    let list_of = demo.get(&format!("/operations/v1/disclosures?item={item}")).at(position);
    let page = list_of.bearer(demo.token("auditor")).send().await.expect(200);
    let told = list(&page["items"]).iter();
    told.map(|told| (text(&told["claim"]).to_owned(), told["end"].is_null())).collect()
}

fn names(claims: &[&str]) -> BTreeSet<String> {
    claims.iter().map(|claim| (*claim).to_owned()).collect()
}

#[tokio::test]
async fn a_department_learns_what_is_approved_and_public_and_an_auditor_sees_it() {
    let (demo, backend) = (busy(), StandIn::named("遛").await);
    let department = demo.enrol("同意之局", "330106").await;
    let (item, entry) = demo.offer(&department, "C-1", &asking(&backend.base_url, &["name"])).await;
    let learns = async |claims: &[&str]| {
        until("the department learns just that", async || {
            (learned(demo, &entry).await == names(claims)).then_some(())
        })
        .await;
    };
    learns(&["name"]).await;

    // Declared, then handed in, then approved: nothing of that tells the department more.
    let content = asking(&backend.base_url, &["name", "birthdate"]);
    let drafted = revise(demo, &department, item, &content).await;
    let changes = demo.item(item, &drafted).await["proposal"]["claimChanges"].clone();
    assert_eq!(changes, json!([{"type": "added", "claim": "birthdate", "purpose": {"zh-CN": "预约登记"}}]));
    let submitted = demo.submit(&department, item).await;
    let passed = demo.approve(item, &submitted, &department.reviewer).await;
    let approved = demo.approve(item, &passed, demo.token("reviewer")).await;
    assert_eq!(disclosed(demo, item, &approved).await, [("name".to_owned(), true)]);
    assert_eq!(learned(demo, &entry).await, names(&["name"]));

    let publication = demo.post(&format!("/registry/v1/items/{item}/publication"), &department.clerk);
    let published = publication.send().await.position();
    learns(&["name", "birthdate"]).await;
    let both = [("name".to_owned(), true), ("birthdate".to_owned(), true)];
    assert_eq!(disclosed(demo, item, &published).await, both);

    // A later revision needs neither: it learns neither.
    revise(demo, &department, item, &asking(&backend.base_url, &[])).await;
    let ended = demo.publish(&department, item).await;
    learns(&[]).await;
    assert!(disclosed(demo, item, &ended).await.iter().all(|(_, in_force)| !in_force));
}
