//! A steward's day: cases side by side, splits and their undoing, names and primaries taken back, the report.

use domain::duplicate_case::DuplicateCaseCommand;
use domain::{
    Basis, CaseId, DuplicateCase, EntryId, Evidence, ItemId, LocalizedText, Placement, PlacementCommand,
    Relation,
};
use http::StatusCode;
use serde_json::{Value, json};

use super::asking::Answer;
use super::house::{House, XIHU, YUHANG, content};

const CASES: &str = "/registry/v1/duplicate-cases";
const ENTRIES: &str = "/registry/v1/entries";

impl House {
    async fn seen(&self, path: &str) -> Value {
        self.get(path).bearer(&self.steward()).current().await.send().await.expect(StatusCode::OK)
    }

    async fn public(&self, department: &str, code: &str, name: &str, region: &str) -> ItemId {
        let item = self.draft(department, code, &content(name, region)).await;
        self.publish(department, item).await;
        item
    }

    async fn suspect(&self, items: [ItemId; 2], basis: Basis) -> CaseId {
        let case = CaseId::new(items[0], items[1]);
        self.command::<DuplicateCase>(&case, &DuplicateCaseCommand::Suspect { items, basis }).await;
        case
    }

    /// Two items, the second of them joined to the first's entry by the curator.
    async fn joined(&self) -> (ItemId, ItemId) {
        let first = self.public(XIHU, "A", "养老保险关系转入", "330106").await;
        let second = self.public(YUHANG, "B", "养老保险关系转出", "330110").await;
        self.place(first, EntryId::founded_by(first)).await;
        let basis = Basis { compared_with: Some(first), probability: Some(0.97), ..Basis::default() };
        let place = PlacementCommand::Place { entry: EntryId::founded_by(first), basis };
        self.command::<Placement>(&second, &place).await;
        (first, second)
    }

    async fn split(&self, entry: ItemId, body: &Value) -> Answer {
        self.post(&format!("{ENTRIES}/{entry}/split"), &self.steward()).json(body).await
    }

    async fn offered(&self, entry: ItemId) -> Vec<String> {
        let shown = self.seen(&format!("{ENTRIES}/{entry}")).await;
        let placements = shown["placements"].as_array().expect("a list").iter();
        placements.map(|placed| placed["item"].as_str().expect("an item").to_owned()).collect()
    }
}

fn suspicion() -> Basis {
    let text = LocalizedText::zh("办理方向不同：转入/转出").with("en", "different direction");
    Basis {
        probability: Some(0.8),
        relation: Some(Relation::Duplicate),
        evidence: vec![Evidence { feature: "direction".to_owned(), weight: -3.0, text }],
        ..Basis::default()
    }
}

#[tokio::test]
async fn a_case_marks_what_differs_and_says_what_can_be_done() {
    let house = House::open().await.with_departments().await;
    let (first, second) = house.joined().await;
    let case = house.suspect([first, second], suspicion()).await;
    let shown = house.seen(&format!("{CASES}/{case}")).await;
    assert_eq!(shown["case"]["basis"]["evidence"][0]["text"]["en"], "different direction");

    let sides = shown["sides"].as_array().expect("two sides");
    let side =
        |item: ItemId| sides.iter().find(|side| side["item"] == item.to_string()).expect("one of them");
    assert_eq!(side(second)["department"], YUHANG);
    assert_eq!(side(second)["departmentName"]["zh-CN"], "余杭区市场监管局");
    assert_eq!(side(second)["place"]["under"], first.to_string());
    assert_eq!(side(second)["place"]["by"], "curator");
    assert_eq!(
        (&side(first)["place"]["isPrimary"], &side(second)["place"]["isPrimary"]),
        (&json!(true), &json!(false))
    );

    let field = |pointer: &str| {
        let fields = shown["fields"].as_array().expect("fields").iter();
        fields.into_iter().find(|field| field["field"] == pointer).unwrap_or(&Value::Null).clone()
    };
    let name = field("/name/zh-CN");
    assert_eq!(name["outcome"], "different");
    let (left, right) = if sides[0]["item"] == first.to_string() { ("入", "出") } else { ("出", "入") };
    assert_eq!(
        name["segments"],
        json!([
            {"text": "养老保险关系转", "mark": "same"},
            {"text": left, "mark": "left-only"},
            {"text": right, "mark": "right-only"},
        ])
    );
    assert_eq!(field("/kind")["left"], json!(["01 行政许可"]));
    assert_eq!(
        (&field("/kind")["outcome"], &field("/regions")["outcome"]),
        (&json!("equal"), &json!("different"))
    );
    assert_eq!(field("/summary/zh-CN"), Value::Null, "neither has one");
    let text = shown["fields"].to_string();
    assert!(!text.contains("9101"), "the backend's address is nobody's business here");

    let steps = |shown: &Value| -> Vec<String> {
        let steps = shown["nextSteps"].as_array().expect("steps").iter();
        steps.map(|step| step["step"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(steps(&shown), ["confirm", "dismiss", "split", "choose-primary"]);
    let href = shown["nextSteps"][1]["href"].as_str().expect("a path").to_owned();
    house.post(&href, &house.steward()).json(&json!({"comment": "方向不同"})).await.expect(StatusCode::OK);
    let shown = house.seen(&format!("{CASES}/{case}")).await;
    assert_eq!(steps(&shown), ["reopen", "split", "choose-primary"]);
}

#[tokio::test]
async fn a_draft_of_another_department_is_not_compared() {
    let house = House::open().await.with_departments().await;
    let own = house.draft(XIHU, "A", &content("养老保险关系转入", "330106")).await;
    let other = house.draft(YUHANG, "B", &content("尚未公开的名称", "330110")).await;
    let case = house.suspect([own, other], suspicion()).await;
    let path = format!("{CASES}/{case}");
    let shown =
        house.get(&path).bearer(&house.clerk(XIHU)).current().await.send().await.expect(StatusCode::OK);
    assert_eq!(shown["fields"], json!([]));
    assert!(!shown.to_string().contains("尚未公开"), "{shown}");
    assert!(!house.seen(&path).await["fields"].as_array().expect("fields").is_empty());
}

#[tokio::test]
async fn a_split_gives_an_item_its_own_entry_and_is_undone_exactly() {
    let house = House::open().await.with_departments().await;
    let (first, second) = house.joined().await;
    let before = house.seen("/catalogue/v1/entries").await;
    let body = json!({"items": [second.to_string()], "comment": "转入与转出不同"});
    let receipt = house.split(first, &body).await.expect(StatusCode::OK);
    assert_eq!((&receipt["id"], &receipt["revision"]), (&json!(second.to_string()), &json!(0)));
    assert_eq!(house.offered(first).await, [first.to_string()]);
    assert_eq!(house.offered(second).await, [second.to_string()]);
    let placement = house.item(second).await["placement"].clone();
    assert_eq!(placement["partedFrom"], json!([first.to_string()]));

    // The same again finds nothing to do, whatever If-Match says of the entry since.
    let events = house.events().await;
    let again = house.post(&format!("{ENTRIES}/{first}/split"), &house.steward()).header("if-match", "\"9\"");
    assert_eq!(again.json(&body).await.expect(StatusCode::OK)["id"], second.to_string());
    assert_eq!(house.events().await, events);

    let back = json!({"items": [second.to_string()], "into": first.to_string(), "comment": "误拆"});
    house.split(second, &back).await.expect(StatusCode::OK);
    let item = house.item(second).await;
    assert_eq!(
        (&item["placement"]["entry"], &item["placement"]["partedFrom"]),
        (&json!(first.to_string()), &Value::Null)
    );
    let after = house.seen("/catalogue/v1/entries").await;
    let plain = |list: &Value| {
        let mut items = list["items"].clone();
        items.as_array_mut().expect("a list").iter_mut().for_each(|entry| {
            entry.as_object_mut().expect("an entry").remove("updatedAt");
        });
        items
    };
    assert_eq!(plain(&after), plain(&before));
    let gone = house.get(&format!("/catalogue/v1/entries/{second}")).current().await.send().await;
    assert_eq!(gone.problem(404), "not-found");
}

#[tokio::test]
async fn several_items_leave_together_with_one_key_and_once() {
    let house = House::open().await.with_departments().await;
    let (first, second) = house.joined().await;
    let third = house.public(XIHU, "C", "养老保险关系转出", "330106").await;
    house.place(third, EntryId::founded_by(first)).await;
    let body = json!({"items": [third.to_string(), second.to_string()], "comment": "转出另立"});
    let path = format!("{ENTRIES}/{first}/split");
    let ask =
        || house.post(&path, &house.steward()).header("idempotency-key", "k-1").header("if-match", "\"0\"");
    let receipt = ask().json(&body).await;
    assert_eq!(receipt.expect(StatusCode::OK)["id"], third.to_string());
    let events = house.events().await;
    let repeated = ask().json(&body).await;
    assert_eq!(repeated.header("idempotent-replayed"), Some("true"));
    assert_eq!(repeated.expect(StatusCode::OK)["id"], third.to_string());
    assert_eq!(house.events().await, events);
    let mut expected = [second.to_string(), third.to_string()];
    expected.sort();
    let mut offered = house.offered(third).await;
    offered.sort();
    assert_eq!(offered, expected);
    // Somebody else still sees them where they were.
    let late = json!({"items": [second.to_string()], "into": second.to_string(), "comment": "晚了"});
    let late = house.split(first, &late).await;
    assert_eq!(late.errors(), [("/into".to_owned(), "unknown-entry".to_owned())]);
    let own = house.public(XIHU, "D", "结婚登记", "330106").await;
    house.place(own, EntryId::founded_by(own)).await;
    let late = json!({"items": [second.to_string()], "into": own.to_string(), "comment": "晚了"});
    assert_eq!(
        house.split(first, &late).await.errors(),
        [("/items/0".to_owned(), "foreign-item".to_owned())]
    );
}

#[tokio::test]
async fn splits_that_make_no_sense_are_refused_and_write_nothing() {
    let house = House::open().await.with_departments().await;
    let (first, second) = house.joined().await;
    let alone = house.public(XIHU, "C", "结婚登记", "330106").await;
    house.place(alone, EntryId::founded_by(alone)).await;
    let events = house.events().await;
    let with = |items: &[ItemId], into: Option<ItemId>| {
        let items: Vec<_> = items.iter().map(ToString::to_string).collect();
        let mut body = json!({"items": items, "comment": "理由"});
        if let Some(into) = into {
            body["into"] = json!(into.to_string());
        }
        body
    };
    let wrong = [
        (with(&[], None), "/items", "count"),
        (with(&[second, second], None), "/items/1", "repeated"),
        (with(&[alone], Some(second)), "/into", "unknown-entry"),
        (with(&[alone], None), "/items/0", "foreign-item"),
        (with(&[second], Some(first)), "/into", "same-entry"),
        (with(&[first], None), "/items", "no-founder"),
    ];
    for (body, pointer, code) in wrong {
        let answer = house.split(first, &body).await;
        assert_eq!(answer.errors(), [(pointer.to_owned(), code.to_owned())], "{body}");
    }
    let silent = json!({"items": [second.to_string()], "comment": " "});
    assert_eq!(house.split(first, &silent).await.errors(), [("/comment".to_owned(), "blank".to_owned())]);
    assert_eq!(house.split(first, &with(&[first, second], Some(alone))).await.problem(409), "entry-emptied");
    assert_eq!(house.split(second, &with(&[second], None)).await.problem(404), "not-found");
    let stale = house.post(&format!("{ENTRIES}/{first}/split"), &house.steward()).header("if-match", "\"7\"");
    assert_eq!(stale.json(&with(&[second], None)).await.problem(412), "stale-revision");
    let clerk = house.post(&format!("{ENTRIES}/{first}/split"), &house.clerk(XIHU));
    assert_eq!(clerk.json(&with(&[second], None)).await.problem(403), "role-not-allowed");
    assert_eq!(house.events().await, events);

    let merge = json!({"into": alone.to_string(), "comment": "并入"});
    house
        .post(&format!("{ENTRIES}/{first}/merge"), &house.steward())
        .json(&merge)
        .await
        .expect(StatusCode::OK);
    let merged = house.split(first, &with(&[second], None)).await;
    assert_eq!(merged.problem(409), "entry-merged");
    assert_eq!(merged.json()["mergedInto"], alone.to_string());
}

#[tokio::test]
async fn what_leaves_through_an_alias_comes_back_to_it() {
    let house = House::open().await.with_departments().await;
    let (first, second) = house.joined().await;
    let survivor = house.public(XIHU, "C", "养老保险关系转移", "330106").await;
    house.place(survivor, EntryId::founded_by(survivor)).await;
    let merge = json!({"into": survivor.to_string(), "comment": "并入"});
    house
        .post(&format!("{ENTRIES}/{first}/merge"), &house.steward())
        .json(&merge)
        .await
        .expect(StatusCode::OK);
    let body = json!({"items": [second.to_string()], "comment": "拆出"});
    house.split(survivor, &body).await.expect(StatusCode::OK);
    let back = json!({"items": [second.to_string()], "into": survivor.to_string(), "comment": "误拆"});
    house.split(second, &back).await.expect(StatusCode::OK);
    assert_eq!(house.item(second).await["placement"]["entry"], first.to_string());
}

#[tokio::test]
async fn a_name_and_a_primary_are_taken_back() {
    let house = House::open().await.with_departments().await;
    let (first, second) = house.joined().await;
    let path = format!("{ENTRIES}/{first}");
    let set = async |part: &str, revision: u64, body: Value| {
        let asking = house.put(&format!("{path}/{part}"), &house.steward());
        asking.header("if-match", &format!("\"{revision}\"")).json(&body).await.expect(StatusCode::OK);
    };
    set("primary", 0, json!({"item": second.to_string()})).await;
    set("name", 1, json!({"name": {"zh-CN": "养老保险关系转移接续"}})).await;
    let shown = house.seen(&path).await;
    assert_eq!(
        (&shown["chosenPrimary"], &shown["name"]["zh-CN"]),
        (&json!(second.to_string()), &json!("养老保险关系转移接续"))
    );
    set("name", 2, json!({"name": null})).await;
    assert_eq!(house.seen(&path).await["name"]["zh-CN"], "养老保险关系转出");
    set("primary", 3, json!({"item": null})).await;
    let shown = house.seen(&path).await;
    assert_eq!((&shown["chosenPrimary"], &shown["ownName"]), (&Value::Null, &Value::Null));
    assert_eq!(shown["name"]["zh-CN"], "养老保险关系转入");
}

#[tokio::test]
async fn cases_are_picked_out_and_put_in_order() {
    let house = House::open().await.with_departments().await;
    let a = house.draft(XIHU, "A", &content("食品经营许可", "330106")).await;
    let b = house.draft(XIHU, "B", &content("食品经营许可核发", "330106")).await;
    let c = house.draft(YUHANG, "C", &content("食品经营许可新办", "330110")).await;
    let likely = house.suspect([b, c], Basis { probability: Some(0.9), ..Basis::default() }).await;
    let doubtful = house.suspect([a, b], suspicion()).await;
    let listed = async |query: &str| -> Vec<String> {
        let list = house.seen(&format!("{CASES}?{query}")).await;
        list["items"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|case| case["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    assert_eq!(listed("").await, [likely.to_string(), doubtful.to_string()]);
    assert_eq!(listed("order=probability&limit=1").await, [likely.to_string()]);
    let yuhang = "local:%E4%BD%99%E6%9D%AD%E5%8C%BA%E5%B8%82%E5%9C%BA%E7%9B%91%E7%AE%A1%E5%B1%80";
    assert_eq!(listed(&format!("department={yuhang}")).await, [likely.to_string()]);
    assert_eq!(listed("relation=duplicate&feature=direction").await, [doubtful.to_string()]);
    assert_eq!(listed("minProbability=0.85").await, [likely.to_string()]);
    assert_eq!(listed(&format!("entry={a}")).await, Vec::<String>::new(), "it has no place yet");
    let first = house.seen(&format!("{CASES}?order=probability&limit=1")).await;
    let next = first["next"].as_str().expect("more");
    assert_eq!(listed(&format!("order=probability&cursor={next}")).await, [doubtful.to_string()]);
    for wrong in [format!("cursor={next}"), "minProbability=1.5".to_owned(), "relation=twin".to_owned()] {
        let answer = house.get(&format!("{CASES}?{wrong}")).bearer(&house.steward()).send().await;
        assert_eq!(answer.problem(400), "invalid-parameter", "{wrong}");
    }
}

#[tokio::test]
async fn the_report_shows_wrong_merges_and_the_floor_to_stewards_and_auditors() {
    let house = House::open().await.with_departments().await;
    let (first, second) = house.joined().await;
    let case = house.suspect([first, second], suspicion()).await;
    house
        .post(&format!("{CASES}/{case}/dismissal"), &house.steward())
        .json(&json!({"comment": "方向不同"}))
        .await
        .expect(StatusCode::OK);
    let body = json!({"items": [second.to_string()], "comment": "转入与转出不同"});
    house.split(first, &body).await.expect(StatusCode::OK);
    let path = "/registry/v1/matching-report";
    let report = house.seen(path).await;
    let expected = json!({"suspected": 1, "open": 0, "confirmed": 0, "dismissed": 1, "reopened": 0});
    assert_eq!(report["cases"]["total"], expected);
    assert_eq!(report["cases"]["byProbability"][1]["figures"], expected);
    assert_eq!(report["cases"]["byFeature"][0]["feature"], "direction");
    assert_eq!(report["cases"]["byRelation"][0]["relation"], "duplicate");
    assert_eq!(
        report["joins"]["total"],
        json!({"joined": 1, "unseen": 0, "right": 0, "wrong": 1, "precision": 0.0})
    );
    assert_eq!((&report["floorOfJoins"], &report["targetPrecision"]), (&Value::Null, &json!(0.99)));
    let auditor = house.token("anna", &["auditor"], None);
    house.get(path).bearer(&auditor).send().await.expect(StatusCode::OK);
    assert_eq!(house.get(path).bearer(&house.clerk(XIHU)).send().await.problem(403), "role-not-allowed");
}
