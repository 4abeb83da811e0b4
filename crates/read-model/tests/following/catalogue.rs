//! Entries and their offerings through the life of their items.

use domain::item::{Outcome, Stage, Verdict};
use domain::{Actor, DepartmentCommand, EntryCommand, EntryId, ItemCommand, LocalizedText, Role};
use jiff::SignedDuration;
use read_model::{DueAction, EntryStanding, OfferingStanding, Route};
use serde_json::json;

use crate::city::{City, clerk, content, content_with, department, staff};

#[tokio::test]
async fn what_is_published_and_placed_is_an_entry() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let item = city.publish(&owner, "1", content("结婚登记", "330106")).await;
    let entry = EntryId::founded_by(item);
    assert!(city.now().await.entry(entry).is_none(), "nobody placed it");
    city.place(item, entry).await;
    let now = city.now().await;
    let view = now.live_entry(entry).expect("live");
    assert_eq!(view.name().default_text(), "结婚登记");
    assert_eq!((view.primary, view.offerings.len()), (item, 1));
    assert_eq!(view.offerings[0].department.name.default_text(), "西湖区民政局");
    assert_eq!(view.offerings[0].standing(), OfferingStanding::Published);
    assert_eq!(view.revision, now.entry_revision(entry));
    assert_eq!(now.routes().get(&entry).map(Route::entry), Some(entry));
    assert_eq!(*now, *city.replayed().await);
}

#[tokio::test]
async fn a_draft_is_not_public_and_queues_for_each_stage_of_its_review() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let local_code = "1".parse().expect("a local code");
    let item = domain::ItemId::new(&owner, &local_code);
    let command = ItemCommand::Draft {
        department: owner.clone(),
        local_code,
        content: Box::new(content("结婚登记", "330106")),
    };
    city.item(&clerk(&owner), item, command).await;
    assert_eq!(city.now().await.review_queue(Stage::Department, None, None, 10).items.len(), 0);

    city.item(&clerk(&owner), item, ItemCommand::Submit).await;
    let now = city.now().await;
    let waiting = now.review_queue(Stage::Department, Some(&owner), None, 10).items;
    assert_eq!(waiting.iter().map(|view| view.id).collect::<Vec<_>>(), [item]);
    let submission = waiting[0].submission.as_ref().expect("submitted");
    assert_eq!(submission.by.as_ref().map(|by| by.0.as_str()), Some("clerk"));
    assert!(
        now.review_queue(Stage::Department, Some(&department("余杭区民政局")), None, 10).items.is_empty()
    );
    assert!(now.entries().is_empty());

    let reviewer = staff("department-reviewer", Role::DepartmentReviewer, Some(&owner));
    city.review(&reviewer, item, Verdict::Approve).await;
    let now = city.now().await;
    assert!(now.review_queue(Stage::Department, None, None, 10).items.is_empty());
    assert_eq!(now.review_queue(Stage::Catalogue, None, None, 10).items.len(), 1);
    assert_eq!(now.review_queue(Stage::Catalogue, Some(&owner), None, 10).items.len(), 1);

    let reviewer = staff("reviewer", Role::Reviewer, None);
    city.review(&reviewer, item, Verdict::Approve).await;
    assert!(city.now().await.review_queue(Stage::Catalogue, None, None, 10).items.is_empty());
    city.item(&reviewer, item, ItemCommand::Publish).await;
    let entry = EntryId::founded_by(item);
    city.place(item, entry).await;
    let before = city.now().await.live_entry(entry).expect("live").changed;

    // The next revision is drafted beside the public one.
    let content = Box::new(content("婚姻登记", "330106"));
    city.item(&clerk(&owner), item, ItemCommand::Revise { content }).await;
    let now = city.now().await;
    let view = now.live_entry(entry).expect("still live");
    assert_eq!((view.name().default_text(), view.changed), ("结婚登记", before));
    assert_eq!(*now, *city.replayed().await);
}

#[tokio::test]
async fn a_suspended_offering_stays_with_its_notice() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let entry = city.found(&owner, "1", content("结婚登记", "330106")).await;
    let notice = LocalizedText::zh("系统维护");
    city.item(&clerk(&owner), entry.founder(), ItemCommand::Suspend { notice: notice.clone() }).await;
    let now = city.now().await;
    let view = now.live_entry(entry).expect("live");
    assert_eq!(view.offerings[0].standing(), OfferingStanding::Suspended { notice: &notice });
    city.item(&clerk(&owner), entry.founder(), ItemCommand::Resume).await;
    let now = city.now().await;
    let view = now.live_entry(entry).expect("live");
    assert_eq!(view.offerings[0].standing(), OfferingStanding::Published);
    assert_eq!(*now, *city.replayed().await);
}

#[tokio::test]
async fn an_entry_ends_with_its_last_offering_and_says_how() {
    let city = City::new().await;
    let (west, east) =
        (city.enrol("西湖区民政局", "330106").await, city.enrol("上城区民政局", "330102").await);
    let entry = city.found(&west, "1", content("结婚登记", "330106")).await;
    let second = city.publish(&east, "1", content("婚姻登记", "330102")).await;
    city.place(second, entry).await;
    let heir = city.found(&west, "2", content("婚姻登记（新）", "330106")).await;

    city.retire(entry.founder(), &west, Outcome::Gone).await;
    let now = city.now().await;
    let view = now.live_entry(entry).expect("one offering is left");
    assert_eq!((view.primary, view.name().default_text()), (second, "婚姻登记"));

    city.retire(second, &east, Outcome::ReplacedBy { entry: heir }).await;
    let now = city.now().await;
    let Some(EntryStanding::Retired(view)) = now.entry(entry) else { panic!("retired") };
    assert_eq!(view.outcome, Outcome::ReplacedBy { entry: heir });
    assert_eq!((view.name().default_text(), view.explanation.default_text()), ("婚姻登记", "不再办理"));
    assert!(matches!(now.routes().get(&entry), Some(Route::Gone(_))));
    assert_eq!(now.list(&Default::default(), None, 10).items.len(), 1);
    assert_eq!(*now, *city.replayed().await);
}

#[tokio::test]
async fn the_primary_is_the_stewards_choice_then_the_founder_then_the_earliest() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let earliest = city.publish(&owner, "0", content("婚登", "330106")).await;
    let entry = city.found(&owner, "1", content("结婚登记", "330106")).await;
    let chosen = city.publish(&owner, "2", content("婚姻登记", "330106")).await;
    city.place(earliest, entry).await;
    city.place(chosen, entry).await;
    let primary = async || city.now().await.live_entry(entry).expect("live").primary;
    assert_eq!(primary().await, entry.founder());
    city.entry(entry, EntryCommand::ChoosePrimary { item: chosen }).await;
    assert_eq!(primary().await, chosen);
    city.retire(chosen, &owner, Outcome::Gone).await;
    assert_eq!(primary().await, entry.founder());
    city.retire(entry.founder(), &owner, Outcome::Gone).await;
    assert_eq!(primary().await, earliest);
    let name = LocalizedText::zh("婚姻登记一件事");
    city.entry(entry, EntryCommand::Rename { name }).await;
    let now = city.now().await;
    assert_eq!(now.live_entry(entry).expect("live").name().default_text(), "婚姻登记一件事");
    assert_eq!(*now, *city.replayed().await);
}

#[tokio::test]
async fn what_is_announced_is_due_in_order_until_it_is_done() {
    let city = City::new().await;
    let (west, east) =
        (city.enrol("西湖区民政局", "330106").await, city.enrol("上城区民政局", "330102").await);
    let (first, second) = (
        city.found(&west, "1", content("甲", "330106")).await,
        city.found(&west, "2", content("乙", "330106")).await,
    );
    let in_days = |days: i64| city.time() + SignedDuration::from_hours(24 * days);
    let retire = ItemCommand::AnnounceRetirement {
        explanation: LocalizedText::zh("合并"),
        outcome: Outcome::Gone,
        effective: in_days(60),
    };
    city.item(&clerk(&west), first.founder(), retire).await;
    city.item(&clerk(&west), second.founder(), ItemCommand::ProposeTransfer { to: east.clone() }).await;
    assert!(city.now().await.live_entry(second).expect("live").offerings[0].transfer.is_none());
    let accept =
        ItemCommand::AcceptTransfer { announcement: LocalizedText::zh("移交"), effective: in_days(40) };
    city.item(&clerk(&east), second.founder(), accept).await;

    let now = city.now().await;
    assert_eq!(
        now.live_entry(second).expect("live").offerings[0].transfer.as_ref().expect("announced").to,
        east
    );
    assert!(now.due(in_days(39)).is_empty());
    let due: Vec<_> = now.due(in_days(60)).into_iter().map(|due| (due.item, due.action)).collect();
    assert_eq!(due, [(second.founder(), DueAction::CompleteTransfer), (first.founder(), DueAction::Retire)]);
    assert_eq!(now.next_due(), Some(in_days(40)));

    city.pass_days(61);
    city.item(&Actor::system("calendar"), second.founder(), ItemCommand::CompleteTransfer).await;
    city.item(&Actor::system("calendar"), first.founder(), ItemCommand::Retire).await;
    let now = city.now().await;
    assert!(now.due(in_days(100)).is_empty());
    assert_eq!(now.live_entry(second).expect("live").offerings[0].department.id, east);
    assert_eq!(now.items_of(&east, None, 10).items.len(), 1);
    assert_eq!(now.items_of(&west, None, 10).items.len(), 1);
    assert_eq!(*now, *city.replayed().await);
}

#[tokio::test]
async fn a_department_that_changes_is_changed_everywhere() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let entry = city.found(&owner, "1", content("结婚登记", "330106")).await;
    let before = city.now().await.live_entry(entry).expect("live").changed;
    city.department(&owner, DepartmentCommand::Rename { name: LocalizedText::zh("西湖区社会事务局") }).await;
    let now = city.now().await;
    let view = now.live_entry(entry).expect("live");
    assert_eq!(view.offerings[0].department.name.default_text(), "西湖区社会事务局");
    assert!(view.changed > before);
    assert_eq!(city.find("社会事务局").await, ["结婚登记"]);
    assert_eq!(*now, *city.replayed().await);
}

#[tokio::test]
async fn an_offering_waits_until_its_department_is_enrolled() {
    let city = City::new().await;
    let owner = department("西湖区民政局");
    let entry = city.found(&owner, "1", content("结婚登记", "330106")).await;
    assert!(city.now().await.entry(entry).is_none());
    city.enrol("西湖区民政局", "330106").await;
    let now = city.now().await;
    assert!(now.live_entry(entry).is_some());
    assert_eq!(*now, *city.replayed().await);
}

#[tokio::test]
async fn new_content_is_seen_in_one_step() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let entry = city.found(&owner, "1", content("结婚登记", "330106")).await;
    let changed =
        content_with(json!({ "name": { "zh-CN": "结婚登记", "en": "Marriage" }, "regions": ["330102"] }));
    city.publish(&owner, "1", changed).await;
    let now = city.now().await;
    assert_eq!(now.live_entry(entry).expect("live").name().get("en"), Some("Marriage"));
    let region = |code: &str| read_model::Filter {
        region: Some(code.parse().expect("a division")),
        ..Default::default()
    };
    assert!(now.list(&region("330106"), None, 10).items.is_empty());
    assert_eq!(now.list(&region("330102"), None, 10).items.len(), 1);
    assert_eq!(*now, *city.replayed().await);
}
