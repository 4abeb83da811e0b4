//! What readers may see, and how they are spared what they have.

use domain::EntryId;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::house::{House, XIHU, YUHANG, content};

const ITEMS: &str = "/registry/v1/items";

#[tokio::test]
async fn drafts_are_seen_by_their_department_and_by_the_catalogues_staff() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    let path = format!("{ITEMS}/{item}");
    let read = async |token: &str| house.get(&path).bearer(token).current().await.send().await.status;
    for token in [
        house.clerk(XIHU),
        house.department_reviewer(XIHU),
        house.reviewer(),
        house.steward(),
        house.operator(),
    ] {
        assert_eq!(read(&token).await, StatusCode::OK);
    }
    assert_eq!(read(&house.token("ann", &["auditor"], None)).await, StatusCode::OK);
    assert_eq!(read(&house.clerk(YUHANG)).await, StatusCode::NOT_FOUND);
    let history = house.get(&format!("{path}/events")).bearer(&house.clerk(YUHANG)).send().await;
    assert_eq!(history.problem(404), "not-found");
    let list = house.get(ITEMS).bearer(&house.clerk(YUHANG)).send().await.expect(StatusCode::OK);
    assert_eq!(list["items"], json!([]));
    let queue = house.get("/registry/v1/reviews?stage=department").bearer(&house.clerk(YUHANG)).send().await;
    assert_eq!(queue.expect(StatusCode::OK)["items"], json!([]));

    // Once it is public, others see that much.
    house.publish(XIHU, item).await;
    let revision = house.item(item).await["revision"].to_string();
    let revise = house
        .put(&format!("{path}/content"), &house.clerk(XIHU))
        .header("if-match", &format!("\"{revision}\""));
    revise.json(&content("食品经营许可(改)", "330106")).await.expect(StatusCode::OK);
    let seen =
        house.get(&path).bearer(&house.clerk(YUHANG)).current().await.send().await.expect(StatusCode::OK);
    assert_eq!((&seen["states"], &seen["proposal"]), (&json!(["published"]), &Value::Null));
    assert_eq!(house.item(item).await["states"], json!(["draft", "published"]));
}

#[tokio::test]
async fn the_history_says_who_did_what() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    house.publish(XIHU, item).await;
    let path = format!("{ITEMS}/{item}/events?limit=4");
    let answer = house.get(&path).bearer(&house.clerk(XIHU)).current().await.send().await;
    let first = answer.expect(StatusCode::OK);
    let rest = answer
        .header("link")
        .and_then(|link| link.strip_prefix('<')?.strip_suffix(">; rel=\"next\""))
        .expect("more");
    let second = house.get(rest).bearer(&house.clerk(XIHU)).send().await.expect(StatusCode::OK);
    let events: Vec<_> =
        [&first, &second].into_iter().flat_map(|page| page["items"].as_array().expect("a list")).collect();
    let types: Vec<_> = events.iter().map(|event| event["type"].as_str().expect("a type")).collect();
    assert_eq!(types, ["Drafted", "Submitted", "Approved", "Approved", "Published"]);
    assert_eq!((&events[0]["role"], &events[3]["actor"]), (&json!("clerk"), &json!("rita")));
    assert_eq!(second["next"], Value::Null);
}

#[tokio::test]
async fn the_queue_shows_what_waits_at_each_stage() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    house
        .post(&format!("{ITEMS}/{item}/submissions"), &house.clerk(XIHU))
        .send()
        .await
        .expect(StatusCode::OK);
    let waiting = async |stage: &str| {
        let path = format!("/registry/v1/reviews?stage={stage}");
        let answer =
            house.get(&path).bearer(&house.reviewer()).current().await.send().await.expect(StatusCode::OK);
        answer["items"].as_array().map(Vec::len)
    };
    assert_eq!((waiting("department").await, waiting("catalogue").await), (Some(1), Some(0)));
    let approval = house.approval(item).await;
    let reviews = format!("{ITEMS}/{item}/reviews");
    house.post(&reviews, &house.department_reviewer(XIHU)).json(&approval).await.expect(StatusCode::OK);
    assert_eq!((waiting("department").await, waiting("catalogue").await), (Some(0), Some(1)));
}

#[tokio::test]
async fn who_has_it_already_gets_a_304() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    house.publish(XIHU, item).await;
    house.place(item, EntryId::founded_by(item)).await;
    let path = format!("/catalogue/v1/entries/{item}");
    let first = house.get(&path).current().await.send().await;
    first.expect(StatusCode::OK);
    let again = house.get(&path).header("if-none-match", &first.etag()).send().await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(again.etag(), first.etag());
    let other_language =
        house.get(&path).header("if-none-match", &first.etag()).header("accept-language", "en").send().await;
    assert_eq!(other_language.status, StatusCode::OK);
    let head = house.ask(Method::HEAD, &path).send().await;
    assert_eq!((head.status, head.body.len(), head.etag()), (StatusCode::OK, 0, first.etag()));
    let notice = json!({"notice": {"zh-CN": "系统升级"}});
    house
        .post(&format!("{ITEMS}/{item}/suspension"), &house.operator())
        .json(&notice)
        .await
        .expect(StatusCode::OK);
    let changed = house.get(&path).header("if-none-match", &first.etag()).current().await.send().await;
    assert_eq!(changed.expect(StatusCode::OK)["offerings"][0]["standing"]["notice"]["zh-CN"], "系统升级");
}

#[tokio::test]
async fn lists_are_read_part_by_part_without_gaps() {
    let house = House::open().await.with_departments().await;
    let mut expected = Vec::new();
    for number in 0..5 {
        let item =
            house.draft(XIHU, &format!("A-{number}"), &content(&format!("许可{number}"), "330106")).await;
        house.publish(XIHU, item).await;
        house.place(item, EntryId::founded_by(item)).await;
        expected.push(item.to_string());
    }
    let lists = [
        ("/catalogue/v1/entries?limit=2".to_owned(), true),
        (format!("{ITEMS}?limit=2"), false),
        (
            format!(
                "{ITEMS}?limit=2&state=published&department=local:%E8%A5%BF%E6%B9%96%E5%8C%BA%E5%B8%82%E5%9C%BA%E7%9B%91%E7%AE%A1%E5%B1%80"
            ),
            true,
        ),
    ];
    for (first, in_order) in lists {
        let (mut next, mut found) = (Some(first.clone()), Vec::new());
        while let Some(path) = next {
            let answer = house.get(&path).bearer(&house.operator()).current().await.send().await;
            let page = answer.expect(StatusCode::OK);
            found.extend(
                page["items"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .filter_map(|item| item["id"].as_str().map(str::to_owned)),
            );
            let link = answer
                .header("link")
                .and_then(|link| link.strip_prefix('<')?.strip_suffix(">; rel=\"next\""));
            assert_eq!(link.is_some(), page["next"].is_string());
            next = link.map(str::to_owned);
        }
        let mut wanted = expected.clone();
        if !in_order {
            found.sort();
            wanted.sort();
        }
        assert_eq!(found, wanted, "{first}");
    }
}

#[tokio::test]
async fn answers_carry_version_and_trace_and_are_compressed() {
    let house = House::open().await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let answer = house.get("/nowhere").header("traceparent", trace).send().await;
    assert_eq!(answer.problem(404), "not-found");
    assert_eq!(answer.json()["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert!(
        answer
            .header("traceparent")
            .is_some_and(|value| value.starts_with("00-0af7651916cd43dd8448eb211c80319c-"))
    );
    assert_eq!(answer.header("api-version"), Some("1.0.0"));
    for coding in ["zstd", "br", "gzip"] {
        let document = house.get("/openapi/catalogue.json").header("accept-encoding", coding).send().await;
        assert_eq!(document.header("content-encoding"), Some(coding));
    }
}

#[tokio::test]
async fn operators_and_auditors_see_the_log() {
    let house = House::open().await.with_departments().await;
    let auditor = house.token("ann", &["auditor"], None);
    let page = house.get("/operations/v1/events?limit=1").bearer(&auditor).send().await;
    assert_eq!(page.expect(StatusCode::OK)["items"][0]["type"], "Enrolled");
    let next = page.json()["next"].as_str().expect("more").to_owned();
    let printed = page.json()["items"][0]["position"].as_str().expect("a position").to_owned();
    for after in [next, printed] {
        let rest = house.get(&format!("/operations/v1/events?after={after}")).bearer(&auditor).send().await;
        assert_eq!(rest.expect(StatusCode::OK)["items"].as_array().map(Vec::len), Some(1), "{after}");
    }
    let stream = "/operations/v1/events?stream=item-0d6f3c1e-0000-5000-8000-000000000001";
    assert_eq!(house.get(stream).bearer(&auditor).send().await.expect(StatusCode::OK)["items"], json!([]));
    let verified = house.post("/operations/v1/verification", &auditor).send().await.expect(StatusCode::OK);
    assert_eq!((&verified["clean"], &verified["events"]), (&json!(true), &json!(2)));
    assert_eq!(verified["anchors"]["hold"], true);
    let status = house.get("/operations/v1/status").bearer(&auditor).send().await.expect(StatusCode::OK);
    assert!(status["head"].is_string() && status["counts"]["departments"].is_number());
    // A forged cursor: base64url of the largest u64.
    let beyond =
        house.get(&format!("{stream}&after=MTg0NDY3NDQwNzM3MDk1NTE2MTU")).bearer(&auditor).send().await;
    assert_eq!(beyond.expect(StatusCode::OK)["items"], json!([]));
    let clerk = house.get("/operations/v1/events").bearer(&house.clerk(XIHU)).send().await;
    assert_eq!(clerk.problem(403), "role-not-allowed");
}
