//! What hostile or mistaken clients send: each gets the documented problem, nothing is written, and it serves on.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::json;

use super::house::{House, XIHU, YUHANG, content};

const ITEMS: &str = "/registry/v1/items";

#[tokio::test]
async fn bad_bodies_are_refused_and_nothing_is_written() {
    let house = House::open().await.with_departments().await;
    let before = house.events().await;
    let clerk = house.clerk(XIHU);

    assert_eq!(house.post(ITEMS, &clerk).text("{\"localCode\":").await.problem(400), "malformed-json");
    let plain = house.post(ITEMS, &clerk).header("content-type", "text/plain").body(Body::from("{}")).await;
    assert_eq!(plain.problem(415), "unsupported-media-type");

    let mut unknown = content("食品经营许可", "330106");
    unknown["adience"] = json!(["legal-person"]);
    let answer = house.post(ITEMS, &clerk).json(&json!({"localCode": "A", "content": unknown})).await;
    assert_eq!(answer.problem(422), "invalid-content");
    assert_eq!(answer.errors(), [("/content/adience".to_owned(), "unknown-field".to_owned())]);
    assert!(
        answer.json()["errors"][0]["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("did you mean audience?"))
    );

    let long = content(&"长".repeat(201), "330106");
    let answer = house.post(ITEMS, &clerk).json(&json!({"localCode": "A", "content": long})).await;
    assert_eq!(answer.problem(422), "invalid-content");
    assert_eq!(answer.errors(), [("/content/name/zh-CN".to_owned(), "too-long".to_owned())]);

    let mut coded = content("食品经营许可", "330106");
    coded["codes"] = json!([{"scheme": "cn-basic", "value": "511Z07001006"}]);
    let answer = house.post(ITEMS, &clerk).json(&json!({"localCode": "A", "content": coded})).await;
    assert_eq!(answer.errors(), [("/content/codes/0".to_owned(), "invalid".to_owned())]);

    let huge = format!("{{\"localCode\":\"{}\"}}", "x".repeat(1024 * 1024));
    assert_eq!(house.post(ITEMS, &clerk).text(&huge).await.problem(413), "content-too-large");

    assert_eq!(house.events().await, before);
    house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
}

#[tokio::test]
async fn wrong_codes_of_departments_are_refused() {
    let house = House::open().await;
    let body = json!({"code": {"scheme": "uscc", "value": "11330100MA27XW1300"}, "name": {"zh-CN": "局"}, "region": "330100"});
    let answer = house.post("/registry/v1/departments", &house.operator()).json(&body).await;
    assert_eq!(answer.problem(422), "invalid-content");
    assert_eq!(answer.errors(), [("/code".to_owned(), "invalid".to_owned())]);
    assert_eq!(house.events().await, 0);
}

#[tokio::test]
async fn credentials_are_checked_before_anything_else() {
    let house = House::open().await;
    let answer = house.ask(Method::POST, ITEMS).text("{").await;
    assert_eq!(answer.problem(401), "credentials-absent");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"yimen\""));
    let expired = house.post(ITEMS, &house.expired_token()).send().await;
    assert_eq!(expired.problem(401), "token-expired");
    assert!(expired.header("www-authenticate").is_some_and(|challenge| challenge.contains("invalid_token")));
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.";
    assert_eq!(house.post(ITEMS, unsigned).send().await.status, StatusCode::UNAUTHORIZED);
    let mut forged = house.operator();
    forged.truncate(forged.len() - 8);
    forged.push_str("AAAAAAAA");
    assert_eq!(house.post(ITEMS, &forged).send().await.problem(401), "token-signature");
    let citizen = house.token("citizen", &[], None);
    assert_eq!(house.post(ITEMS, &citizen).send().await.problem(403), "role-not-allowed");
    assert_eq!(house.get(ITEMS).bearer(&citizen).send().await.problem(403), "role-not-allowed");
    assert_eq!(house.post(ITEMS, &house.operator()).send().await.problem(403), "role-not-allowed");
}

#[tokio::test]
async fn only_the_enrolled_and_active_register() {
    let house = House::open().await.with_departments().await;
    let body = json!({"localCode": "A", "content": content("食品经营许可", "330106")});
    let stranger = house.clerk("local:无");
    assert_eq!(house.post(ITEMS, &stranger).json(&body).await.problem(409), "department-not-active");
    let suspension = "/registry/v1/departments/local:%E8%A5%BF%E6%B9%96%E5%8C%BA%E5%B8%82%E5%9C%BA%E7%9B%91%E7%AE%A1%E5%B1%80/suspension";
    house
        .post(suspension, &house.operator())
        .json(&json!({"notice": {"zh-CN": "整顿"}}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(house.post(ITEMS, &house.clerk(XIHU)).json(&body).await.problem(409), "department-not-active");
    house.draft(YUHANG, "A", &content("食品经营许可", "330110")).await;
    let again = house.post(ITEMS, &house.clerk(YUHANG)).json(&body).await;
    assert_eq!(again.problem(409), "already-registered");
}

#[tokio::test]
async fn a_change_has_to_name_the_revision_that_it_changes() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    let path = format!("{ITEMS}/{item}/content");
    let newer = content("食品经营许可核发", "330106");
    let clerk = house.clerk(XIHU);
    assert_eq!(house.put(&path, &clerk).json(&newer).await.problem(428), "precondition-required");
    house.put(&path, &clerk).header("if-match", "\"0\"").json(&newer).await.expect(StatusCode::OK);
    let stale = house.put(&path, &clerk).header("if-match", "\"0\"").json(&newer).await;
    assert_eq!(stale.problem(412), "stale-revision");
    assert_eq!(stale.json()["revision"], 1);
    let weak = house.put(&path, &clerk).header("if-match", "W/\"1\"").json(&newer).await;
    assert_eq!(weak.problem(412), "stale-revision");
    assert_eq!(
        house.put(&path, &clerk).header("if-match", "1").json(&newer).await.problem(400),
        "invalid-header"
    );
    // Honoured on POST where it is sent.
    let submit =
        house.post(&format!("{ITEMS}/{item}/submissions"), &clerk).header("if-match", "\"0\"").send().await;
    assert_eq!(submit.problem(412), "stale-revision");
    assert_eq!(house.item(item).await["proposal"]["content"]["name"]["zh-CN"], "食品经营许可核发");
}

#[tokio::test]
async fn an_approval_is_of_exactly_what_was_read_and_by_somebody_else() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    let (path, clerk) = (format!("{ITEMS}/{item}"), house.clerk(XIHU));
    house.post(&format!("{path}/submissions"), &clerk).send().await.expect(StatusCode::OK);
    let stale = house.approval(item).await;
    let reviews = format!("{path}/reviews");

    // The author, with the reviewer's role on top.
    let both = house.token(&format!("clerk of {XIHU}"), &["department-reviewer"], Some(XIHU));
    assert_eq!(house.post(&reviews, &both).json(&stale).await.problem(403), "four-eyes");
    let foreign = house.post(&reviews, &house.department_reviewer(YUHANG)).json(&stale).await;
    assert_eq!(foreign.problem(403), "not-allowed");
    assert_eq!(house.post(&reviews, &house.reviewer()).json(&stale).await.problem(409), "other-stage");
    let silent =
        json!({"decision": "reject", "revision": stale["revision"], "contentHash": stale["contentHash"]});
    let silent = house.post(&reviews, &house.department_reviewer(XIHU)).json(&silent).await;
    assert_eq!(silent.errors(), [("/comment".to_owned(), "blank".to_owned())]);

    house.post(&format!("{path}/withdrawal"), &clerk).send().await.expect(StatusCode::OK);
    let revision = house.item(item).await["revision"].to_string();
    let changed = content("食品经营许可(改)", "330106");
    let revise = house.put(&format!("{path}/content"), &clerk).header("if-match", &format!("\"{revision}\""));
    revise.json(&changed).await.expect(StatusCode::OK);
    house.post(&format!("{path}/submissions"), &clerk).send().await.expect(StatusCode::OK);
    let refused = house.post(&reviews, &house.department_reviewer(XIHU)).json(&stale).await;
    assert_eq!(refused.problem(409), "other-revision");
    let current = house.approval(item).await;
    assert_eq!(refused.json()["contentHash"], current["contentHash"]);
    house.post(&reviews, &house.department_reviewer(XIHU)).json(&current).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn whoever_reviews_at_both_stages_acts_in_the_role_of_the_stage() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    let path = format!("{ITEMS}/{item}");
    house.post(&format!("{path}/submissions"), &house.clerk(XIHU)).send().await.expect(StatusCode::OK);
    let first = house.approval(item).await;
    house
        .post(&format!("{path}/reviews"), &house.department_reviewer(XIHU))
        .json(&first)
        .await
        .expect(StatusCode::OK);
    let both = house.token("bo", &["department-reviewer", "reviewer"], Some(YUHANG));
    let second = house.approval(item).await;
    house.post(&format!("{path}/reviews"), &both).json(&second).await.expect(StatusCode::OK);
    assert_eq!(house.item(item).await["states"], json!(["approved"]));
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_same_form() {
    let house = House::open().await;
    let unknown = "/catalogue/v1/entries/0d6f3c1e-0000-5000-8000-000000000001";
    assert_eq!(house.get(unknown).send().await.problem(404), "not-found");
    assert_eq!(house.get("/catalogue/v1/entries/nonsense").send().await.problem(404), "not-found");
    assert_eq!(house.get("/nowhere").send().await.problem(404), "not-found");
    let method = house.ask(Method::DELETE, "/catalogue/v1/entries").send().await;
    assert_eq!(method.problem(405), "method-not-allowed");
    assert_eq!(method.header("allow"), Some("GET,HEAD"));
    let absent = house
        .put(&format!("{unknown}/name").replace("catalogue", "registry"), &house.steward())
        .header("if-match", "\"0\"");
    // Nothing that could have been read has that revision.
    assert_eq!(absent.json(&json!({"name": {"zh-CN": "名"}})).await.problem(412), "stale-revision");
    let submit = "/registry/v1/items/0d6f3c1e-0000-5000-8000-000000000001/submissions";
    let answer = house.with_departments().await;
    assert_eq!(answer.post(submit, &answer.clerk(XIHU)).send().await.problem(404), "not-found");
}

#[tokio::test]
async fn parameters_are_known_and_within_bounds() {
    let house = House::open().await;
    let path = "/catalogue/v1/entries";
    let refused = async |query: &str| {
        let answer = house.get(&format!("{path}?{query}")).send().await;
        assert_eq!(answer.problem(400), "invalid-parameter", "{query}");
        answer.errors()
    };
    let one = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    assert_eq!(refused("limt=3").await, one("/limt", "unknown-parameter"));
    assert_eq!(refused("limit=0").await, one("/limit", "invalid"));
    assert_eq!(refused("limit=201").await, one("/limit", "invalid"));
    assert_eq!(refused("region=33").await, one("/region", "invalid"));
    assert_eq!(refused("kind=99").await, one("/kind", "invalid"));
    assert_eq!(refused("limit=1&limit=2").await, one("/limit", "repeated"));
    assert_eq!(refused("cursor=!!").await, one("/cursor", "invalid"));
    assert_eq!(refused(&format!("q={}", "x".repeat(201))).await, one("/q", "invalid"));
    assert_eq!(refused("q=x&cursor=nonsense").await, one("/cursor", "invalid"));
    let position = house.get(path).header("yimen-position", "soon").send().await;
    assert_eq!(position.problem(400), "invalid-header");
    for (name, most) in [("if-none-match", 4096), ("accept-language", 1024)] {
        let longest = house.get(path).header(name, &"x".repeat(most)).send().await;
        longest.expect(StatusCode::OK);
        let longer = house.get(path).header(name, &"x".repeat(most + 1)).send().await;
        assert_eq!(longer.problem(400), "invalid-header", "{name}");
    }
    let events = house.get("/operations/v1/events").bearer(&house.operator());
    let events = events.header("if-none-match", &"x".repeat(4097)).send().await;
    assert_eq!(events.problem(400), "invalid-header");
    let since = house.get("/catalogue/v1/changes?since=nonsense").send().await;
    assert_eq!(since.problem(410), "resync-required");
}

#[tokio::test]
async fn a_code_too_long_for_a_stream_is_refused_and_no_failure() {
    let house = House::open().await;
    let enrolment = json!({
        "code": {"scheme": "local", "value": "局".repeat(128)}, "name": {"zh-CN": "局"}, "region": "330106",
    });
    let answer = house.post("/registry/v1/departments", &house.operator()).json(&enrolment).await;
    assert_eq!(answer.problem(422), "invalid-content");
    assert_eq!(answer.errors(), [("/code".to_owned(), "invalid".to_owned())]);
}

#[tokio::test]
async fn a_full_disk_is_said_so_and_nothing_acknowledged_is_lost() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    house.store.set_max_pages(Some(1)).await.expect("the quota changes");
    let mut status = StatusCode::CREATED;
    for number in 0..200 {
        let body =
            json!({"localCode": format!("B-{number}"), "content": content(&"食".repeat(200), "330106")});
        let answer = house.post(ITEMS, &house.clerk(XIHU)).json(&body).await;
        status = answer.status;
        if status != StatusCode::CREATED {
            assert_eq!(answer.problem(503), "log-unavailable");
            assert_eq!(answer.json()["fault"], "gateway");
            assert!(answer.header("retry-after").is_some());
            break;
        }
    }
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(house.item(item).await["states"], json!(["draft"]));
    house.store.set_max_pages(None).await.expect("the quota changes");
    house.draft(XIHU, "C", &content("食品经营许可", "330106")).await;
}
