//! Starting, waiting, stopping.

use std::sync::Arc;
use std::time::Duration;

use event_store::{EventStore, Position};
use read_model::{Behind, SearchQuery};
use tokio::task::JoinSet;

use crate::city::{City, PATIENCE, content, names};

fn ask(text: &str) -> SearchQuery {
    SearchQuery { text: text.to_owned(), limit: 10, ..SearchQuery::default() }
}

#[tokio::test]
async fn a_reader_waits_for_its_own_write_and_no_longer_than_it_wants() {
    let mut city = City::new().await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let written = city.store.head().await.expect("the log can be read");
    let seen = city.model.at_least(written, PATIENCE).await.expect("it arrives");
    assert!(seen.department(&owner).is_some() && seen.position() >= written);
    assert_eq!(*city.model.subscribe().borrow(), seen.position());

    city.searchable().await;
    city.stop().await;
    city.enrol("余杭区民政局", "330110").await;
    let later = city.store.head().await.expect("the log can be read");
    let waited = city.model.at_least(later, Duration::from_millis(1)).await;
    assert_eq!(waited.map(|_| ()), Err(Behind { reached: written }));
    assert_eq!(city.model.at_least_search(later, Duration::ZERO).await, Err(Behind { reached: written }));
    // What is there already is never waited for.
    assert!(city.model.at_least(written, Duration::ZERO).await.is_ok());
}

#[tokio::test]
async fn many_writes_at_once_end_in_the_same_state_as_a_replay() {
    let city = Arc::new(City::new().await);
    let owner = city.enrol("西湖区民政局", "330106").await;
    let mut writes = JoinSet::new();
    for number in 0..50 {
        let (city, owner) = (Arc::clone(&city), owner.clone());
        writes.spawn(async move {
            let entry =
                city.found(&owner, &number.to_string(), content(&format!("事项{number}"), "330106")).await;
            assert!(city.now().await.live_entry(entry).is_some(), "a reader sees its own write");
        });
    }
    while let Some(written) = writes.join_next().await {
        written.expect("written and seen");
    }
    assert_eq!(*city.now().await, *city.replayed().await);
}

#[tokio::test]
async fn the_search_index_goes_on_from_its_checkpoint() {
    let mut city = City::searching_in("search").await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    let merged = city.found(&owner, "1", content("结婚登记", "330106")).await;
    let kept = city.found(&owner, "2", content("离婚登记", "330106")).await;
    city.searchable().await;
    let indexed = city.model.search_position();
    city.stop().await;
    city.merge(merged, kept).await;
    city.found(&owner, "3", content("收养登记", "330106")).await;

    city.restart(Some("search")).await;
    assert!(city.model.search_position() >= indexed, "nothing is indexed from the beginning");
    assert_eq!(city.find("登记").await.len(), 2);
    assert_eq!(city.find("收养").await, ["收养登记"]);
}

#[tokio::test]
async fn an_index_that_cannot_be_used_is_built_anew() {
    let mut city = City::searching_in("search").await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    city.found(&owner, "1", content("结婚登记", "330106")).await;
    city.searchable().await;
    city.stop().await;
    let dir = city.dir.path().join("search").join("v1");
    let files =
        || std::fs::read_dir(&dir).expect("the index's directory").map(|file| file.expect("a file").path());
    for garbage in [&b"garbage"[..], b"", b"{}"] {
        for file in files() {
            std::fs::write(file, garbage).expect("written");
        }
        city.restart(Some("search")).await;
        assert_eq!(city.find("结婚").await, ["结婚登记"]);
        city.stop().await;
    }
}

#[tokio::test]
async fn the_index_of_another_log_is_not_used() {
    let mut city = City::searching_in("search").await;
    let owner = city.enrol("西湖区民政局", "330106").await;
    city.found(&owner, "1", content("结婚登记", "330106")).await;
    city.searchable().await;
    city.stop().await;
    let index = city.dir.path().join("search");

    let mut other = City::new().await;
    other.stop().await;
    let target = other.dir.path().join("search").join("v1");
    std::fs::create_dir_all(&target).expect("made");
    for file in std::fs::read_dir(index.join("v1")).expect("the index's directory") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), target.join(file.file_name())).expect("copied");
    }
    // Of a log that is empty, everything is in the future.
    other.restart(Some("search")).await;
    assert_eq!(other.model.search_position(), Position::START);
    assert!(other.model.search(&ask("结婚")).expect("searched").entries.is_empty());
    let owner = other.enrol("余杭区民政局", "330110").await;
    other.found(&owner, "1", content("结婚登记（余杭）", "330110")).await;
    other.searchable().await;
    let found = other.model.search(&ask("结婚")).expect("searched");
    assert_eq!(names(&found.entries), ["结婚登记（余杭）"]);
}

#[tokio::test]
async fn two_read_models_do_not_share_one_index() {
    let city = City::searching_in("search").await;
    let options = read_model::Options {
        search_dir: Some(city.dir.path().join("search")),
        ..read_model::Options::default()
    };
    let store = city.store.clone() as Arc<dyn EventStore>;
    assert!(read_model::ReadModel::start(store, options).await.is_err());
    city.enrol("西湖区民政局", "330106").await;
    city.searchable().await;
}
