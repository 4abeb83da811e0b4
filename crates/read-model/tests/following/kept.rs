//! The snapshot on disk: a start from it is a replay from nothing, or it is not used.
//!
//! That every other test's log leads to the same from a snapshot is checked by `City::replayed`.

use std::fs;
use std::path::{Path, PathBuf};

use domain::item::Outcome;
use event_store::sqlite::{self, Sqlite};
use event_store::{EventStore, copy};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::city::{City, PATIENCE, content, content_with};

fn file(city: &City) -> PathBuf {
    city.dir.path().join("read-model.snapshot")
}

/// A city with some of everything, and a snapshot of it on disk.
async fn kept() -> City {
    let city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let one = city.found(&owner, "1", content("结婚登记", "330106")).await;
    let two = city.found(&owner, "2", content("离婚登记", "330106")).await;
    let purpose = json!({"zh-CN": "核对"});
    let access =
        json!({"claims": [{"claim": "name", "purpose": purpose}, {"claim": "phone", "purpose": purpose}]});
    let learning = json!({"name": {"zh-CN": "结婚登记预约"}, "regions": ["330106"], "access": access});
    city.found(&owner, "5", content_with(learning)).await;
    city.found(&owner, "3", content("收养登记", "330106")).await;
    city.merge(one, two).await;
    let four = city.found(&owner, "4", content("社会团体成立登记", "330106")).await;
    city.retire(four.founder(), &owner, Outcome::Gone).await;
    city.once(&file(&city)).await;
    city
}

/// A start with that file shows what a replay shows, and leaves a snapshot of this log behind.
async fn is_not_used(city: &City, file: &Path) {
    let replayed = city.replayed().await;
    let refused = fs::read(file).expect("there is one");
    assert_eq!(*city.once(file).await, *replayed);
    assert_ne!(fs::read(file).expect("written"), refused, "it was replaced");
    let replaced = fs::read(file).expect("written");
    assert_eq!(*city.once(file).await, *replayed);
    assert_eq!(fs::read(file).expect("kept"), replaced, "and this one is used");
}

#[tokio::test]
async fn the_model_goes_on_from_its_snapshot_with_what_came_after() {
    let mut city = kept().await;
    let owner = city.enrol("余杭区民政局", "330110").await;
    city.found(&owner, "1", content("结婚登记（余杭）", "330110")).await;
    assert_eq!(*city.once(&file(&city)).await, *city.replayed().await);

    // Followed, it writes again by itself, while it goes on.
    let before = fs::read(file(&city)).expect("there is one");
    city.restart_from(&file(&city)).await;
    city.found(&owner, "2", content("离婚登记（余杭）", "330110")).await;
    let written = async {
        while fs::read(file(&city)).expect("there is always one") == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, written).await.expect("it is written");
    city.stop().await;
    assert_eq!(*city.once(&file(&city)).await, *city.replayed().await);
}

#[test]
fn a_file_that_is_damaged_anywhere_or_ends_anywhere_is_replaced() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let city = runtime.block_on(kept());
    let (file, replayed) = (file(&city), runtime.block_on(city.replayed()));
    let whole = fs::read(&file).expect("there is one");
    let strategy = (0..whole.len(), prop::option::of(1..=255_u8));
    let outcome = TestRunner::new(Config::with_cases(48)).run(&strategy, |(place, flip)| {
        let mut bytes = whole.clone();
        match flip {
            Some(flip) => bytes[place] ^= flip,
            None => bytes.truncate(place),
        }
        fs::write(&file, bytes).expect("written");
        prop_assert_eq!(&*runtime.block_on(city.once(&file)), &*replayed);
        prop_assert!(fs::read(&file).expect("written") == whole, "it was used, or not replaced");
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn what_comes_after_the_end_is_damage_too() {
    let city = kept().await;
    let mut bytes = fs::read(file(&city)).expect("there is one");
    bytes.extend_from_within(..);
    fs::write(file(&city), bytes).expect("written");
    is_not_used(&city, &file(&city)).await;
}

#[tokio::test]
async fn a_snapshot_of_another_log_is_not_used() {
    let (city, other) = (kept().await, kept().await);
    fs::copy(file(&other), file(&city)).expect("copied");
    is_not_used(&city, &file(&city)).await;
}

#[tokio::test]
async fn a_snapshot_of_events_that_a_restored_log_lacks_is_not_used() {
    let mut city = kept().await;
    let owner = city.enrol("余杭区民政局", "330110").await;
    let backup =
        Sqlite::open(city.dir.path().join("backup"), &sqlite::Options::default()).expect("a new log");
    copy(&*city.store, &backup, None, 8, |_| {}).await.expect("copied");
    city.found(&owner, "1", content("结婚登记（余杭）", "330110")).await;
    city.once(&file(&city)).await;
    city.stop().await;

    // The log is that of the backup again, and goes on otherwise, to the same length.
    let lost = city.store.head().await.expect("the log can be read");
    city.store.close().await;
    city.store = backup.into();
    city.restart(None).await;
    city.found(&owner, "1", content("离婚登记（余杭）", "330110")).await;
    assert_eq!(city.store.head().await.expect("the log can be read"), lost);
    is_not_used(&city, &file(&city)).await;
}

#[tokio::test]
async fn what_a_killed_process_left_half_written_is_in_nobodys_way() {
    let city = kept().await;
    let whole = fs::read(file(&city)).expect("there is one");
    let half = file(&city).with_extension("half");
    fs::write(&half, &whole[..whole.len() / 2]).expect("written");
    assert_eq!(*city.once(&file(&city)).await, *city.replayed().await);
    let owner = city.enrol("余杭区民政局", "330110").await;
    city.found(&owner, "1", content("结婚登记（余杭）", "330110")).await;
    assert_eq!(*city.once(&file(&city)).await, *city.replayed().await);
    assert!(!half.exists(), "it was written over, and took its place");
    assert_ne!(fs::read(file(&city)).expect("written"), whole);
}
