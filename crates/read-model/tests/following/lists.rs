//! Filtered lists and their cursors, cases and channels.

use domain::channel::{ChannelKind, ChannelStanding, Filing, SenderConstraint};
use domain::duplicate_case::{Decision, Resolution};
use domain::item::{Audience, EntryPointChannel, Kind};
use domain::{
    Actor, Basis, CaseId, Channel, ChannelCommand, DuplicateCase, DuplicateCaseCommand, EntryId, Evidence,
    LocalizedText, Relation, Role,
};
use read_model::{CaseFilter, CaseOrder, Filter, Snapshot};
use serde_json::json;

use crate::city::{City, content, content_with, names, operator, staff};

fn listed(snapshot: &Snapshot, filter: &Filter) -> Vec<String> {
    names(&snapshot.list(filter, None, 100).items)
}

fn region(code: &str) -> Filter {
    Filter { region: Some(code.parse().expect("a division")), ..Filter::default() }
}

#[tokio::test]
async fn a_region_sees_its_own_services_and_those_above_it() {
    let city = City::new().await;
    let (district, whole) =
        (city.enrol("西湖区民政局", "330106").await, city.enrol("杭州市民政局", "330100").await);
    city.found(&district, "1", content("区", "330106")).await;
    city.found(&whole, "1", content("市", "330100")).await;
    city.found(&whole, "2", content("国", "000000")).await;
    city.found(&district, "2", content("镇", "330106001")).await;
    let now = city.now().await;
    assert_eq!(listed(&now, &region("330106")), ["区", "市", "国"]);
    assert_eq!(listed(&now, &region("330106001")), ["区", "市", "国", "镇"]);
    assert_eq!(listed(&now, &region("330100")), ["市", "国"]);
    assert_eq!(listed(&now, &region("330102")), ["市", "国"]);
    assert_eq!(listed(&now, &region("110000")), ["国"]);
}

#[tokio::test]
async fn one_offering_has_to_meet_all_conditions() {
    let city = City::new().await;
    let (west, east) =
        (city.enrol("西湖区民政局", "330106").await, city.enrol("上城区民政局", "330102").await);
    let licence = json!({
        "name": { "zh-CN": "食品经营许可" }, "kind": "01", "audience": ["legal-person"], "regions": ["330106"],
        "entryPoints": [{ "channel": "h5", "target": "https://example.gov.cn/" }],
    });
    let entry = city.found(&west, "1", content_with(licence)).await;
    let other = city.publish(&east, "1", content("食品经营许可", "330102")).await;
    city.place(other, entry).await;
    let now = city.now().await;
    let found = |filter: Filter| listed(&now, &filter).len();
    assert_eq!(found(Filter { department: Some(east.clone()), ..region("330102") }), 1);
    assert_eq!(found(Filter { department: Some(east.clone()), ..region("330106") }), 0);
    assert_eq!(found(Filter { kind: Some(Kind::Licence), ..region("330106") }), 1);
    assert_eq!(found(Filter { kind: Some(Kind::Licence), department: Some(east), ..Filter::default() }), 0);
    assert_eq!(found(Filter { audience: Some(Audience::LegalPerson), ..region("330106") }), 1);
    assert_eq!(found(Filter { channel: Some(EntryPointChannel::H5), ..Filter::default() }), 1);
    assert_eq!(found(Filter { channel: Some(EntryPointChannel::Api), ..Filter::default() }), 0);
}

#[tokio::test]
async fn a_cursor_goes_on_where_it_was_though_entries_come_and_go() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let mut entries = Vec::new();
    for number in 0..10 {
        entries
            .push(city.found(&owner, &number.to_string(), content(&format!("事项{number}"), "330106")).await);
    }
    let filter = region("330106");
    let first = city.now().await.list(&filter, None, 4);
    assert_eq!(names(&first.items), ["事项0", "事项1", "事项2", "事项3"]);
    // One that was read goes, one that was the cursor goes, one to come goes, and a new one comes.
    for gone in [entries[1], entries[3], entries[5]] {
        city.merge(gone, entries[0]).await;
    }
    city.found(&owner, "10", content("事项10", "330106")).await;
    let now = city.now().await;
    let second = now.list(&filter, first.next, 4);
    assert_eq!(names(&second.items), ["事项4", "事项6", "事项7", "事项8"]);
    let third = now.list(&filter, second.next, 4);
    assert_eq!((names(&third.items), third.next), (vec!["事项9".to_owned(), "事项10".to_owned()], None));
}

#[tokio::test]
async fn cases_are_listed_by_age_open_or_decided() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let mut items = Vec::new();
    for code in ["1", "2", "3"] {
        items.push(city.publish(&owner, code, content(&format!("事项{code}"), "330106")).await);
    }
    let (curator, steward) = (Actor::system("curator"), staff("steward", Role::Steward, None));
    let basis = Basis { probability: Some(0.6), ..Basis::default() };
    let pairs = [[items[0], items[1]], [items[1], items[2]]];
    let mut cases = Vec::new();
    for pair in pairs {
        let case = CaseId::new(pair[0], pair[1]);
        let suspect = DuplicateCaseCommand::Suspect { items: pair, basis: basis.clone() };
        city.give::<DuplicateCase>(&curator, &case, &suspect).await;
        cases.push(case);
    }
    let ids = |snapshot: &Snapshot, decided: bool| case_ids(snapshot, decided, CaseOrder::Age);
    let now = city.now().await;
    assert_eq!((ids(&now, false), ids(&now, true)), (cases.clone(), vec![]));
    assert_eq!(now.cases_of(items[1]).count(), 2);
    assert_eq!(now.case(cases[0]).expect("a case").basis, basis);
    let all = CaseFilter::default();
    let page = now.list_cases(&all, CaseOrder::Age, None, 1);
    assert_eq!(now.list_cases(&all, CaseOrder::Age, page.next, 1).items[0].id, cases[1]);

    let resolution = Resolution::KeepPrimary { primary: items[0] };
    let confirm = DuplicateCaseCommand::Confirm { resolution: resolution.clone() };
    city.give::<DuplicateCase>(&steward, &cases[0], &confirm).await;
    let now = city.now().await;
    assert_eq!((ids(&now, false), ids(&now, true)), (vec![cases[1]], vec![cases[0]]));
    assert_eq!(now.case(cases[0]).expect("a case").decision, Decision::Confirmed { resolution });
    city.give::<DuplicateCase>(&steward, &cases[0], &DuplicateCaseCommand::Reopen).await;
    let now = city.now().await;
    assert_eq!((ids(&now, false), ids(&now, true)), (cases.clone(), vec![]));
    assert_eq!(now.case(cases[0]).expect("a case").reopenings, 1);
    assert_eq!(*now, *city.replayed().await);
}

fn case_ids(snapshot: &Snapshot, decided: bool, order: CaseOrder) -> Vec<CaseId> {
    let filter = CaseFilter { decided, ..CaseFilter::default() };
    snapshot.list_cases(&filter, order, None, 10).items.iter().map(|case| case.id).collect()
}

#[tokio::test]
async fn a_steward_picks_cases_out_and_reads_the_most_probable_first() {
    let city = City::new().await;
    let xihu = city.enrol("西湖区民政局", "330106").await;
    let yuhang = city.enrol("余杭区民政局", "330110").await;
    let mut items = Vec::new();
    for (owner, code) in [(&xihu, "1"), (&xihu, "2"), (&yuhang, "3"), (&yuhang, "4")] {
        let entry = city.found(owner, code, content(&format!("事项{code}"), "330106")).await;
        items.push(entry.founder());
    }
    let evidence = |feature: &str, weight| Evidence {
        feature: feature.to_owned(),
        weight,
        text: LocalizedText::zh("名称相同"),
    };
    let suspicions = [
        (0, 1, Some(0.6), Relation::Duplicate, vec![evidence("name", 2.0), evidence("act", -3.0)]),
        (1, 2, None, Relation::OtherImplementer, vec![]),
        (2, 3, Some(0.9), Relation::Duplicate, vec![evidence("name", 2.0)]),
        (0, 3, Some(0.9), Relation::OtherImplementer, vec![evidence("name", 1.0)]),
    ];
    let mut cases = Vec::new();
    for (a, b, probability, relation, evidence) in suspicions {
        let pair = [items[a], items[b]];
        let case = CaseId::new(pair[0], pair[1]);
        let basis = Basis { probability, relation: Some(relation), evidence, ..Basis::default() };
        let suspect = DuplicateCaseCommand::Suspect { items: pair, basis };
        city.give::<DuplicateCase>(&Actor::system("curator"), &case, &suspect).await;
        cases.push(case);
    }
    city.merge(EntryId::founded_by(items[3]), EntryId::founded_by(items[2])).await;
    let now = city.now().await;
    assert_eq!(case_ids(&now, false, CaseOrder::Probability), [cases[2], cases[3], cases[0], cases[1]]);
    let found = |filter: &CaseFilter| -> Vec<usize> {
        let page = now.list_cases(filter, CaseOrder::Age, None, 10);
        let index = |id| cases.iter().position(|case| *case == id).expect("one of them");
        page.items.iter().map(|case| index(case.id)).collect()
    };
    let all = CaseFilter::default();
    assert_eq!(found(&CaseFilter { department: Some(xihu), ..all.clone() }), [0, 1, 3]);
    assert_eq!(found(&CaseFilter { relation: Some(Relation::Duplicate), ..all.clone() }), [0, 2]);
    assert_eq!(found(&CaseFilter { feature: Some("name".to_owned()), ..all.clone() }), [2, 3]);
    assert_eq!(found(&CaseFilter { min_probability: Some(0.9), ..all.clone() }), [2, 3]);
    // Both names of the entry mean what readers find there.
    for entry in [items[2], items[3]].map(EntryId::founded_by) {
        assert_eq!(found(&CaseFilter { entry: Some(entry), ..all.clone() }), [1, 2, 3]);
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = now.list_cases(&all, CaseOrder::Probability, after, 1);
        seen.extend(page.items.iter().map(|case| case.id));
        let Some(next) = page.next else { break };
        after = Some(next.to_string().parse().expect("a place is read as it is written"));
    }
    assert_eq!(seen, case_ids(&now, false, CaseOrder::Probability));
}

#[tokio::test]
async fn a_channel_is_shown_as_it_stands() {
    let city = City::new().await;
    let id = "hangzhou-app".parse().expect("a channel");
    let name = LocalizedText::zh("杭州办事");
    let filing = Filing {
        name: name.clone(),
        kind: ChannelKind::App,
        owner: name,
        sender_constraint: SenderConstraint::None,
    };
    let file = ChannelCommand::File { filing: filing.clone() };
    city.give::<Channel>(&operator(), &id, &(id.clone(), file)).await;
    let reviewer = staff("reviewer", Role::Reviewer, None);
    city.give::<Channel>(&reviewer, &id, &(id.clone(), ChannelCommand::Approve)).await;
    let now = city.now().await;
    let view = now.channel(&id).expect("filed");
    assert_eq!((&view.filing, &view.standing, view.revision), (&filing, &ChannelStanding::Approved, 1));
    assert_eq!(*now, *city.replayed().await);
}
