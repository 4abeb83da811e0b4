//! What stewards do to entries: remembered, counted, and undone without a trace.

use std::collections::{BTreeMap, BTreeSet};

use domain::duplicate_case::Resolution;
use domain::{
    Actor, Basis, CaseId, DuplicateCase, DuplicateCaseCommand, Entry, EntryCommand, EntryId, ItemId,
    LocalizedText, Placement, PlacementCommand, Relation, Role,
};
use event_store::load;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use read_model::{EntryStanding, Floor, MatchingReport, Snapshot, Verdicts};

use crate::city::{City, content, staff};

/// Items, and entries that they found.
const MANY: usize = 6;

/// What a steward does; numbers name items and the entries that they founded.
#[derive(Debug, Clone)]
enum Act {
    Merge(usize, usize),
    Restore(usize),
    Split(usize, usize),
    /// Confirms a case: the first of the two joins the other's entry.
    Join(usize, usize),
    ChoosePrimary(usize, usize),
    Rename(usize, u8),
}

/// What takes an act back.
#[derive(Debug)]
enum Undoing {
    Entry(EntryId, EntryCommand),
    Merge(EntryId, EntryId),
    Placement(ItemId, PlacementCommand),
}

fn act() -> impl Strategy<Value = Act> {
    let one = || 0..MANY;
    prop_oneof![
        (one(), one()).prop_map(|(a, b)| Act::Merge(a, b)),
        one().prop_map(Act::Restore),
        (one(), one()).prop_map(|(a, b)| Act::Split(a, b)),
        (one(), one()).prop_map(|(a, b)| Act::Join(a, b)),
        (one(), one()).prop_map(|(a, b)| Act::ChoosePrimary(a, b)),
        (one(), any::<u8>()).prop_map(|(a, name)| Act::Rename(a, name)),
    ]
}

/// What readers see under every identifier, without when it changed; and where every item is.
fn catalogue(snapshot: &Snapshot) -> (BTreeMap<EntryId, String>, BTreeMap<ItemId, Option<EntryId>>) {
    let seen = snapshot.entries().iter().map(|(id, standing)| {
        let words = match standing {
            EntryStanding::Live(view) => {
                let mut items: Vec<_> = view.offerings.iter().map(|offering| offering.item).collect();
                items.sort_unstable();
                let aliases: BTreeSet<_> = view.aliases.iter().collect();
                format!("{:?} {:?} {} {items:?} {aliases:?}", view.own_name, view.name(), view.primary)
            }
            EntryStanding::Alias { into } => format!("alias of {into}"),
            EntryStanding::Retired(view) => format!("retired {:?}", view.name()),
        };
        let route = snapshot.routes().get(id).map(read_model::Route::entry);
        (*id, format!("{words} {route:?}"))
    });
    (seen.collect(), snapshot.items().values().map(|view| (view.id, view.entry())).collect())
}

/// Does it, unless the rules refuse it; says what takes it back.
async fn carry_out(city: &City, items: &[ItemId], act: &Act) -> Option<Undoing> {
    let steward = staff("steward", Role::Steward, None);
    let entry = |number: usize| EntryId::founded_by(items[number]);
    let before = async |id: EntryId| match load::<Entry>(&*city.store, &id).await.expect("the log").state {
        Entry::Unformed => (None, None, None),
        Entry::Formed { name, primary, merged_into } => (name, primary, merged_into),
    };
    let changed = |id: EntryId, command: EntryCommand, undoing: EntryCommand| {
        let steward = steward.clone();
        async move {
            let events = city.try_give::<Entry>(&steward, &id, &command).await?;
            (events > 0).then_some(Undoing::Entry(id, undoing))
        }
    };
    match *act {
        Act::Merge(a, b) => {
            let lineage = city.now().await.lineage(entry(b));
            let command = EntryCommand::Merge { entry: entry(a), into: entry(b), lineage };
            changed(entry(a), command, EntryCommand::Restore).await
        }
        Act::Restore(a) => {
            let (_, _, merged_into) = before(entry(a)).await;
            city.try_give::<Entry>(&steward, &entry(a), &EntryCommand::Restore).await?;
            Some(Undoing::Merge(entry(a), merged_into?))
        }
        Act::Split(item, into) => {
            let from = city.now().await.item(items[item])?.entry()?;
            let split = PlacementCommand::Split { from, into: entry(into) };
            let events = city.try_give::<Placement>(&steward, &items[item], &split).await?;
            let back = PlacementCommand::Split { from: entry(into), into: from };
            (events > 0).then_some(Undoing::Placement(items[item], back))
        }
        Act::Join(joins, stays) => {
            let now = city.now().await;
            let (from, to) = (now.item(items[joins])?.entry()?, now.item(items[stays])?.entry()?);
            let because = |other: usize| Basis { compared_with: Some(items[other]), ..Basis::default() };
            let join = PlacementCommand::Move { entry: to, basis: because(stays) };
            let events = city.try_give::<Placement>(&steward, &items[joins], &join).await?;
            let back = PlacementCommand::Move { entry: from, basis: because(joins) };
            (events > 0).then_some(Undoing::Placement(items[joins], back))
        }
        Act::ChoosePrimary(a, item) => {
            let (_, primary, _) = before(entry(a)).await;
            let undoing = match primary {
                Some(item) => EntryCommand::ChoosePrimary { item },
                None => EntryCommand::WithdrawPrimary,
            };
            changed(entry(a), EntryCommand::ChoosePrimary { item: items[item] }, undoing).await
        }
        Act::Rename(a, name) => {
            let (own, _, _) = before(entry(a)).await;
            let undoing = match own {
                Some(name) => EntryCommand::Rename { name },
                None => EntryCommand::WithdrawName,
            };
            let name = LocalizedText::zh(format!("名称{name}"));
            changed(entry(a), EntryCommand::Rename { name }, undoing).await
        }
    }
}

async fn take_back(city: &City, undoing: Undoing) {
    let steward = staff("steward", Role::Steward, None);
    match undoing {
        Undoing::Entry(id, command) => city.entry(id, command).await,
        Undoing::Merge(id, into) => city.merge(id, into).await,
        Undoing::Placement(item, command) => city.give::<Placement>(&steward, &item, &command).await,
    };
}

/// Every item is offered once, and every identifier of an alias leads to what is none.
fn assert_sound(snapshot: &Snapshot) {
    let mut offered = Vec::new();
    for standing in snapshot.entries().values() {
        match standing {
            EntryStanding::Live(view) => offered.extend(view.offerings.iter().map(|offering| offering.item)),
            EntryStanding::Alias { into } => {
                assert!(!matches!(snapshot.entry(*into), Some(EntryStanding::Alias { .. })), "{into}");
            }
            EntryStanding::Retired(_) => {}
        }
    }
    offered.sort_unstable();
    let items: Vec<_> = snapshot.items().keys().copied().collect();
    assert_eq!(offered, items);
    assert_eq!(snapshot.skipped(), 0);
}

#[test]
fn whatever_stewards_did_is_undone_without_a_trace() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (city, items) = runtime.block_on(async {
        let city = City::new().await;
        let owner = city.enrol("西湖区民政局", "330106").await;
        let mut items = Vec::new();
        for code in 0..MANY {
            let name = format!("事项{code}");
            items.push(city.found(&owner, &code.to_string(), content(&name, "330106")).await.founder());
        }
        (city, items)
    });
    let first = runtime.block_on(async { catalogue(&*city.now().await) });
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(24) });
    let outcome = runner.run(&prop::collection::vec(act(), 1..24), |acts| {
        runtime.block_on(async {
            let mut done = Vec::new();
            for act in &acts {
                done.extend(carry_out(&city, &items, act).await);
                assert_sound(&*city.now().await);
            }
            for undoing in done.into_iter().rev() {
                take_back(&city, undoing).await;
            }
            let now = city.now().await;
            prop_assert_eq!(&catalogue(&now), &first);
            prop_assert!(*now == *city.replayed().await, "a replay tells something else");
            Ok(())
        })
    });
    outcome.expect("every history can be undone");
}

fn basis(with: ItemId, probability: f64) -> Basis {
    Basis {
        compared_with: Some(with),
        probability: Some(probability),
        relation: Some(Relation::OtherImplementer),
        ..Basis::default()
    }
}

#[tokio::test]
async fn the_report_counts_what_was_decided_and_what_nobody_saw() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let (curator, steward) = (Actor::system("curator"), staff("steward", Role::Steward, None));
    let home = city.found(&owner, "0", content("事项", "330106")).await;
    let mut joined = Vec::new();
    for (code, probability) in [("1", 0.99), ("2", 0.97), ("3", 0.96), ("4", 0.95)] {
        let item = city.publish(&owner, code, content("事项", "330106")).await;
        let place = PlacementCommand::Place { entry: home, basis: basis(home.founder(), probability) };
        city.give::<Placement>(&curator, &item, &place).await;
        joined.push(item);
    }
    // The first is confirmed where it is, the second is split, and a case speaks of the third; nobody saw the fourth.
    let stays = PlacementCommand::Move { entry: home, basis: Basis::default() };
    city.give::<Placement>(&steward, &joined[0], &stays).await;
    let own = EntryId::founded_by(joined[1]);
    city.give::<Entry>(&steward, &own, &EntryCommand::Form).await;
    let split = PlacementCommand::Split { from: home, into: own };
    city.give::<Placement>(&steward, &joined[1], &split).await;
    let case = CaseId::new(home.founder(), joined[2]);
    let suspect = DuplicateCaseCommand::Suspect {
        items: [home.founder(), joined[2]],
        basis: basis(home.founder(), 0.96),
    };
    city.give::<DuplicateCase>(&curator, &case, &suspect).await;
    let resolution = Resolution::BothStay { comment: "两个窗口".to_owned() };
    city.give::<DuplicateCase>(&steward, &case, &DuplicateCaseCommand::Confirm { resolution }).await;

    let report = MatchingReport::of(&*city.now().await);
    let total = report.joins.total;
    assert_eq!((total.joined, total.unseen), (4, 1));
    assert_eq!(total.decided, Verdicts { right: 2, wrong: 1 });
    let top = report.joins.by_probability.first().map(|(from, to, tally)| (*from, *to, tally.joined));
    assert_eq!(top, Some((0.9, 1.0, 4)));
    let floor = Floor { probability: 0.99, decided: Verdicts { right: 1, wrong: 0 } };
    assert_eq!((report.floor_of_joins, report.floor_of_pairs), (Some(floor), Some(floor)));
    assert_eq!((report.cases.total.suspected, report.cases.total.confirmed), (1, 1));
    assert_eq!(report.cases.by_relation[0].0, Some(Relation::OtherImplementer));

    // Put back, the second was not wrong after all.
    let back = PlacementCommand::Split { from: own, into: home };
    city.give::<Placement>(&steward, &joined[1], &back).await;
    city.give::<DuplicateCase>(&steward, &case, &DuplicateCaseCommand::Reopen).await;
    let report = MatchingReport::of(&*city.now().await);
    assert_eq!(report.joins.total.decided, Verdicts { right: 2, wrong: 0 });
    let cases = report.cases.total;
    assert_eq!((cases.open, cases.confirmed, cases.reopened), (1, 0, 1));
}
