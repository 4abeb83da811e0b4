//! The main job, end to end: a department registers, reviewers approve, citizens read and call, a steward tidies up.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::binary::Demo;
use crate::city::busy;
use crate::client::{list, text, until};
use crate::staff::{callable, content};
use crate::stand_in::StandIn;

/// A service's content under a national basic code, so that another department's is recognised as the same.
fn coded(name: &str, region: &str, code: &str, base_url: &str) -> Value {
    let mut content = callable(name, region, base_url);
    content["codes"] = json!([{"scheme": "cn-basic", "value": code}]);
    content
}

async fn listed(demo: &Demo, path: &str, position: &str) -> Vec<String> {
    let page = demo.get(path).at(position).send().await.expect(200);
    list(&page["items"]).iter().map(|entry| text(&entry["id"]).to_owned()).collect()
}

/// The identifiers that the change feed names after `since`, each with what happened to it.
async fn changes(demo: &Demo, since: &str, position: &str) -> Vec<(String, String)> {
    let page = demo.get("/catalogue/v1/changes").query(&[("since", since), ("limit", "200")]).at(position);
    let page = page.send().await.expect(200);
    list(&page["items"])
        .iter()
        .map(|item| (text(&item["type"]).to_owned(), text(&item["id"]).to_owned()))
        .collect()
}

async fn end_of_feed(demo: &Demo) -> String {
    let mut page = demo.get("/catalogue/v1/changes?limit=200").send().await.expect(200);
    while page["more"] == json!(true) {
        let since = text(&page["next"]).to_owned();
        page = demo
            .get("/catalogue/v1/changes")
            .query(&[("since", &since), ("limit", "200")])
            .send()
            .await
            .expect(200);
    }
    text(&page["next"]).to_owned()
}

#[tokio::test]
async fn an_item_goes_from_its_draft_to_a_citizens_call() {
    let (demo, backend) = (busy(), StandIn::named("甲").await);
    let department = demo.enrol("主路径甲局", "330106").await;
    let item = demo.draft(&department, "P-1", &content("宠物寄养点备案", "330106")).await;
    let since = end_of_feed(demo).await;

    // Revised under the tag that was read.
    let path = format!("/registry/v1/items/{item}");
    let read = until("the draft can be read", async || {
        let read = demo.get(&path).bearer(&department.clerk).send().await;
        (read.status == 200).then_some(read)
    })
    .await;
    assert_eq!(read.expect(200)["states"], json!(["draft"]));
    let newer = coded("宠物寄养点备案", "330106", "332099991001", &backend.base_url);
    let tag = read.header("etag").expect("an entity tag");
    let revised =
        demo.put(&format!("{path}/content"), &department.clerk).header("if-match", tag).json(&newer).await;
    let position = revised.position();
    assert_eq!(
        demo.item(item, &position).await["proposal"]["content"]["backend"]["baseUrl"],
        backend.base_url
    );

    // Not public before both reviews.
    let submitted = demo.submit(&department, item).await;
    let queue = demo.get("/registry/v1/reviews?stage=department").bearer(&department.reviewer).at(&submitted);
    assert_eq!(listed_in(&queue.send().await.expect(200)), [item.to_string()]);
    let early = demo.post(&format!("{path}/publication"), &department.clerk).send().await;
    assert_eq!(early.problem(409), "wrong-state");
    let passed = demo.approve(item, &submitted, &department.reviewer).await;
    assert_eq!(
        demo.get(&format!("/catalogue/v1/entries/{item}")).at(&passed).send().await.problem(404),
        "not-found"
    );
    let approved = demo.approve(item, &passed, demo.token("reviewer")).await;
    assert_eq!(demo.item(item, &approved).await["states"], json!(["approved"]));
    let published = demo.post(&format!("{path}/publication"), &department.clerk).send().await.position();
    let entry = demo.entry_of(item, &published).await;
    assert_eq!(entry, item.to_string(), "nobody else offers it, so it founds its own entry");

    // In the list, the search, the suggestions, the change feed, and on its own; then called.
    let shown = demo.get(&format!("/catalogue/v1/entries/{entry}")).send().await.expect(200);
    let position = until("the feed has it", async || {
        let page = demo
            .get("/catalogue/v1/changes")
            .query(&[("since", &since), ("limit", "200")])
            .send()
            .await
            .expect(200);
        list(&page["items"])
            .iter()
            .find(|change| change["id"] == entry)
            .map(|change| text(&change["position"]).to_owned())
    })
    .await;
    assert_eq!((&shown["name"], &shown["callable"]), (&json!("宠物寄养点备案"), &json!(true)));
    assert_eq!(shown["offerings"][0]["department"]["id"], department.id);
    assert!(!shown.to_string().contains(&backend.base_url), "the backend's address stays inside");
    for path in [
        format!("/catalogue/v1/entries?department={}", crate::staff::segment(&department.id)),
        "/catalogue/v1/entries?q=%E5%AE%A0%E7%89%A9%E5%AF%84%E5%85%BB".to_owned(),
        "/catalogue/v1/suggest?q=cwjy".to_owned(),
    ] {
        assert!(listed(demo, &path, &position).await.contains(&entry), "{path}");
    }
    let answer = demo.call(&entry, "/applications?x=1").send().await.expect(200);
    assert_eq!((&answer["standIn"], &answer["target"]), (&json!("甲"), &json!("/applications?x=1")));
}

fn listed_in(page: &Value) -> Vec<String> {
    list(&page["items"]).iter().map(|item| text(item.get("item").unwrap_or(&item["id"])).to_owned()).collect()
}

#[tokio::test]
async fn the_same_service_of_another_department_joins_the_entry_and_is_chosen_by_region() {
    let demo = busy();
    let (one, two) = (StandIn::named("西湖").await, StandIn::named("余杭").await);
    let xihu = demo.enrol("主路径西湖局", "330106").await;
    let yuhang = demo.enrol("主路径余杭局", "330110").await;
    let code = "332099992001";
    let (_, entry) =
        demo.offer(&xihu, "T-1", &coded("龙舟赛事场地登记", "330106", code, &one.base_url)).await;
    let (_, joined) =
        demo.offer(&yuhang, "T-1", &coded("龙舟赛事场地登记", "330110", code, &two.base_url)).await;
    assert_eq!(joined, entry);
    let shown = demo.get(&format!("/catalogue/v1/entries/{entry}")).send().await.expect(200);
    assert_eq!(shown["offeringCount"], 2);
    for (region, name) in [("330106", "西湖"), ("330110", "余杭")] {
        let answer = demo.call(&entry, "/x").header("service-region", region).send().await.expect(200);
        assert_eq!(answer["standIn"], name);
    }
    assert_eq!((one.calls(), two.calls()), (1, 1));
}

#[tokio::test]
async fn a_merged_entry_lives_on_as_an_alias_until_it_is_restored() {
    let (demo, backend) = (busy(), StandIn::named("并").await);
    let department = demo.enrol("主路径合并局", "330106").await;
    let (gone, stays) = ("露天烧烤点备案", "广告气球升放登记");
    let (_, gone) = demo.offer(&department, "M-1", &callable(gone, "330106", &backend.base_url)).await;
    let (_, stays) = demo.offer(&department, "M-2", &callable(stays, "330106", &backend.base_url)).await;
    assert_ne!(gone, stays);
    let since = end_of_feed(demo).await;

    let merge = json!({"into": stays, "comment": "同一事项"});
    let merged =
        demo.post(&format!("/registry/v1/entries/{gone}/merge"), demo.token("steward")).json(&merge).await;
    let position = merged.position();
    let moved = demo.get(&format!("/catalogue/v1/entries/{gone}")).at(&position).send().await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (308, Some(format!("/catalogue/v1/entries/{stays}").as_str()))
    );
    let survivor = demo.get(&format!("/catalogue/v1/entries/{stays}")).send().await.expect(200);
    assert_eq!((&survivor["offeringCount"], &survivor["aliases"]), (&json!(2), &json!([gone])));
    let feed = changes(demo, &since, &position).await;
    for change in [("removed", &gone), ("upserted", &stays)] {
        assert!(feed.contains(&(change.0.to_owned(), change.1.clone())), "{change:?} in {feed:?}");
    }
    let answer = demo.call(&gone, "/saved-link").send().await.expect(200);
    assert_eq!(answer["target"], "/saved-link");
    let back = json!({"into": gone, "comment": "反向"});
    let looped =
        demo.post(&format!("/registry/v1/entries/{stays}/merge"), demo.token("steward")).json(&back).await;
    assert_eq!(looped.problem(409), "merge-loop");

    let restore = format!("/registry/v1/entries/{gone}/restoration");
    let restored =
        demo.post(&restore, demo.token("steward")).json(&json!({"comment": "误并"})).await.position();
    for entry in [&gone, &stays] {
        let shown =
            demo.get(&format!("/catalogue/v1/entries/{entry}")).at(&restored).send().await.expect(200);
        assert_eq!((&shown["offeringCount"], &shown["aliases"]), (&json!(1), &json!([])));
    }
}

#[tokio::test]
async fn a_duplicate_that_the_curator_suspects_is_dismissed() {
    let demo = busy();
    let (one, two) =
        (demo.enrol("主路径重复甲局", "330106").await, demo.enrol("主路径重复乙局", "330106").await);
    let service = |code: &str| coded("无人机表演空域报备", "330106", code, "http://127.0.0.1:9");
    let (a, _) = demo.offer(&one, "D-1", &service("332099993001")).await;
    let (b, _) = demo.offer(&two, "D-2", &service("332099993001")).await;
    let case = until("the curator suspects the pair", async || {
        let cases =
            demo.get("/registry/v1/duplicate-cases?state=open&limit=200").bearer(demo.token("steward"));
        let cases = cases.send().await.expect(200);
        let is_ours =
            |case: &&Value| [a, b].iter().all(|item| list(&case["items"]).contains(&json!(item.to_string())));
        list(&cases["items"]).iter().find(is_ours).cloned()
    })
    .await;
    assert!(!list(&case["basis"]["evidence"]).is_empty(), "evidence is shown: {case}");
    let path = format!("/registry/v1/duplicate-cases/{}", text(&case["id"]));
    let dismissal = demo.post(&format!("{path}/dismissal"), demo.token("steward"));
    let position = dismissal.json(&json!({"comment": "两家各管一片"})).await.position();
    let shown = demo.get(&path).bearer(demo.token("steward")).at(&position).send().await.expect(200);
    assert_eq!(shown["case"]["decision"]["type"], "dismissed", "{shown}");
    let again =
        demo.post(&format!("{path}/confirmation"), demo.token("steward")).json(&json!({"primary": a})).await;
    assert_eq!(again.problem(409), "case-decided");
}

#[tokio::test]
async fn a_retirement_is_announced_with_notice() {
    let demo = busy();
    let department = demo.enrol("主路径退出局", "330106").await;
    let (item, entry) = demo.offer(&department, "R-1", &content("粮票兑换办理", "330106")).await;
    let path = format!("/registry/v1/items/{item}/retirement");
    let announce = async |days: i64| {
        let effective = (Timestamp::now() + SignedDuration::from_hours(24 * days)).to_string();
        let body = json!({"explanation": {"zh-CN": "并入一件事"}, "effective": effective});
        demo.post(&path, &department.clerk).json(&body).await
    };
    let soon = announce(29).await;
    assert_eq!(soon.problem(422), "invalid-content");
    assert_eq!(soon.errors(), [("/effective".to_owned(), "notice-too-short".to_owned())]);
    let position = announce(31).await.position();
    let shown = demo.get(&format!("/catalogue/v1/entries/{entry}")).at(&position).send().await.expect(200);
    assert_eq!(shown["offerings"][0]["standing"]["type"], "retiring");
}

#[tokio::test]
async fn a_suspended_service_says_so_to_callers_until_it_is_resumed() {
    let (demo, backend) = (busy(), StandIn::named("停").await);
    let department = demo.enrol("主路径停办局", "330106").await;
    let (item, entry) =
        demo.offer(&department, "S-1", &callable("热气球飞行备案", "330106", &backend.base_url)).await;
    let path = format!("/registry/v1/items/{item}");
    let notice = json!({"notice": {"zh-CN": "台风来临，暂停办理"}});
    let suspended =
        demo.post(&format!("{path}/suspension"), demo.token("operator")).json(&notice).await.position();
    demo.item(item, &suspended).await;
    let refused = until("the gateway has heard of it", async || {
        let answer = demo.call(&entry, "/x").send().await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert_eq!(refused.problem(503), "suspended");
    assert_eq!(refused.json()["notice"], notice["notice"]);
    assert!(refused.header("retry-after").is_some());
    demo.post(&format!("{path}/resumption"), demo.token("operator")).send().await.position();
    until("the gateway has heard of it", async || {
        (demo.call(&entry, "/x").send().await.status == 200).then_some(())
    })
    .await;
}
