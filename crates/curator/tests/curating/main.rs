//! Curators at work on a real log.

mod city;

use curator::Home;
use domain::duplicate_case::{Decision, Resolution};
use domain::item::{Outcome, Publication};
use domain::{
    CaseId, Department, DepartmentCommand, DuplicateCase, DuplicateCaseCommand, EntryId, ItemCommand,
    LocalizedText, Placement, PlacementCommand, Role,
};

use city::{City, item};

const LICENCE: &str = "330131001000";

#[tokio::test(flavor = "multi_thread")]
async fn two_districts_of_one_service_share_an_entry() {
    let city = City::open().await;
    city.publish("a", "食品经营许可核发", LICENCE, "330106").await;
    city.publish("b", "食品经营许可新办", LICENCE, "330110").await;
    city.publish("c", "结婚登记", "330171002000", "330106").await;
    city.curated().await;
    assert_eq!(city.entry_of("b").await, Some(EntryId::founded_by(item("a"))));
    assert_eq!(city.entry_of("c").await, Some(EntryId::founded_by(item("c"))));
    let entry =
        city.read_model.snapshot().live_entry(EntryId::founded_by(item("a"))).cloned().expect("it is live");
    assert_eq!(entry.offerings.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citys_own_words_make_two_names_one() {
    for (synonyms, together) in [("", false), ("江城通\t江城市民卡\n", true)] {
        let city = City::without_curator().await.with_curator_who_knows(synonyms);
        city.publish("a", "江城市民卡申领", LICENCE, "330106").await;
        city.publish("b", "江城通申领", LICENCE, "330110").await;
        city.curated().await;
        let joined = city.entry_of("b").await == Some(EntryId::founded_by(item("a")));
        assert_eq!(joined, together, "{synonyms}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_curators_and_a_restart_write_what_one_writes() {
    let city = City::open().await;
    let second = city.another_curator();
    for number in 0..40 {
        // Ten services in four districts each.
        let (service, district) = (number % 10, 330_101 + number / 10);
        let name = format!(
            "{}经营许可核发",
            ["食品", "药品", "图书", "烟草", "烟花", "农药", "种子", "燃气", "危化品", "医疗器械"][service]
        );
        city.publish(&format!("i{number}"), &name, &format!("33013100{service}000"), &district.to_string())
            .await;
    }
    city.curated().await;
    second.curated(&city).await;
    let written = city.store.head().await.expect("the log answers");
    let placed = city.events("placement").await;
    assert_eq!(placed, 40, "each item is placed once");
    assert_eq!(city.events("entry").await, 10, "each entry is formed once, and none without items");

    let third = city.another_curator();
    third.curated(&city).await;
    assert_eq!(city.store.head().await.expect("the log answers"), written, "a restart has nothing to add");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_case_moves_the_later_item_and_reopening_moves_it_back() {
    let city = City::open().await;
    // One code for two services: a steward has to say.
    city.publish("in", "企业职工基本养老保险关系转入", LICENCE, "330100").await;
    city.publish("out", "企业职工基本养老保险关系转出", LICENCE, "330100").await;
    city.curated().await;
    let case = CaseId::new(item("in"), item("out"));
    let own = EntryId::founded_by(item("out"));
    assert_eq!(city.entry_of("out").await, Some(own));

    let resolution = Resolution::BothStay { comment: "one window serves both".to_owned() };
    city.give::<DuplicateCase>(Role::Steward, &case, &DuplicateCaseCommand::Confirm { resolution }).await;
    city.until(|snapshot| {
        snapshot.item(item("out")).and_then(|view| view.entry()) == Some(EntryId::founded_by(item("in")))
    })
    .await;

    city.give::<DuplicateCase>(Role::Steward, &case, &DuplicateCaseCommand::Reopen).await;
    city.until(|snapshot| snapshot.item(item("out")).and_then(|view| view.entry()) == Some(own)).await;
    assert!(city.read_model.snapshot().case(case).is_some_and(|case| case.decision == Decision::Open));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_contradicts_its_entry_stays_and_is_a_case() {
    let city = City::open().await;
    city.publish("a", "企业职工基本养老保险关系转入", LICENCE, "330106").await;
    city.publish("b", "企业职工基本养老保险关系转入", LICENCE, "330110").await;
    city.curated().await;
    city.publish("b", "企业职工基本养老保险关系转出", LICENCE, "330110").await;
    city.curated().await;
    assert_eq!(city.entry_of("b").await, Some(EntryId::founded_by(item("a"))), "it keeps its place");
    let case = city.read_model.snapshot().case(CaseId::new(item("a"), item("b"))).cloned();
    let case = case.expect("a steward is asked");
    assert_eq!(case.basis.evidence.first().map(|evidence| evidence.feature.as_str()), Some("entry"));

    city.publish("b", "企业职工基本养老保险关系转出办理", LICENCE, "330110").await;
    city.curated().await;
    assert_eq!(city.read_model.snapshot().cases().len(), 1, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_a_steward_took_out_attracts_nobody_even_after_a_restart() {
    let city = City::open().await;
    city.publish("a", "食品经营许可核发", LICENCE, "330106").await;
    city.curated().await;
    city.give::<Placement>(Role::Steward, &item("a"), &PlacementCommand::Withdraw).await;
    city.curated().await;
    city.publish("b", "食品经营许可核发", LICENCE, "330110").await;
    city.curated().await;
    assert_eq!(city.entry_of("b").await, Some(EntryId::founded_by(item("b"))));
    let restarted = city.another_curator();
    restarted.curated(&city).await;
    assert_eq!(city.entry_of("a").await, None);
    let preview = restarted.preview(&city, "食品经营许可新办", LICENCE, "330108");
    assert!(
        matches!(preview, Home::Joins { entry, .. } if entry == EntryId::founded_by(item("b"))),
        "{preview:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_and_a_new_curator_weigh_the_departments_new_name() {
    let city = City::open().await;
    city.publish("a", "食品经营许可核发", LICENCE, "330106").await;
    let rename = DepartmentCommand::Rename { name: LocalizedText::zh("市数据资源局") };
    city.give::<Department>(Role::Operator, &city::department(), &(city::department(), rename)).await;
    city.curated().await;
    for curator in [city.curator(), &city.another_curator()] {
        curator.curated(&city).await;
        let preview = curator.preview(&city, "食品经营许可新办", LICENCE, "330110");
        let Home::Joins { entry, basis } = preview else { panic!("it joins: {preview:?}") };
        assert_eq!(entry, EntryId::founded_by(item("a")));
        let of_department = basis.evidence.iter().find(|evidence| evidence.feature == "department");
        let words = of_department.map(|evidence| evidence.text.default_text());
        assert!(words.is_some_and(|words| !words.contains("不同")), "asked under the new name: {basis:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_whose_founding_was_interrupted_is_founded_after_a_restart() {
    let city = City::without_curator().await;
    let own = EntryId::founded_by(item("a"));
    let place = PlacementCommand::Place { entry: own, basis: domain::Basis::default() };
    // As a curator that ended between its two commands would leave it.
    city.publish("a", "食品经营许可核发", LICENCE, "330106").await;
    city.give::<Placement>(Role::System, &item("a"), &place).await;
    assert_eq!(city.events("entry").await, 0);
    city.another_curator().curated(&city).await;
    assert_eq!(city.events("entry").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_steward_placed_stays() {
    let city = City::open().await;
    city.publish("a", "食品经营许可核发", LICENCE, "330106").await;
    city.publish("b", "食品经营许可新办", LICENCE, "330110").await;
    city.curated().await;
    let own = EntryId::founded_by(item("b"));
    let away = PlacementCommand::Move { entry: own, basis: domain::Basis::default() };
    city.give::<Placement>(Role::Steward, &item("b"), &away).await;
    city.publish("b", "食品经营许可核发", LICENCE, "330110").await;
    city.curated().await;
    assert_eq!(city.entry_of("b").await, Some(own));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announced_retirement_is_carried_out_when_its_time_has_come() {
    let city = City::open().await;
    city.publish("a", "食品经营许可核发", LICENCE, "330106").await;
    let announce = ItemCommand::AnnounceRetirement {
        explanation: LocalizedText::zh("已并入新的办事入口"),
        outcome: Outcome::Gone,
        effective: city::soon(),
    };
    city.give::<domain::Item>(Role::Clerk, &item("a"), &announce).await;
    city.until(|snapshot| {
        snapshot
            .item(item("a"))
            .is_some_and(|view| matches!(view.state.publication, Publication::Retired { .. }))
    })
    .await;
}

/// The steward's confirmation, and what it led to, undone: nothing is left of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_item_that_is_kept_speaks_for_the_entry_until_the_case_is_reopened() {
    let city = City::open().await;
    city.publish("in", "企业职工基本养老保险关系转入", LICENCE, "330100").await;
    city.publish("out", "企业职工基本养老保险关系转出", LICENCE, "330100").await;
    city.curated().await;
    let case = CaseId::new(item("in"), item("out"));
    let (kept, emptied) = (EntryId::founded_by(item("out")), EntryId::founded_by(item("in")));
    let before = city.read_model.snapshot();

    let resolution = Resolution::KeepPrimary { primary: item("out") };
    city.give::<DuplicateCase>(Role::Steward, &case, &DuplicateCaseCommand::Confirm { resolution }).await;
    city.until(|snapshot| {
        let entry = snapshot.live_entry(kept);
        entry.is_some_and(|entry| entry.primary == item("out") && entry.offerings.len() == 2)
            && snapshot.entry_revision(kept) == Some(1)
    })
    .await;
    // Apps have saved the other's identifier.
    city.until(|snapshot| snapshot.survivor(emptied) == kept).await;

    city.give::<DuplicateCase>(Role::Steward, &case, &DuplicateCaseCommand::Reopen).await;
    city.until(|snapshot| {
        [kept, emptied].iter().all(|entry| {
            let view = |snapshot: &read_model::Snapshot| {
                let view = snapshot.entry(*entry);
                match view {
                    Some(read_model::EntryStanding::Live(view)) => {
                        let items: Vec<_> = view.offerings.iter().map(|offering| offering.item).collect();
                        Some((view.primary, items, view.own_name.clone(), view.aliases.clone()))
                    }
                    Some(read_model::EntryStanding::Alias { .. } | read_model::EntryStanding::Retired(_))
                    | None => None,
                }
            };
            view(snapshot) == view(&before)
        })
    })
    .await;
    let placement = |snapshot: &read_model::Snapshot| snapshot.item(item("in")).map(|view| view.entry());
    assert_eq!(placement(&city.read_model.snapshot()), placement(&before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_that_somebody_changed_since_is_not_taken_back() {
    let city = City::open().await;
    city.publish("a", "食品经营许可核发", LICENCE, "330106").await;
    city.publish("b", "食品经营许可核发", LICENCE, "330106").await;
    city.curated().await;
    let case = CaseId::new(item("a"), item("b"));
    let entry = EntryId::founded_by(item("a"));
    let resolution = Resolution::KeepPrimary { primary: item("b") };
    city.give::<DuplicateCase>(Role::Steward, &case, &DuplicateCaseCommand::Confirm { resolution }).await;
    let speaks = |snapshot: &read_model::Snapshot| snapshot.live_entry(entry).map(|entry| entry.primary);
    city.until(|snapshot| speaks(snapshot) == Some(item("b"))).await;
    let choose = |code| domain::EntryCommand::ChoosePrimary { item: item(code) };
    city.give::<domain::Entry>(Role::Steward, &entry, &choose("a")).await;
    city.give::<domain::Entry>(Role::Steward, &entry, &choose("b")).await;
    city.give::<DuplicateCase>(Role::Steward, &case, &DuplicateCaseCommand::Reopen).await;
    city.curated().await;
    assert_eq!(speaks(&city.read_model.snapshot()), Some(item("b")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_steward_split_is_neither_suspected_nor_joined_again_until_a_steward_says_so() {
    let city = City::open().await;
    city.publish("a", "食品经营许可核发", LICENCE, "330106").await;
    city.publish("b", "食品经营许可新办", LICENCE, "330110").await;
    city.curated().await;
    let (home, own) = (EntryId::founded_by(item("a")), EntryId::founded_by(item("b")));
    assert_eq!(city.entry_of("b").await, Some(home));
    city.give::<domain::Entry>(Role::Steward, &own, &domain::EntryCommand::Form).await;
    let split = |from, into| PlacementCommand::Split { from, into };
    city.give::<Placement>(Role::Steward, &item("b"), &split(home, own)).await;
    city.curated().await;
    // Both are looked at anew, by a curator that was there and by one that was not.
    let second = city.another_curator();
    second.curated(&city).await;
    city.publish("b", "食品经营许可核发", LICENCE, "330106").await;
    city.publish("a", "食品经营许可核发办理", LICENCE, "330106").await;
    city.curated().await;
    second.curated(&city).await;
    assert_eq!(city.entry_of("b").await, Some(own));
    assert_eq!(city.read_model.snapshot().cases().len(), 0);

    city.give::<Placement>(Role::Steward, &item("b"), &split(own, home)).await;
    city.publish("b", "食品经营许可", LICENCE, "330106").await;
    city.curated().await;
    assert_eq!(city.entry_of("b").await, Some(home));
    assert_eq!(city.read_model.snapshot().cases().len(), 1, "the same people are served twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_decision_of_a_steward_wins_over_an_earlier_one() {
    let city = City::open().await;
    city.publish("in", "企业职工基本养老保险关系转入", LICENCE, "330100").await;
    city.publish("out", "企业职工基本养老保险关系转出", LICENCE, "330100").await;
    city.curated().await;
    let own = EntryId::founded_by(item("out"));
    let stays = PlacementCommand::Move { entry: own, basis: domain::Basis::default() };
    city.give::<Placement>(Role::Steward, &item("out"), &stays).await;
    let case = CaseId::new(item("in"), item("out"));
    let resolution = Resolution::BothStay { comment: "one window serves both".to_owned() };
    city.give::<DuplicateCase>(Role::Steward, &case, &DuplicateCaseCommand::Confirm { resolution }).await;
    let home = EntryId::founded_by(item("in"));
    city.until(|snapshot| snapshot.survivor(own) == home).await;
    assert_eq!(city.entry_of("out").await, Some(home));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_while_no_curator_was_at_work_is_carried_out_after() {
    let city = City::without_curator().await;
    city.publish("in", "企业职工基本养老保险关系转入", LICENCE, "330100").await;
    city.publish("out", "企业职工基本养老保险关系转出", LICENCE, "330100").await;
    let first = city.another_curator();
    first.curated(&city).await;
    drop(first);
    let case = CaseId::new(item("in"), item("out"));
    let resolution = Resolution::KeepPrimary { primary: item("in") };
    city.give::<DuplicateCase>(Role::Steward, &case, &DuplicateCaseCommand::Confirm { resolution }).await;
    let second = city.another_curator();
    second.curated(&city).await;
    assert_eq!(city.entry_of("out").await, Some(EntryId::founded_by(item("in"))));
    drop(second);
    city.give::<DuplicateCase>(Role::Steward, &case, &DuplicateCaseCommand::Reopen).await;
    city.another_curator().curated(&city).await;
    assert_eq!(city.entry_of("out").await, Some(EntryId::founded_by(item("out"))));
}
