//! The embedded log: the contract, and what it promises beyond.

use std::sync::Arc;
use std::time::Duration;

use event_store::sqlite::{OpenError, Options, Sqlite};
use event_store::{AppendError, EventStore, Expected, Position, StoreError, WriteFault, verify};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::contract::contract;
use crate::tally::{after, event, event_of, fresh_stream};

async fn fresh() -> (Arc<dyn EventStore>, TempDir) {
    let dir = TempDir::new().expect("a temporary directory");
    let store = Sqlite::open(dir.path().join("log.db"), &Options::default()).expect("a new log");
    (Arc::new(store), dir)
}

contract!(fresh);

fn open(dir: &TempDir) -> Result<Sqlite, OpenError> {
    Sqlite::open(dir.path().join("log.db"), &Options::default())
}

#[tokio::test]
async fn the_log_is_there_after_reopening() {
    let dir = TempDir::new().expect("a temporary directory");
    let stream = fresh_stream();
    let mut last = Position::START;
    for count in 0..5 {
        let store = open(&dir).expect("nobody else has it");
        assert_eq!(store.head().await.expect("readable"), last);
        last = store.append(&stream, after(count), vec![event(count)]).await.expect("appended").position;
        if count % 2 == 0 {
            store.close().await;
            let late = store.append(&stream, after(count + 1), vec![event(9)]).await;
            assert!(matches!(late, Err(AppendError::Store(StoreError::Unavailable { .. }))), "{late:?}");
            assert!(store.changed(last).await.is_err(), "a follower is told that nothing will come");
            drop(open(&dir).expect("a closed log can be opened by another"));
        }
    }
    assert!(!dir.path().join("log.db-wal").exists(), "a closed log is one file");
}

#[tokio::test]
async fn one_process_writes_and_others_read() {
    let dir = TempDir::new().expect("a temporary directory");
    let store = open(&dir).expect("a new log");
    let second = open(&dir);
    assert!(matches!(second, Err(OpenError::InUse { .. })), "{second:?}");

    let stream = fresh_stream();
    let reading = Sqlite::open_read_only(dir.path().join("log.db"), &Options::default()).expect("readable");
    let waiting = reading.changed(Position::START);
    let appending = store.append(&stream, Expected::NoStream, vec![event(0)]);
    let (told, appended) = tokio::join!(waiting, appending);
    let position = appended.expect("appended").position;
    assert_eq!(told.expect("readable"), position);
    assert_eq!(reading.head().await.expect("readable"), position);
    assert_eq!(reading.read_stream(&stream, 0, 10).await.expect("readable").len(), 1);
    assert!(verify(&reading, None, |_| ()).await.expect("readable").is_clean());
    let refused = reading.append(&stream, Expected::Revision(0), vec![event(1)]).await;
    assert!(matches!(refused, Err(AppendError::Store(StoreError::Unavailable { .. }))), "{refused:?}");
    assert_eq!((store.writable().await, reading.writable().await), (Ok(()), Err(WriteFault::ReadOnly)));

    drop((store, reading));
    open(&dir).expect("the lock ends with the log");
}

#[test]
fn only_a_log_of_ours_is_opened() {
    let dir = TempDir::new().expect("a temporary directory");
    let path = dir.path().join("log.db");
    let missing = Sqlite::open_read_only(&path, &Options::default());
    assert!(matches!(missing, Err(OpenError::Missing { .. })), "{missing:?}");
    assert!(!path.exists(), "reading makes no file");

    std::fs::write(&path, "这不是数据库".repeat(1000)).expect("written");
    let text = open(&dir);
    assert!(matches!(text, Err(OpenError::Foreign { .. })), "{text:?}");

    let altered_by = |sql: &str| {
        std::fs::remove_file(&path).expect("it is there");
        drop(open(&dir).expect("a new log"));
        Connection::open(&path).and_then(|file| file.execute_batch(sql)).expect("altered");
        (open(&dir), Sqlite::open_read_only(&path, &Options::default()))
    };
    let newer = altered_by("PRAGMA user_version = 2");
    assert!(matches!(newer, (Err(OpenError::Newer { found: 2, known: 1, .. }), Err(_))), "{newer:?}");
    for sql in [
        "PRAGMA application_id = 7",
        "CREATE TABLE other (x)",
        "CREATE TRIGGER quiet AFTER INSERT ON events BEGIN DELETE FROM events WHERE position = new.position; END",
        "DROP TABLE events",
    ] {
        let foreign = altered_by(sql);
        assert!(
            matches!(foreign, (Err(OpenError::Foreign { .. }), Err(OpenError::Foreign { .. }))),
            "{sql}: {foreign:?}"
        );
    }
}

#[tokio::test]
async fn a_full_disk_stops_writing_and_nothing_else() {
    let dir = TempDir::new().expect("a temporary directory");
    let options = Options { max_pages: Some(64), ..Options::default() };
    let store = Sqlite::open(dir.path().join("log.db"), &options).expect("a new log");
    let stream = fresh_stream();
    let large = || event_of(uuid::Uuid::new_v4(), format!("\"{}\"", "x".repeat(20_000)));
    let mut written = 0;
    let full = loop {
        match store.append(&stream, after(written), vec![large()]).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, AppendError::Store(StoreError::Unavailable { .. })), "{full:?}");
    assert!(written > 2);
    let again = store.append(&stream, after(written), vec![large()]).await;
    assert!(matches!(again, Err(AppendError::Store(StoreError::Unavailable { .. }))), "{again:?}");
    assert_eq!(store.writable().await, Err(WriteFault::DiskFull));
    assert_eq!(store.read_stream(&stream, 0, 100).await.expect("readable").len() as u64, written);

    store.set_max_pages(None).await.expect("the writer lives");
    store.append(&stream, after(written), vec![large()]).await.expect("there is room again");
    assert_eq!(store.writable().await, Ok(()));
    let report = verify(&store, None, |_| ()).await.expect("readable");
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.events, written + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_append_does_not_spoil_those_it_is_committed_with() {
    let (store, _dir) = fresh().await;
    let contested = fresh_stream();
    let appends = (0..200_u64).map(|n| {
        let (store, contested) = (Arc::clone(&store), contested.clone());
        async move {
            if n % 2 == 0 {
                let refused = store.append(&contested, Expected::Revision(n), vec![event(n)]).await;
                assert!(matches!(refused, Err(AppendError::Conflict { actual: None })), "{refused:?}");
            } else {
                store.append(&fresh_stream(), Expected::NoStream, vec![event(n)]).await.expect("appended");
            }
        }
    });
    appends.collect::<tokio::task::JoinSet<()>>().join_all().await;
    let events = store.read_all(Position::START, 1000).await.expect("readable");
    assert_eq!(events.len(), 100);
    assert!(
        verify(&*store, None, |_| ()).await.expect("readable").is_clean(),
        "refused appends leave no gap"
    );
}

#[tokio::test]
async fn an_append_that_nobody_waits_for_is_finished_or_absent() {
    let (store, _dir) = fresh().await;
    let stream = fresh_stream();
    let id = uuid::Uuid::new_v4();
    let append = || store.append(&stream, Expected::NoStream, vec![event_of(id, "{}")]);
    let _elapsed = tokio::time::timeout(Duration::ZERO, append()).await;
    assert_eq!(append().await.expect("repeated").revision, 0);
    assert_eq!(store.read_stream(&stream, 0, 10).await.expect("readable").len(), 1);
}

#[tokio::test]
async fn a_page_is_bounded_in_bytes() {
    let (store, _dir) = fresh().await;
    for _ in 0..20 {
        let large = event_of(uuid::Uuid::new_v4(), format!("\"{}\"", "x".repeat(500_000)));
        store.append(&fresh_stream(), Expected::NoStream, vec![large]).await.expect("appended");
    }
    let first = store.read_all(Position::START, 1000).await.expect("readable");
    let rest = store.read_all(first[first.len() - 1].position, 1000).await.expect("readable");
    assert!(first.len() < 20, "a hostile log can't fill the memory");
    assert_eq!(first.len() + rest.len(), 20);
}
