//! 备案审查: who calls without an approved channel, or as staff, calls nobody.

use std::time::{Duration, Instant};

use identity::TokenRequest;
use serde_json::{Value, json};

use crate::binary::Demo;
use crate::calls::entry;
use crate::city::busy;
use crate::client::{Answer, until};
use crate::staff::{AUDIENCE, content};

/// How soon a channel that was stopped carries no call any more.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A citizen's token for this client.
fn through(demo: &Demo, client: &str) -> String {
    let mut request = TokenRequest::new("somebody", AUDIENCE, client);
    request.assurance = Some("high".to_owned());
    demo.sign(request)
}

async fn call(demo: &Demo, token: &str) -> Answer {
    let path = format!("/call/{}/echo", entry(demo).await);
    demo.get(&path).bearer(token).header("service-region", "330106").send().await
}

/// Changes a channel, and says when that was acknowledged.
async fn change(demo: &Demo, path: &str, by: &str, body: Option<Value>) -> Instant {
    let ask = demo.post(&format!("/registry/v1/channels/{path}"), demo.token(by));
    let answer = match body {
        Some(body) => ask.json(&body).await,
        None => ask.send().await,
    };
    answer.position();
    Instant::now()
}

#[tokio::test]
async fn a_channel_calls_from_its_approval_to_its_suspension() {
    let demo = busy();
    let token = through(demo, "black-box-app");
    assert_eq!(call(demo, &token).await.problem(403), "channel-not-approved", "never filed");

    let filing = json!({"name": {"zh-CN": "测试渠道"}, "kind": "app", "owner": {"zh-CN": "测试主办单位"}});
    let file = json!({"id": "black-box-app", "filing": filing});
    let filed = demo.post("/registry/v1/channels", demo.token("operator")).json(&file).await;
    filed.expect(201);
    let own = demo.post("/registry/v1/channels/black-box-app/approval", demo.token("operator")).send().await;
    assert_eq!(own.problem(403), "four-eyes");
    assert_eq!(call(demo, &token).await.problem(403), "channel-not-approved", "filed, not approved");

    change(demo, "black-box-app/approval", "reviewer", None).await;
    until("the channel may call", async || (call(demo, &token).await.status == 200).then_some(())).await;

    let why = json!({"reason": "违规收集个人信息"});
    let suspended = change(demo, "black-box-app/suspension", "operator", Some(why)).await;
    let refused = until("the channel may not call", async || {
        let answer = call(demo, &token).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert!(suspended.elapsed() < AT_ONCE, "{:?}", suspended.elapsed());
    assert_eq!(refused.problem(403), "channel-suspended");
    assert_eq!(refused.json()["fault"], "client");

    change(demo, "black-box-app/approval", "reviewer", None).await;
    until("the channel may call again", async || (call(demo, &token).await.status == 200).then_some(()))
        .await;
    let closed = change(demo, "black-box-app/closure", "operator", None).await;
    let refused = until("the channel is closed", async || {
        let answer = call(demo, &token).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert!(closed.elapsed() < AT_ONCE, "{:?}", closed.elapsed());
    assert_eq!(refused.problem(403), "channel-not-approved");
}

#[tokio::test]
async fn a_client_that_is_no_channel_calls_nothing() {
    let demo = busy();
    for client in ["yimen-desk", "HANGZHOU-APP", "hangzhou-app ", "https://app.example/"] {
        assert_eq!(call(demo, &through(demo, client)).await.problem(403), "channel-not-approved", "{client}");
    }
}

#[tokio::test]
async fn staff_do_not_call_as_citizens() {
    let demo = busy();
    for name in ["clerk", "departmentReviewer", "reviewer", "steward", "operator", "auditor"] {
        assert_eq!(call(demo, demo.token(name)).await.problem(403), "staff-token", "{name}");
    }
    let mut request = TokenRequest::new("somebody", AUDIENCE, "hangzhou-app");
    request.roles = vec!["clerk".to_owned()];
    assert_eq!(
        call(demo, &demo.sign(request)).await.problem(403),
        "staff-token",
        "through a good channel, too"
    );
}

#[tokio::test]
async fn an_assurance_level_that_nobody_knows_is_not_registered() {
    let demo = busy();
    let department = demo.enrol("保障级别局", "330106").await;
    let mut misspelt = content("保障级别写错的事项", "330106");
    misspelt["access"] = json!({"assurance": "hihg"});
    let body = json!({"localCode": "L-1", "content": misspelt});
    let refused = demo.post("/registry/v1/items", &department.clerk).json(&body).await;
    assert_eq!(refused.problem(422), "invalid-content");
    assert_eq!(refused.errors(), [("/content/access/assurance".to_owned(), "unknown-level".to_owned())]);
    assert!(refused.text().contains("the levels are high, low, substantial"), "{}", refused.text());
    misspelt["access"] = json!({"assurance": "high"});
    demo.draft(&department, "L-1", &misspelt).await;
}

#[tokio::test]
async fn who_submits_a_colleagues_draft_does_not_review_it() {
    let demo = busy();
    let department = demo.enrol("四眼局", "330106").await;
    let item = demo.draft(&department, "F-1", &content("四眼事项", "330106")).await;
    let both = |role: &str| {
        demo.mint(&["--role", role, "--department", &department.id, "--subject", "submits-and-reviews"])
    };
    let path = format!("/registry/v1/items/{item}/submissions");
    let submitted = demo.post(&path, &both("clerk")).send().await.position();
    let approval = demo.approval(item, &submitted).await;
    let path = format!("/registry/v1/items/{item}/reviews");
    let own = demo.post(&path, &both("department-reviewer")).json(&approval).await;
    assert_eq!(own.problem(403), "four-eyes");
    demo.post(&path, &department.reviewer).json(&approval).await.position();
}
