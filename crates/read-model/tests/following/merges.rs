//! Merged and restored entries, and chains of them.

use domain::item::Outcome;
use domain::{Basis, EntryId, ItemCommand, LocalizedText, Placement, PlacementCommand, Role};
use read_model::{EntryStanding, Route, Snapshot};

use crate::city::{City, clerk, content, staff};

fn offerings(snapshot: &Snapshot, entry: EntryId) -> Vec<domain::ItemId> {
    let view = snapshot.live_entry(entry).expect("live");
    view.offerings.iter().map(|offering| offering.item).collect()
}

#[tokio::test]
async fn a_merge_moves_every_offering_and_a_restore_gives_each_back() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let first = city.found(&owner, "1", content("结婚登记", "330106")).await;
    let second = city.found(&owner, "2", content("婚姻登记", "330106")).await;
    let before = city.now().await;

    city.merge(second, first).await;
    let merged = city.now().await;
    assert_eq!(merged.entry(second), Some(&EntryStanding::Alias { into: first }));
    assert_eq!(offerings(&merged, first), [first.founder(), second.founder()]);
    assert_eq!(offerings(&merged, second), offerings(&merged, first));
    assert_eq!(merged.live_entry(first).expect("live").aliases, [second]);
    assert_eq!(merged.routes().get(&second).map(Route::entry), Some(first));
    assert_eq!(merged.list(&Default::default(), None, 10).items.len(), 1);
    assert_eq!(*merged, *city.replayed().await);

    // What happens to the alias's item meanwhile is seen under the survivor.
    let notice = LocalizedText::zh("系统维护");
    city.item(&clerk(&owner), second.founder(), ItemCommand::Suspend { notice }).await;
    assert!(city.now().await.live_entry(first).expect("live").offerings[1].suspension.is_some());
    city.item(&clerk(&owner), second.founder(), ItemCommand::Resume).await;

    city.entry(second, domain::EntryCommand::Restore).await;
    let restored = city.now().await;
    for entry in [first, second] {
        assert_eq!(offerings(&restored, entry), offerings(&before, entry));
        assert!(restored.live_entry(entry).expect("live").aliases.is_empty());
        assert_eq!(restored.routes().get(&entry).map(Route::entry), Some(entry));
    }
    assert_eq!(*restored, *city.replayed().await);
}

#[tokio::test]
async fn chains_of_merges_lead_to_their_end() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let mut entries = Vec::new();
    for code in ["1", "2", "3", "4"] {
        entries.push(city.found(&owner, code, content(&format!("事项{code}"), "330106")).await);
    }
    let [a, b, c, d] = entries[..] else { panic!("four entries") };
    city.merge(a, b).await;
    city.merge(b, c).await;
    city.merge(c, d).await;
    let now = city.now().await;
    for alias in [a, b, c] {
        assert_eq!(now.entry(alias), Some(&EntryStanding::Alias { into: d }));
        assert_eq!(now.routes().get(&alias).map(Route::entry), Some(d));
    }
    assert_eq!(now.lineage(a), [a, b, c, d]);
    assert_eq!(now.live_entry(d).expect("live").aliases, [a, b, c]);
    assert_eq!(offerings(&now, d).len(), 4);

    city.entry(b, domain::EntryCommand::Restore).await;
    let now = city.now().await;
    assert_eq!(now.entry(a), Some(&EntryStanding::Alias { into: b }));
    assert_eq!(now.entry(c), Some(&EntryStanding::Alias { into: d }));
    assert_eq!((offerings(&now, b).len(), offerings(&now, d).len()), (2, 2));
    assert_eq!(now.routes().get(&a).map(Route::entry), Some(b));
    assert_eq!(*now, *city.replayed().await);
}

#[tokio::test]
async fn a_merge_that_would_close_a_loop_has_no_effect() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let a = city.found(&owner, "1", content("甲", "330106")).await;
    let b = city.found(&owner, "2", content("乙", "330106")).await;
    // Two stewards at once: each sees the state before the other's merge.
    city.entry(a, domain::EntryCommand::Merge { entry: a, into: b, lineage: vec![b] }).await;
    city.entry(b, domain::EntryCommand::Merge { entry: b, into: a, lineage: vec![a] }).await;
    let now = city.now().await;
    assert_eq!(now.entry(a), Some(&EntryStanding::Alias { into: b }));
    assert_eq!(offerings(&now, b).len(), 2);
    assert_eq!(now.skipped(), 1);
    assert_eq!(*now, *city.replayed().await);
    city.entry(b, domain::EntryCommand::Restore).await;
    city.entry(a, domain::EntryCommand::Restore).await;
    let now = city.now().await;
    assert_eq!((offerings(&now, a).len(), offerings(&now, b).len()), (1, 1));
}

#[tokio::test]
async fn an_item_placed_under_an_alias_is_seen_under_the_survivor() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let a = city.found(&owner, "1", content("甲", "330106")).await;
    let b = city.found(&owner, "2", content("乙", "330106")).await;
    city.merge(a, b).await;
    let late = city.publish(&owner, "3", content("丙", "330106")).await;
    city.place(late, a).await;
    let now = city.now().await;
    assert_eq!(offerings(&now, b), [a.founder(), b.founder(), late]);

    let steward = staff("steward", Role::Steward, None);
    let command = PlacementCommand::Move { entry: b, basis: Basis::default() };
    city.give::<Placement>(&steward, &late, &command).await;
    city.entry(a, domain::EntryCommand::Restore).await;
    let now = city.now().await;
    assert_eq!(offerings(&now, a), [a.founder()]);
    assert_eq!(offerings(&now, b), [b.founder(), late]);
    assert_eq!(*now, *city.replayed().await);
}

#[tokio::test]
async fn the_alias_of_an_ended_entry_has_ended_too() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let a = city.found(&owner, "1", content("甲", "330106")).await;
    let b = city.found(&owner, "2", content("乙", "330106")).await;
    city.merge(a, b).await;
    for entry in [b, a] {
        city.retire(entry.founder(), &owner, Outcome::Gone).await;
    }
    let now = city.now().await;
    assert!(matches!(now.entry(b), Some(EntryStanding::Retired(view)) if view.aliases == [a]));
    assert_eq!(now.entry(a), Some(&EntryStanding::Alias { into: b }));
    assert!(matches!(now.routes().get(&a), Some(Route::Gone(view)) if view.id == b));
    assert_eq!(*now, *city.replayed().await);
}

#[tokio::test]
async fn two_route_tables_differ_only_in_what_changed() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    for code in 0..40 {
        city.found(&owner, &code.to_string(), content(&format!("事项{code}"), "330106")).await;
    }
    let before = city.now().await;
    let (alias, survivor) = {
        let page = before.list(&Default::default(), None, 2);
        (page.items[0].id, page.items[1].id)
    };
    city.merge(alias, survivor).await;
    let after = city.now().await;
    let changed: Vec<EntryId> = before
        .routes()
        .diff(after.routes())
        .map(|item| match item {
            imbl::ordmap::DiffItem::Update { new: (id, _), .. } => *id,
            imbl::ordmap::DiffItem::Add(id, _) | imbl::ordmap::DiffItem::Remove(id, _) => *id,
        })
        .collect();
    let mut expected = [alias, survivor];
    expected.sort_unstable();
    assert_eq!(changed, expected);
}
