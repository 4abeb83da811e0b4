//! How often entries were called, as the batches in the log add up.

use domain::call_count::OfferingCalls;
use domain::{Actor, CallCount, CallCountCommand, EntryCommand, EntryId};
use jiff::civil::{Date, date};
use read_model::{DayCalls, Snapshot};
use uuid::Uuid;

use crate::city::{City, content};

const MONDAY: Date = date(2026, 3, 2);
const TUESDAY: Date = date(2026, 3, 3);

async fn count(city: &City, batch: u128, day: Date, calls: &[(EntryId, u64)]) {
    let counts = calls.iter().map(|(entry, calls)| OfferingCalls {
        entry: *entry,
        item: entry.founder(),
        calls: *calls,
    });
    let command = CallCountCommand::Record { day, counts: counts.collect() };
    city.give::<CallCount>(&Actor::system("gateway"), &Uuid::from_u128(batch).into(), &command).await;
}

fn days(snapshot: &Snapshot, entry: EntryId) -> Vec<(Date, u64)> {
    snapshot.usage(entry).days.iter().map(|DayCalls { day, calls }| (*day, *calls)).collect()
}

#[tokio::test]
async fn batches_add_up_once_each_and_follow_merges() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let first = city.found(&owner, "1", content("结婚登记", "330106")).await;
    let second = city.found(&owner, "2", content("婚姻登记", "330106")).await;
    let before = city.now().await;
    assert_eq!((before.usage(first).last, before.counted_since()), (None, None));

    count(&city, 1, TUESDAY, &[(first, 3), (second, 1)]).await;
    // Another gateway, later, of the day before.
    count(&city, 2, MONDAY, &[(first, 4)]).await;
    count(&city, 3, TUESDAY, &[(first, 2)]).await;
    // The same batch again, by a writer who never heard that it was written.
    count(&city, 3, TUESDAY, &[(first, 2)]).await;
    let counted = city.now().await;
    assert_eq!(days(&counted, first), [(MONDAY, 4), (TUESDAY, 5)]);
    assert_eq!((counted.usage(first).calls, counted.usage(first).last), (9, Some(TUESDAY)));
    assert_eq!((days(&counted, second), counted.counted_since()), (vec![(TUESDAY, 1)], Some(MONDAY)));
    assert_eq!(counted.skipped(), 0);
    // Nobody who reads the catalogue learns of anything new.
    assert_eq!(counted.entries(), before.entries());
    assert_eq!(counted.routes(), before.routes());
    assert_eq!(*counted, *city.replayed().await);

    city.merge(second, first).await;
    assert_eq!(days(&*city.now().await, first), [(MONDAY, 4), (TUESDAY, 6)]);
    city.entry(second, EntryCommand::Restore).await;
    assert_eq!(days(&*city.now().await, first), [(MONDAY, 4), (TUESDAY, 5)]);
}
