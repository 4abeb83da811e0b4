//! The change feed: one latest change per entry, tombstones, tokens.

use domain::item::Outcome;
use domain::{Placement, PlacementCommand, Role};
use read_model::{Change, ChangeToken, Removal, ResyncRequired};

use crate::city::{City, content, staff};

#[tokio::test]
async fn followers_see_each_entrys_latest_change_in_order() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let start = city.now().await.changes(None, 10).expect("the beginning");
    assert!(start.changes.is_empty());
    let first = city.found(&owner, "1", content("甲", "330106")).await;
    let second = city.found(&owner, "2", content("乙", "330106")).await;
    city.publish(&owner, "1", content("甲甲", "330106")).await;

    let now = city.now().await;
    let feed = now.changes(Some(start.next), 10).expect("a known token");
    assert_eq!(feed.changes.iter().map(Change::id).collect::<Vec<_>>(), [second, first]);
    assert!(matches!(&feed.changes[1], Change::Upserted(view) if view.name().default_text() == "甲甲"));
    assert!(!feed.more);
    let again = now.changes(Some(feed.next), 10).expect("a known token");
    assert_eq!((again.changes.len(), again.next), (0, feed.next));

    let page = now.changes(None, 1).expect("the beginning");
    assert!(page.more);
    let rest = now.changes(Some(page.next), 1).expect("a known token");
    assert_eq!((rest.changes[0].id(), rest.more, rest.next), (first, false, feed.next));
}

#[tokio::test]
async fn what_is_gone_leaves_a_tombstone() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let merged = city.found(&owner, "1", content("甲", "330106")).await;
    let survivor = city.found(&owner, "2", content("乙", "330106")).await;
    let retired = city.found(&owner, "3", content("丙", "330106")).await;
    let withdrawn = city.found(&owner, "4", content("丁", "330106")).await;
    let seen = city.now().await.changes(None, 10).expect("the beginning").next;
    city.merge(merged, survivor).await;
    city.retire(retired.founder(), &owner, Outcome::Gone).await;
    let steward = staff("steward", Role::Steward, None);
    city.give::<Placement>(&steward, &withdrawn.founder(), &PlacementCommand::Withdraw).await;

    let now = city.now().await;
    let feed = now.changes(Some(seen), 10).expect("a known token");
    let removal = |id| {
        feed.changes.iter().find_map(|change| match change {
            Change::Removed { id: removed, removal, .. } if *removed == id => Some(removal.clone()),
            Change::Removed { .. } | Change::Upserted(_) => None,
        })
    };
    assert_eq!(removal(merged), Some(Removal::MergedInto(survivor)));
    assert!(matches!(removal(retired), Some(Removal::Retired(view)) if view.outcome == Outcome::Gone));
    assert_eq!(removal(withdrawn), Some(Removal::Withdrawn));
    assert_eq!(feed.changes.len(), 4);
    assert_eq!(*now, *city.replayed().await);
}

#[tokio::test]
async fn entries_that_changed_at_once_can_be_read_one_by_one() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    for code in 0..5 {
        city.found(&owner, &code.to_string(), content(&format!("事项{code}"), "330106")).await;
    }
    let rename = domain::DepartmentCommand::Rename { name: domain::LocalizedText::zh("改名") };
    city.department(&owner, rename).await;
    let now = city.now().await;
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let page = now.changes(token, 2).expect("a known token");
        seen.extend(page.changes.iter().map(Change::id));
        // As clients keep it: as a text.
        token = Some(page.next.to_string().parse::<ChangeToken>().expect("a token"));
        if !page.more {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 5);
}

#[tokio::test]
async fn a_token_of_another_log_or_of_the_future_asks_for_a_resync() {
    let (city, other, empty) = (City::new().await, City::new().await, City::new().await);
    let owner = city.enrol("西湖区民政局", "330106").await;
    other.enrol("余杭区民政局", "330110").await;
    let token = async |city: &City| city.now().await.changes(None, 1).expect("the beginning").next;
    let before = city.now().await;
    assert!(before.changes(Some(token(&empty).await), 1).is_ok(), "every log begins alike");

    let foreign = token(&other).await;
    assert_eq!(foreign.position(), before.position());
    assert_eq!(before.changes(Some(foreign), 1), Err(ResyncRequired));

    city.found(&owner, "1", content("甲", "330106")).await;
    let future = token(&city).await;
    assert!(future.position() > before.position());
    assert_eq!(before.changes(Some(future), 1), Err(ResyncRequired));
    assert!(city.now().await.changes(Some(future), 1).is_ok());
}
