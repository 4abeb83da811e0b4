//! What departments may learn of citizens: declared, reviewed, shown to citizens, and listed for auditors.

use domain::{EntryId, Item, ItemCommand, ItemId};
use http::StatusCode;
use serde_json::{Value, json};

use super::house::{House, XIHU, YUHANG, content};

const DISCLOSURES: &str = "/operations/v1/disclosures";

fn asking(claims: &[(&str, &str)]) -> Value {
    let mut content = content("食品经营许可", "330106");
    content["access"]["claims"] =
        claims.iter().map(|(claim, why)| json!({"claim": claim, "purpose": {"zh-CN": why}})).collect();
    content
}

async fn revise(house: &House, item: ItemId, content: &Value) {
    let path = format!("/registry/v1/items/{item}/content");
    let tag = format!("\"{}\"", house.item(item).await["revision"]);
    let revision = house.put(&path, &house.clerk(XIHU)).header("if-match", &tag).json(content).await;
    revision.expect(StatusCode::OK);
}

async fn listed(house: &House, query: &str) -> Value {
    let auditor = house.token("aud", &["auditor"], None);
    let asking = house.get(&format!("{DISCLOSURES}{query}")).bearer(&auditor).current().await;
    asking.send().await.expect(StatusCode::OK)
}

/// The claims of a list, each with why it ended.
fn told(page: &Value) -> Vec<(String, String, Option<String>)> {
    let items = page["items"].as_array().expect("items");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    items
        .iter()
        .map(|item| {
            let end = item["end"]["reason"].as_str().map(str::to_owned);
            (text(&item["claim"]), text(&item["purpose"]["zh-CN"]), end)
        })
        .collect()
}

fn told_of(claim: &str, purpose: &str, end: Option<&str>) -> (String, String, Option<String>) {
    (claim.to_owned(), purpose.to_owned(), end.map(str::to_owned))
}

#[tokio::test]
async fn an_auditor_sees_who_may_learn_what_since_when_and_who_approved_it() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &asking(&[("name", "填写申请人"), ("phone", "通知结果")])).await;
    assert!(told(&listed(&house, "").await).is_empty(), "nothing before it is public");
    house.publish(XIHU, item).await;
    house.place(item, EntryId::founded_by(item)).await;

    let page = listed(&house, &format!("?item={item}")).await;
    let (name, phone) = (told_of("name", "填写申请人", None), told_of("phone", "通知结果", None));
    assert_eq!(told(&page), [name.clone(), phone.clone()]);
    let first = &page["items"][0];
    assert_eq!((&first["department"], &first["item"]), (&json!(XIHU), &json!(item.to_string())));
    assert_eq!((&first["entry"], &first["revision"]), (&json!(item.to_string()), &json!(0)));
    let approvals: Vec<_> = first["approvals"].as_array().expect("two stages").iter().collect();
    let (department, catalogue) = (format!("reviewer of {XIHU}"), "rita");
    for (approval, stage, who) in
        [(approvals[0], "department", department.as_str()), (approvals[1], "catalogue", catalogue)]
    {
        assert_eq!(approval["basis"], json!({"type": "review", "stage": stage, "reviewer": who}));
        assert_eq!(approval["by"], who);
        assert!(approval["at"].as_str() <= first["since"].as_str());
    }

    // Another revision: one goes on as it was, one changes its purpose, one is new.
    let since = first["since"].clone();
    revise(&house, item, &asking(&[("name", "填写申请人"), ("phone", "核对身份"), ("address", "上门送达")]))
        .await;
    assert_eq!(told(&listed(&house, "").await), [name.clone(), phone], "a draft changes nothing");
    house.publish(XIHU, item).await;
    let page = listed(&house, "").await;
    let ended = told_of("phone", "通知结果", Some("revised"));
    let (again, address) = (told_of("phone", "核对身份", None), told_of("address", "上门送达", None));
    assert_eq!(told(&page), [name.clone(), ended.clone(), again.clone(), address.clone()]);
    assert_eq!((&page["items"][0]["since"], &page["items"][0]["revision"]), (&since, &json!(0)));
    assert_eq!(page["items"][1]["end"]["at"], page["items"][2]["since"]);
    assert_ne!(page["items"][2]["revision"], json!(0));

    // By claim, by department, by entry, in force, page by page.
    assert_eq!(told(&listed(&house, "?claim=phone").await), [ended.clone(), again.clone()]);
    assert_eq!(told(&listed(&house, "?claim=phone&inForce=true").await), std::slice::from_ref(&again));
    assert_eq!(told(&listed(&house, "?inForce=false").await), [ended]);
    assert_eq!(told(&listed(&house, &format!("?entry={item}&inForce=true")).await).len(), 3);
    let encoded = |department: &str| department.replace("局", "%E5%B1%80");
    assert_eq!(told(&listed(&house, &format!("?department={}", encoded(XIHU))).await).len(), 4);
    assert!(told(&listed(&house, &format!("?department={}", encoded(YUHANG))).await).is_empty());
    let first = listed(&house, "?limit=3").await;
    let rest = listed(&house, &format!("?cursor={}", first["next"].as_str().expect("more"))).await;
    assert_eq!((told(&first).len(), told(&rest), &rest["next"]), (3, vec![address], &Value::Null));
}

#[tokio::test]
async fn a_disclosure_ends_with_the_item_and_changes_hands_with_it() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &asking(&[("name", "填写申请人")])).await;
    house.publish(XIHU, item).await;
    let path = format!("/registry/v1/items/{item}");
    house
        .post(&format!("{path}/transfer"), &house.clerk(XIHU))
        .json(&json!({"to": YUHANG}))
        .await
        .expect(StatusCode::OK);
    let later = "2099-01-01T00:00:00Z";
    house
        .post(&format!("{path}/transfer/acceptance"), &house.clerk(YUHANG))
        .json(&json!({"announcement": {"zh-CN": "改由余杭办理"}, "effective": later}))
        .await
        .expect(StatusCode::OK);
    house.command_at::<Item>(&item, &ItemCommand::CompleteTransfer, later.parse().expect("a time")).await;
    let page = listed(&house, "").await;
    let [before, after] = [&page["items"][0], &page["items"][1]];
    assert_eq!(before["end"], json!({"at": later, "reason": "transferred"}));
    assert_eq!((&after["department"], &after["takenOverFrom"]), (&json!(YUHANG), &json!(XIHU)));
    assert_eq!((&after["since"], &after["end"]), (&json!(later), &Value::Null));
    assert_eq!(after["approvals"], before["approvals"], "what was approved is what was taken over");

    let end = json!({"explanation": {"zh-CN": "不再办理"}, "effective": "2099-06-01T00:00:00Z"});
    house.post(&format!("{path}/retirement"), &house.clerk(YUHANG)).json(&end).await.expect(StatusCode::OK);
    house
        .command_at::<Item>(&item, &ItemCommand::Retire, "2099-06-01T00:00:00Z".parse().expect("a time"))
        .await;
    let ended = listed(&house, "?inForce=false").await;
    assert_eq!(ended["items"][1]["end"]["reason"], "retired");
    assert!(told(&listed(&house, "?inForce=true").await).is_empty());
}

#[tokio::test]
async fn a_reviewer_sees_what_a_revision_changes_and_a_citizen_what_is_public() {
    let house = House::open().await.with_departments().await;
    let item = house.draft(XIHU, "A", &asking(&[("name", "填写申请人"), ("phone", "通知结果")])).await;
    let new = house.item(item).await["proposal"]["claimChanges"].clone();
    assert_eq!(new[0], json!({"type": "added", "claim": "name", "purpose": {"zh-CN": "填写申请人"}}));
    assert_eq!(new.as_array().map(Vec::len), Some(2), "before anything is public, all of it is new");
    house.publish(XIHU, item).await;
    house.place(item, EntryId::founded_by(item)).await;
    let mut revised = asking(&[("name", "核对身份"), ("address", "上门送达")]);
    revised["access"]["claims"][0]["purpose"]["en"] = json!("To check who you are");
    revise(&house, item, &revised).await;
    let changes = house.item(item).await["proposal"]["claimChanges"].clone();
    let expected = json!([
        {"type": "repurposed", "claim": "name", "before": {"zh-CN": "填写申请人"},
            "purpose": {"zh-CN": "核对身份", "en": "To check who you are"}},
        {"type": "added", "claim": "address", "purpose": {"zh-CN": "上门送达"}},
        {"type": "removed", "claim": "phone", "purpose": {"zh-CN": "通知结果"}},
    ]);
    assert_eq!(changes, expected);

    let learns = async |languages: &str| {
        let entry = house.get(&format!("/catalogue/v1/entries/{item}")).header("accept-language", languages);
        entry.current().await.send().await.expect(StatusCode::OK)["offerings"][0]["learns"].clone()
    };
    let public =
        json!([{"claim": "name", "purpose": "填写申请人"}, {"claim": "phone", "purpose": "通知结果"}]);
    assert_eq!(learns("en").await, public, "what is only proposed is shown to nobody");
    house.publish(XIHU, item).await;
    assert_eq!(learns("en").await[0]["purpose"], "To check who you are");
    assert_eq!(learns("de").await[0]["purpose"], "核对身份", "Chinese where there is no better");
}
