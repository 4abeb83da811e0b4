//! What hostile or mistaken clients send: each gets the documented problem, and the server serves on.

use reqwest::Method;
use serde_json::{Value, json};

use crate::binary::Demo;
use crate::city::busy;
use crate::client::{Answer, text};
use crate::raw::exchange;
use crate::staff::{Department, callable, content};

const ITEMS: &str = "/registry/v1/items";
const NOBODY: &str = "0d6f3c1e-0000-5000-8000-000000000001";

async fn draft_of(demo: &Demo, department: &Department, content: &Value) -> Answer {
    let body = json!({"localCode": "B-1", "content": content});
    demo.post(ITEMS, &department.clerk).json(&body).await
}

fn one(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

#[tokio::test]
async fn what_is_no_json_or_no_field_is_said_with_its_place() {
    let demo = busy();
    let department = demo.enrol("错入甲局", "330106").await;
    for (malformed, place) in
        [("{\"localCode\":", "column 13"), ("{\"localCode\":\"A\",}", "column 18"), ("", "column 0")]
    {
        let answer = demo
            .post(ITEMS, &department.clerk)
            .header("content-type", "application/json")
            .body(malformed)
            .send()
            .await;
        assert_eq!(answer.problem(400), "malformed-json", "{malformed}");
        assert!(text(&answer.json()["detail"]).contains(place), "{}", answer.text());
    }
    for (wrong, nearest) in [("adience", "audience"), ("regoins", "regions"), ("keyWords", "keywords")] {
        let mut unknown = content("街头艺人登记", "330106");
        unknown[wrong] = json!([]);
        let answer = draft_of(demo, &department, &unknown).await;
        assert_eq!(answer.problem(422), "invalid-content");
        assert_eq!(answer.errors(), one(&format!("/content/{wrong}"), "unknown-field"));
        let detail = text(&answer.json()["errors"][0]["detail"]).to_owned();
        assert!(detail.contains(&format!("did you mean {nearest}?")), "{detail}");
    }
    draft_of(demo, &department, &content("街头艺人登记", "330106")).await.expect(201);
}

#[tokio::test]
async fn content_that_breaks_rules_is_refused_field_by_field() {
    let demo = busy();
    let department = demo.enrol("错入乙局", "330106").await;
    let good = content("街头书法登记", "330106");
    let with = |field: &str, value: Value| {
        let mut content = good.clone();
        content[field] = value;
        content
    };
    for (content, pointer, code) in [
        (with("name", json!({"zh-CN": "长".repeat(201)})), "/content/name/zh-CN", "too-long"),
        (with("summary", json!({"zh-CN": "长".repeat(2001)})), "/content/summary/zh-CN", "too-long"),
        (with("name", json!({"zh-CN": "一\u{7}门"})), "/content/name/zh-CN", "control-character"),
        (with("regions", json!(["33010"])), "/content/regions/0", "invalid"),
        (with("regions", json!(["330006"])), "/content/regions/0", "invalid"),
        (with("codes", json!([{"scheme": "cn-basic", "value": "51A"}])), "/content/codes/0", "invalid"),
        (with("level", json!(7)), "/content/level", "invalid"),
        (with("kind", json!("99")), "/content/kind", "unknown-value"),
        (callable("街头书法登记", "330106", "ftp://backend"), "/content/backend/baseUrl", "url"),
        (callable("街头书法登记", "330106", "http://u:p@backend"), "/content/backend/baseUrl", "url"),
        (callable("街头书法登记", "330106", "http://2852039166/"), "/content/backend/baseUrl", "url"),
        (
            callable("街头书法登记", "330106", "http://[::ffff:169.254.169.254]/latest"),
            "/content/backend/baseUrl",
            "forbidden-address",
        ),
    ] {
        let answer = draft_of(demo, &department, &content).await;
        assert_eq!(answer.problem(422), "invalid-content", "{pointer}");
        assert_eq!(answer.errors(), one(pointer, code));
    }
    draft_of(demo, &department, &good).await.expect(201);
}

#[tokio::test]
async fn wrong_codes_of_departments_are_refused() {
    let demo = busy();
    let enrol = async |code: &str, region: &str| {
        let body =
            json!({"code": {"scheme": "uscc", "value": code}, "name": {"zh-CN": "错号局"}, "region": region});
        demo.post("/registry/v1/departments", demo.token("operator")).json(&body).await
    };
    for wrong in ["11330100MA27XW1300", "12441500196720244X", "1244150019672024IT", "1"] {
        let answer = enrol(wrong, "330100").await;
        assert_eq!(
            (answer.problem(422).as_str(), answer.errors()),
            ("invalid-content", one("/code", "invalid")),
            "{wrong}"
        );
    }
    assert_eq!(enrol("12441500196720244T", "33010").await.errors(), one("/region", "invalid"));
}

#[tokio::test]
async fn a_stale_revision_changes_nothing() {
    let demo = busy();
    let department = demo.enrol("错入丙局", "330106").await;
    let item = demo.draft(&department, "C-1", &content("古井保护登记", "330106")).await;
    let path = format!("{ITEMS}/{item}/content");
    let put = |tag: &'static str| demo.put(&path, &department.clerk).header("if-match", tag);
    let (newer, newest) = (content("古井保护登记二", "330106"), content("古井保护登记三", "330106"));
    assert_eq!(demo.put(&path, &department.clerk).json(&newer).await.problem(428), "precondition-required");
    let position = put("\"0\"").json(&newer).await.position();
    assert_eq!(put("\"0\"").json(&newest).await.problem(412), "stale-revision");
    assert_eq!(put("W/\"1\"").json(&newest).await.problem(412), "stale-revision");
    assert_eq!(put("1").json(&newest).await.problem(400), "invalid-header");
    let kept = demo.item(item, &position).await;
    assert_eq!(kept["proposal"]["content"]["name"]["zh-CN"], "古井保护登记二");
}

#[tokio::test]
async fn reviews_are_of_what_was_read_and_never_of_own_work() {
    let demo = busy();
    let department = demo.enrol("错入丁局", "330106").await;
    let other = demo.enrol("错入戊局", "330110").await;
    let item = demo.draft(&department, "D-1", &content("民间收藏馆备案", "330106")).await;
    let submitted = demo.submit(&department, item).await;
    let read = demo.approval(item, &submitted).await;
    let reviews = format!("{ITEMS}/{item}/reviews");

    // The author, with the reviewer's token on top; another department's reviewer; a later stage's.
    let subject = format!("demo-clerk@{}", department.id);
    let both =
        demo.mint(&["--role", "department-reviewer", "--department", &department.id, "--subject", &subject]);
    assert_eq!(demo.post(&reviews, &both).json(&read).await.problem(403), "four-eyes");
    assert_eq!(demo.post(&reviews, &other.reviewer).json(&read).await.problem(403), "not-allowed");
    assert_eq!(demo.post(&reviews, demo.token("reviewer")).json(&read).await.problem(409), "other-stage");
    assert_eq!(demo.post(&reviews, &department.clerk).json(&read).await.problem(403), "role-not-allowed");
    assert_eq!(
        demo.post(&reviews, demo.token("operator")).json(&read).await.problem(403),
        "role-not-allowed"
    );

    // Changed after it was read: the approval is of something else.
    let path = format!("{ITEMS}/{item}");
    let position = demo.post(&format!("{path}/withdrawal"), &department.clerk).send().await.position();
    let tag = format!("\"{}\"", demo.item(item, &position).await["revision"]);
    let changed = demo.put(&format!("{path}/content"), &department.clerk).header("if-match", &tag);
    changed.json(&content("民间收藏馆备案(改)", "330106")).await.position();
    let again = demo.submit(&department, item).await;
    let stale = demo.post(&reviews, &department.reviewer).json(&read).await;
    assert_eq!(stale.problem(409), "other-revision");
    let current = demo.approval(item, &again).await;
    assert_eq!(stale.json()["contentHash"], current["contentHash"]);
    let mut mixed = current.clone();
    mixed["contentHash"] = read["contentHash"].clone();
    assert_eq!(demo.post(&reviews, &department.reviewer).json(&mixed).await.problem(409), "other-revision");
    demo.post(&reviews, &department.reviewer).json(&current).await.expect(200);
}

#[tokio::test]
async fn a_department_neither_sees_nor_changes_anothers_drafts() {
    let demo = busy();
    let (own, other) = (demo.enrol("错入己局", "330106").await, demo.enrol("错入庚局", "330106").await);
    let item = demo.draft(&own, "E-1", &content("秋千架设备案", "330106")).await;
    let path = format!("{ITEMS}/{item}");
    assert_eq!(demo.get(&path).bearer(&other.clerk).send().await.problem(404), "not-found");
    let put = demo.put(&format!("{path}/content"), &other.clerk).header("if-match", "\"0\"");
    assert_eq!(put.json(&content("秋千", "330106")).await.problem(403), "not-allowed");
    assert_eq!(
        demo.post(&format!("{path}/submissions"), &other.clerk).send().await.problem(403),
        "not-allowed"
    );
    demo.submit(&own, item).await;
}

#[tokio::test]
async fn what_is_not_there_or_not_meant_so_is_said_in_the_same_form() {
    let demo = busy();
    for nowhere in [
        format!("/catalogue/v1/entries/{NOBODY}"),
        "/catalogue/v1/entries/x".to_owned(),
        "/nowhere".to_owned(),
    ] {
        assert_eq!(demo.get(&nowhere).send().await.problem(404), "not-found", "{nowhere}");
    }
    let clerk = demo.token("clerk");
    assert_eq!(
        demo.post(&format!("{ITEMS}/{NOBODY}/submissions"), clerk).send().await.problem(404),
        "not-found"
    );
    let method = demo.ask(Method::DELETE, "/catalogue/v1/entries").send().await;
    assert_eq!(
        (method.problem(405).as_str(), method.header("allow")),
        ("method-not-allowed", Some("GET,HEAD"))
    );
    let plain = demo.post(ITEMS, clerk).header("content-type", "text/plain").body("{}").send().await;
    assert_eq!(plain.problem(415), "unsupported-media-type");
    let huge = format!("{{\"localCode\":\"{}\"}}", "x".repeat(1024 * 1024));
    let huge = demo.post(ITEMS, clerk).header("content-type", "application/json").body(huge).send().await;
    assert_eq!(huge.problem(413), "content-too-large");
}

#[tokio::test]
async fn parameters_are_known_and_within_bounds() {
    let demo = busy();
    for (query, pointer, code) in [
        ("limt=3", "/limt", "unknown-parameter"),
        ("limit=0", "/limit", "invalid"),
        ("limit=201", "/limit", "invalid"),
        ("limit=1&limit=2", "/limit", "repeated"),
        ("region=33", "/region", "invalid"),
        ("kind=99", "/kind", "invalid"),
        ("cursor=!!", "/cursor", "invalid"),
    ] {
        let answer = demo.get(&format!("/catalogue/v1/entries?{query}")).send().await;
        assert_eq!(answer.problem(400), "invalid-parameter", "{query}");
        assert_eq!(answer.errors(), one(pointer, code));
    }
    let near = demo.get("/catalogue/v1/entries?regoin=330106").send().await;
    assert!(near.text().contains("did you mean region?"), "{}", near.text());
    assert_eq!(demo.get("/catalogue/v1/entries").at("soon").send().await.problem(400), "invalid-header");
    assert_eq!(demo.get("/catalogue/v1/changes?since=nonsense").send().await.problem(410), "resync-required");
}

#[tokio::test]
async fn one_idempotency_key_is_one_command() {
    let demo = busy();
    let department = demo.enrol("错入辛局", "330106").await;
    let body = json!({"localCode": "K-1", "content": content("风筝场地预约", "330106")});
    let send = async |body: &Value| {
        demo.post(ITEMS, &department.clerk).header("idempotency-key", "k-1").json(body).await
    };
    let first = send(&body).await;
    let again = send(&body).await;
    assert_eq!(again.expect(201), first.expect(201));
    assert_eq!(
        (first.header("idempotent-replayed"), again.header("idempotent-replayed")),
        (None, Some("true"))
    );
    let other = json!({"localCode": "K-2", "content": content("风筝场地预约", "330106")});
    assert_eq!(send(&other).await.problem(422), "idempotency-key-reused");
    let unkeyed = demo.post(ITEMS, &department.clerk).json(&body).await;
    assert_eq!(unkeyed.problem(409), "already-registered");
}

#[tokio::test]
async fn broken_framing_is_refused_and_the_next_client_is_served() {
    let demo = busy();
    for head in [
        "POST /registry/v1/items HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\nconnection: close\r\n\r\nab",
        "GET /catalogue/v1/entries HTTP/1.1\r\nhost: x\r\nbad header: 1\r\n\r\n",
        "NONSENSE\r\n\r\n",
    ] {
        assert_eq!(exchange(&demo.url(""), head).await.status, 400, "{head}");
    }
    demo.get("/catalogue/v1/entries?limit=1").send().await.expect(200);
}
