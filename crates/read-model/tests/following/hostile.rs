//! Events that nobody should have written are counted and passed over.

use domain::{EntryId, Role, StaffId};
use event_store::{Digest, EventStore, Expected, Metadata, NewEvent, StreamName};
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use crate::city::{City, content};

async fn append(city: &City, stream: &str, expected: Expected, event_type: &str, data: &str) {
    let metadata = Metadata {
        actor: StaffId("somebody".to_owned()),
        role: Role::System,
        department: None,
        reason: None,
        command_id: Uuid::nil(),
        command_digest: Digest::ZERO,
        trace_id: None,
        at: Timestamp::UNIX_EPOCH,
    };
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{stream}{expected:?}{event_type}{data}").as_bytes());
    let event = NewEvent::new(id, event_type, 1, data.as_bytes().to_vec(), &metadata).expect("metadata");
    let stream: StreamName = stream.parse().expect("a stream name");
    city.store.append(&stream, expected, vec![event]).await.expect("appended");
}

#[tokio::test]
async fn unknown_unreadable_and_misplaced_events_are_passed_over() {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let entry = city.found(&owner, "1", content("结婚登记", "330106")).await;
    let known = city.now().await;
    let nobody = "0d6f3c1e-0000-5000-8000-000000000001";
    append(&city, "planet-earth", Expected::NoStream, "Formed", "{}").await;
    append(&city, "item-not-a-uuid", Expected::NoStream, "Published", "{}").await;
    append(&city, &format!("item-{nobody}"), Expected::NoStream, "Exploded", "{}").await;
    append(&city, &format!("item-{nobody}"), Expected::Revision(0), "Published", "[1,2").await;
    append(&city, &format!("item-{nobody}"), Expected::Revision(1), "Resumed", "{}").await;
    append(
        &city,
        &format!("placement-{nobody}"),
        Expected::NoStream,
        "Withdrawn",
        &format!("{{\"from\":\"{entry}\"}}"),
    )
    .await;
    append(&city, "department-local:x", Expected::NoStream, "Resumed", "{}").await;
    append(&city, "channel-x", Expected::NoStream, "Closed", "{}").await;
    append(&city, &format!("duplicate-{nobody}"), Expected::NoStream, "Reopened", "{}").await;
    let now = city.now().await;
    assert_eq!(now.skipped(), known.skipped() + 9);
    assert_eq!(now.live_entry(entry), known.live_entry(entry));
    assert_eq!(*now, *city.replayed().await);
}

/// Merges and restores of five entries, in any order, as no steward could give them.
fn any_merges() -> impl Strategy<Value = Vec<(usize, Option<usize>)>> {
    prop::collection::vec((0..5_usize, prop::option::weighted(0.8, 0..6_usize)), 1..25)
}

#[test]
fn no_log_of_merges_makes_a_loop_or_loses_an_offering() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    proptest!(ProptestConfig::with_cases(24), |(merges in any_merges())| {
        runtime.block_on(async {
            let city = City::new().await;
            let owner = city.enrol("西湖区民政局", "330106").await;
            let mut entries: Vec<EntryId> = Vec::new();
            for code in 0..5 {
                entries.push(city.found(&owner, &code.to_string(), content(&format!("事项{code}"), "330106")).await);
            }
            // The sixth was never formed.
            entries.push("0d6f3c1e-0000-5000-8000-000000000001".parse().expect("well formed"));
            let mut revisions = [0_u64; 6];
            for (from, into) in merges {
                let (event_type, data) = match into {
                    Some(into) => ("MergedInto", format!("{{\"entry\":\"{}\"}}", entries[into])),
                    None => ("Restored", format!("{{\"from\":\"{}\"}}", entries[0])),
                };
                let stream = format!("entry-{}", entries[from]);
                append(&city, &stream, Expected::Revision(revisions[from]), event_type, &data).await;
                revisions[from] += 1;
            }
            let now = city.now().await;
            let mut offerings = 0;
            for entry in &entries {
                assert!(now.lineage(*entry).len() <= entries.len());
                let survivor = now.survivor(*entry);
                assert_eq!(now.survivor(survivor), survivor);
                if survivor == *entry {
                    offerings += now.live_entry(survivor).map_or(0, |view| view.offerings.len());
                }
            }
            assert_eq!(offerings, 5);
            assert_eq!(*now, *city.replayed().await);
        });
    });
}
