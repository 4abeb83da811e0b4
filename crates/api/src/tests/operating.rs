//! Bulk migration, departments, channels, duplicates, and the admin listener.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use domain::duplicate_case::DuplicateCaseCommand;
use domain::{Basis, CaseId, DuplicateCase};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::house::{House, XIHU, YUHANG, content};
use crate::problem::{Code, Problem};
use crate::{admin_router, stack};

const IMPORTS: &str = "/operations/v1/imports";

fn row(line: u64, local_code: &str, name: &str) -> Value {
    let department = json!({"name": {"zh-CN": "广安区民政局"}, "region": "511602"});
    json!({"line": line, "department": department, "localCode": local_code, "content": content(name, "511602")})
}

fn outcomes(report: &Value) -> Vec<(u64, &str)> {
    let rows = report["rows"].as_array().expect("rows");
    rows.iter()
        .map(|row| (row["line"].as_u64().expect("a line"), row["outcome"].as_str().expect("an outcome")))
        .collect()
}

#[tokio::test]
async fn each_row_of_an_import_has_its_own_outcome_and_may_come_again() {
    let house = House::open().await;
    let mut wrong = row(3, "C", "低保");
    wrong["content"]["regions"] = json!(["51160"]);
    wrong["department"]["code"] = json!({"scheme": "uscc", "value": "1"});
    wrong["localCode"] = json!(" ");
    let mut long = row(4, "D", "低保");
    long["content"]["summary"] = json!({"zh-CN": "长".repeat(2001)});
    let batch = json!({"source": "items.csv", "rows": [row(1, "A", "养老"), row(2, "B", "低保"), wrong, long, row(5, "A", "养老金")]});
    let report = house.post(IMPORTS, &house.operator()).json(&batch).await.expect(StatusCode::OK);
    assert_eq!(
        outcomes(&report),
        [(1, "created"), (2, "created"), (3, "refused"), (4, "refused"), (5, "updated")]
    );
    let pointers: Vec<_> = report["rows"][2]["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| error["pointer"].clone())
        .collect();
    assert_eq!(pointers, ["/department/code", "/localCode", "/content/regions/0"]);
    assert_eq!(report["rows"][3]["errors"][0]["pointer"], "/content/summary/zh-CN");

    let before = house.events().await;
    let rows = json!({"source": "items.csv", "rows": [row(2, "B", "低保"), row(5, "A", "养老金")]});
    let report = house.post(IMPORTS, &house.operator()).json(&rows).await.expect(StatusCode::OK);
    assert_eq!(outcomes(&report), [(2, "unchanged"), (5, "unchanged")]);
    assert_eq!(house.events().await, before);
    let item = report["rows"][0]["item"].as_str().and_then(|id| id.parse().ok()).expect("an item");
    let item = house.item(item).await;
    assert_eq!(item["department"], "local:广安区民政局");
    assert_eq!(item["publication"]["basis"], json!({"type": "migration", "source": "items.csv"}));
}

#[tokio::test]
async fn imports_are_an_operators_act_and_bounded() {
    let house = House::open().await;
    let batch = json!({"source": "x", "rows": [row(1, "A", "养老")]});
    assert_eq!(house.post(IMPORTS, &house.clerk(XIHU)).json(&batch).await.problem(403), "role-not-allowed");
    let empty = house.post(IMPORTS, &house.operator()).json(&json!({"source": "x", "rows": []})).await;
    assert_eq!(empty.problem(422), "invalid-content");
    let mut big = row(1, "A", "养老");
    big["content"]["steps"] = json!([{"zh-CN": "步".repeat(600_000)}]);
    let report = house.post(IMPORTS, &house.operator()).json(&json!({"source": "x", "rows": [big]})).await;
    assert_eq!(outcomes(&report.expect(StatusCode::OK)), [(1, "refused")], "more than 1 MiB is allowed here");
}

#[tokio::test]
async fn a_channel_is_filed_by_one_and_approved_by_another() {
    let house = House::open().await;
    let filing = json!({"name": {"zh-CN": "杭州办事"}, "kind": "app", "owner": {"zh-CN": "市数据局"}});
    let body = json!({"id": "hangzhou-app", "filing": filing});
    house.post("/registry/v1/channels", &house.operator()).json(&body).await.expect(StatusCode::CREATED);
    let path = "/registry/v1/channels/hangzhou-app";
    let approval = format!("{path}/approval");
    assert_eq!(house.post(&approval, &house.operator()).send().await.problem(403), "four-eyes");
    house.post(&approval, &house.reviewer()).send().await.expect(StatusCode::OK);
    let shown = house.get(path).bearer(&house.reviewer()).current().await.send().await.expect(StatusCode::OK);
    assert_eq!(shown["standing"], json!({"type": "approved"}));
    let suspended =
        house.post(&format!("{path}/suspension"), &house.operator()).json(&json!({"reason": " "})).await;
    assert_eq!(suspended.errors(), [("/reason".to_owned(), "blank".to_owned())]);
    house.post(&format!("{path}/closure"), &house.operator()).send().await.expect(StatusCode::OK);
    assert_eq!(house.post(&approval, &house.reviewer()).send().await.problem(409), "wrong-state");
    let list = house.get("/registry/v1/channels").bearer(&house.reviewer()).current().await.send().await;
    assert_eq!(list.expect(StatusCode::OK)["items"][0]["standing"]["type"], "closed");
}

#[tokio::test]
async fn a_department_is_renamed_succeeded_and_listed() {
    let house = House::open().await.with_departments().await;
    let path = "/registry/v1/departments/local:%E4%BD%99%E6%9D%AD%E5%8C%BA%E5%B8%82%E5%9C%BA%E7%9B%91%E7%AE%A1%E5%B1%80";
    let rename = house.put(&format!("{path}/name"), &house.operator()).header("if-match", "\"0\"");
    rename.json(&json!({"name": {"zh-CN": "余杭区市场局"}})).await.expect(StatusCode::OK);
    let unknown =
        house.post(&format!("{path}/succession"), &house.operator()).json(&json!({"by": "local:无"})).await;
    assert_eq!(unknown.problem(409), "department-not-active");
    house
        .post(&format!("{path}/succession"), &house.operator())
        .json(&json!({"by": XIHU}))
        .await
        .expect(StatusCode::OK);
    let shown =
        house.get(path).bearer(&house.clerk(YUHANG)).current().await.send().await.expect(StatusCode::OK);
    assert_eq!((&shown["name"]["zh-CN"], &shown["standing"]["by"]), (&json!("余杭区市场局"), &json!(XIHU)));
    let resumed = house.post(&format!("{path}/resumption"), &house.operator()).send().await;
    assert_eq!(resumed.problem(409), "department-succeeded");
    let list = house
        .get("/registry/v1/departments?limit=1")
        .bearer(&house.operator())
        .send()
        .await
        .expect(StatusCode::OK);
    let next = list["next"].as_str().expect("more");
    let rest =
        house.get(&format!("/registry/v1/departments?cursor={next}")).bearer(&house.operator()).send().await;
    assert_eq!(rest.expect(StatusCode::OK)["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_duplicate_case_is_shown_side_by_side_and_decided() {
    let house = House::open().await.with_departments().await;
    let a = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    let b = house.draft(XIHU, "B", &content("食品经营许可核发", "330106")).await;
    let id = CaseId::new(a, b);
    house
        .command::<DuplicateCase>(
            &id,
            &DuplicateCaseCommand::Suspect { items: [a, b], basis: Basis::default() },
        )
        .await;
    let path = format!("/registry/v1/duplicate-cases/{id}");
    let shown = house.get(&path).bearer(&house.steward()).current().await.send().await.expect(StatusCode::OK);
    assert_eq!(shown["sideBySide"].as_array().map(Vec::len), Some(2));
    let confirmation = format!("{path}/confirmation");
    let neither = house.post(&confirmation, &house.steward()).json(&json!({})).await;
    assert_eq!(neither.errors(), [(String::new(), "one-of".to_owned())]);
    let foreign = json!({"primary": "0d6f3c1e-0000-5000-8000-000000000001"});
    let foreign = house.post(&confirmation, &house.steward()).json(&foreign).await;
    assert_eq!(foreign.errors(), [("/primary".to_owned(), "foreign-primary".to_owned())]);
    house
        .post(&confirmation, &house.steward())
        .json(&json!({"primary": a.to_string()}))
        .await
        .expect(StatusCode::OK);
    let dismissal =
        house.post(&format!("{path}/dismissal"), &house.steward()).json(&json!({"comment": "不同"})).await;
    assert_eq!(dismissal.problem(409), "case-decided");
    let listed = async |state: &str| {
        let path = format!("/registry/v1/duplicate-cases?state={state}");
        let answer =
            house.get(&path).bearer(&house.steward()).current().await.send().await.expect(StatusCode::OK);
        answer["items"].as_array().map(Vec::len)
    };
    assert_eq!((listed("open").await, listed("decided").await), (Some(0), Some(1)));
    house.post(&format!("{path}/reopening"), &house.steward()).send().await.expect(StatusCode::OK);
    assert_eq!((listed("open").await, listed("decided").await), (Some(1), Some(0)));
}

#[tokio::test]
async fn the_admin_listener_says_whether_requests_may_come() {
    let mut house = House::open().await;
    let admin = admin_router(house.app.clone(), || "yimen_up 1\n".to_owned());
    let ask = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = admin.clone().oneshot(request).await.expect("it always answers");
        let status = response.status();
        (status, response.into_body().collect().await.expect("the body comes").to_bytes())
    };
    assert_eq!(ask("/healthz").await.0, StatusCode::OK);
    assert_eq!(ask("/metrics").await.1, "yimen_up 1\n");
    let (status, body) = ask("/readyz").await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
    house.stop_following().await;
    let house = house.with_departments().await;
    let (status, body) = ask("/readyz").await;
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let expected = json!({
        "ready": false, "log": "ok", "writes": "ok", "readModel": "behind", "issuerKeys": "ok", "anchoring": "ok"
    });
    assert_eq!(body, expected);
    drop(house);
}

#[tokio::test]
async fn a_defect_costs_one_request_and_tells_nothing() {
    let quiet: Arc<dyn Fn() + Send + Sync> = Arc::new(|| std::panic::panic_any("secret".to_owned()));
    let panics = move || {
        let quiet = Arc::clone(&quiet);
        async move { quiet() }
    };
    let fails = || async { Problem::internal("secret") };
    let routes =
        Router::new().route("/panics", axum::routing::get(panics)).route("/fails", axum::routing::get(fails));
    let router = stack::around(routes);
    for path in ["/panics", "/fails"] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("it always answers");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = response.into_body().collect().await.expect("the body comes").to_bytes();
        let text = String::from_utf8_lossy(&body);
        assert!(text.contains(Code::Internal.as_str()) && !text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn a_position_that_is_not_reached_is_said_so() {
    let mut house = House::open().await;
    let never = house.get("/catalogue/v1/entries").header("yimen-position", "00000000000000ff").send().await;
    assert_eq!(never.problem(400), "invalid-header");
    house.stop_following().await;
    let house = house.with_departments().await;
    let head = house.app.store.head().await.expect("the log is there");
    tokio::time::pause();
    let answer = house.get("/catalogue/v1/entries").header("yimen-position", &head.to_string()).send().await;
    assert_eq!(answer.problem(503), "read-model-behind");
    assert_eq!(answer.header("retry-after"), Some("1"));
}
