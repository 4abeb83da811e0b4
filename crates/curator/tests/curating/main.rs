//! Curators at work on a real log.

mod city;

use domain::duplicate_case::{Decision, Resolution};
use domain::item::{Outcome, Publication};
use domain::{
    CaseId, DuplicateCase, DuplicateCaseCommand, EntryId, ItemCommand, LocalizedText, Placement,
    PlacementCommand, Role,
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
