//! What somebody does to the database file by SQL, `verify` names.

use event_store::sqlite::{Options, Sqlite};
use event_store::{AppendError, EventStore, Fault, Report, StoreError, StreamName, verify};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::tally::{after, event};

fn stream(name: &str) -> StreamName {
    StreamName::new("tally", name).expect("a well-formed name")
}

/// A log where streams `a` and `b` take turns: positions 1 to 10, revisions 0 to 4 each; altered by `sql`.
async fn verified_after(sql: &str) -> Report {
    let dir = TempDir::new().expect("a temporary directory");
    let path = dir.path().join("log.db");
    let store = Sqlite::open(&path, &Options::default()).expect("a new log");
    for count in 0..5 {
        for name in ["a", "b"] {
            store.append(&stream(name), after(count), vec![event(count)]).await.expect("appended");
        }
    }
    store.close().await;
    drop(store);
    Connection::open(&path).and_then(|file| file.execute_batch(sql)).expect("the file can be altered");
    let store = Sqlite::open_read_only(&path, &Options::default()).expect("still a log");
    verify(&store, None, |_| ()).await.expect("readable to the end")
}

/// Fault, key of the stream, revision, position as a token.
type Named<'a> = (Fault, Option<&'a str>, Option<u64>, Option<String>);

fn findings(report: &Report) -> Vec<Named<'_>> {
    assert_eq!(report.found, report.findings.len() as u64);
    report
        .findings
        .iter()
        .map(|f| {
            (f.fault, f.stream.as_ref().map(StreamName::key), f.revision, f.position.map(|p| p.to_string()))
        })
        .collect()
}

fn at(position: u64) -> Option<String> {
    Some(format!("{position:016x}"))
}

#[tokio::test]
async fn an_untouched_log_is_clean() {
    let report = verified_after("").await;
    assert!(report.is_clean());
    assert_eq!((report.events, report.streams, report.findings), (10, 2, vec![]));
}

#[tokio::test]
async fn each_altered_column_is_named() {
    for change in [
        r#"data = CAST('{"number":99}' AS BLOB)"#,
        "metadata = CAST(replace(CAST(metadata AS TEXT), 'system:test', 'system:evil') AS BLOB)",
        "event_type = 'Removed'",
        "version = 7",
        "event_id = zeroblob(16)",
    ] {
        let report = verified_after(&format!("UPDATE events SET {change} WHERE position = 5")).await;
        assert_eq!(findings(&report), [(Fault::Altered, Some("a"), Some(2), at(5))], "{change}");
    }
}

#[tokio::test]
async fn an_event_without_a_seal_is_named() {
    let report = verified_after("UPDATE events SET metadata = x'7b7d' WHERE position = 5").await;
    let faults = findings(&report);
    assert_eq!(faults, [(Fault::Inserted, Some("a"), Some(2), at(5))]);
}

#[tokio::test]
async fn what_is_no_event_at_all_is_named_and_the_rest_still_checked() {
    let sql = "UPDATE events SET stream = 'nonsense' WHERE position = 1;
               UPDATE events SET event_id = x'00' WHERE position = 10;
               UPDATE events SET data = x'00' WHERE position = 4;";
    let report = verified_after(sql).await;
    let faults = findings(&report);
    assert!(faults.contains(&(Fault::Altered, None, None, at(1))), "{faults:?}");
    assert!(faults.contains(&(Fault::Altered, None, None, at(10))), "{faults:?}");
    assert!(faults.contains(&(Fault::Altered, Some("b"), Some(1), at(4))), "{faults:?}");
    assert!(faults.contains(&(Fault::Removed, Some("a"), Some(0), None)), "{faults:?}");
}

#[tokio::test]
async fn a_removed_event_is_named() {
    let report = verified_after("DELETE FROM events WHERE position = 5").await;
    assert_eq!(
        findings(&report),
        [(Fault::Removed, None, None, at(5)), (Fault::Removed, Some("a"), Some(2), None)]
    );
    let first = verified_after("DELETE FROM events WHERE position = 1").await;
    assert!(findings(&first).contains(&(Fault::Removed, Some("a"), Some(0), None)));
}

#[tokio::test]
async fn a_cut_off_end_is_named() {
    let report = verified_after("DELETE FROM events WHERE position > 8").await;
    assert_eq!(findings(&report), [(Fault::Removed, None, None, at(9))]);
    assert!(report.findings[0].detail.contains(&at(10).expect("a position")), "{:?}", report.findings);
    let end_of_one_stream = verified_after("DELETE FROM events WHERE position = 9").await;
    assert_eq!(findings(&end_of_one_stream), [(Fault::Removed, None, None, at(9))]);
}

#[tokio::test]
async fn events_that_changed_places_are_named() {
    let moved = "UPDATE events SET position = 99 WHERE position = 3;
                 UPDATE events SET position = 3 WHERE position = 5;
                 UPDATE events SET position = 5 WHERE position = 99;";
    let report = verified_after(moved).await;
    assert_eq!(findings(&report)[0], (Fault::Reordered, Some("a"), Some(1), at(5)));

    let renumbered = "UPDATE events SET revision = 99 WHERE position = 3;
                      UPDATE events SET revision = 1 WHERE position = 5;
                      UPDATE events SET revision = 2 WHERE position = 3;";
    let report = verified_after(renumbered).await;
    let faults = findings(&report);
    assert!(faults.contains(&(Fault::Altered, Some("a"), Some(2), at(3))), "{faults:?}");
    assert!(faults.contains(&(Fault::Reordered, Some("a"), Some(1), at(5))), "{faults:?}");
}

#[tokio::test]
async fn an_inserted_event_is_named() {
    let copied = "INSERT INTO events (stream, revision, event_id, event_type, version, data, metadata)
                  SELECT 'tally-a', 5, randomblob(16), event_type, version, data, metadata
                  FROM events WHERE position = 3";
    let report = verified_after(copied).await;
    assert_eq!(findings(&report), [(Fault::Inserted, Some("a"), Some(5), at(11))]);
}

#[tokio::test]
async fn an_event_moved_to_another_stream_is_named() {
    let report =
        verified_after("UPDATE events SET stream = 'tally-b', revision = 5 WHERE position = 9").await;
    let faults = findings(&report);
    assert!(faults.contains(&(Fault::Altered, Some("b"), Some(5), at(9))), "{faults:?}");
    assert!(faults.contains(&(Fault::Reordered, Some("b"), Some(4), at(10))), "{faults:?}");
}

/// No reader of the whole log goes there, yet whoever reads the stream would.
#[tokio::test]
async fn a_row_before_the_first_position_is_refused_by_all() {
    let dir = TempDir::new().expect("a temporary directory");
    let path = dir.path().join("log.db");
    let store = Sqlite::open(&path, &Options::default()).expect("a new log");
    store.append(&stream("a"), after(0), vec![event(0)]).await.expect("appended");
    // While the log is open, and sound in itself: copied to a stream's end.
    let file = Connection::open(&path).expect("a database");
    file.execute_batch(
        "INSERT INTO events SELECT -1, stream, 1, randomblob(16), event_type, version, data, metadata FROM events",
    )
    .expect("the file can be altered");
    let read = store.read_stream(&stream("a"), 1, 10).await;
    assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");
    let appended = store.append(&stream("a"), after(2), vec![event(2)]).await;
    assert!(matches!(appended, Err(AppendError::Store(StoreError::Corrupt { .. }))), "{appended:?}");
    assert!(matches!(verify(&store, None, |_| ()).await, Err(StoreError::Corrupt { .. })));
    store.close().await;
    for opened in
        [Sqlite::open(&path, &Options::default()), Sqlite::open_read_only(&path, &Options::default())]
    {
        let refusal = opened.expect_err("refused").to_string();
        assert!(refusal.contains("before position 1"), "{refusal}");
    }
}

/// Somebody who knows the encoding and recomputes the hash is given away by the next event.
#[tokio::test]
async fn a_rewritten_event_with_a_true_hash_is_named() {
    let dir = TempDir::new().expect("a temporary directory");
    let path = dir.path().join("other.db");
    let other = Sqlite::open(&path, &Options::default()).expect("a new log");
    for count in 0..5 {
        other.append(&stream("a"), after(count), vec![event(count + 50)]).await.expect("appended");
    }
    other.close().await;
    drop(other);
    let sql = format!(
        "ATTACH '{}' AS other;
         UPDATE main.events SET (event_id, data, metadata) =
             (SELECT event_id, data, metadata FROM other.events WHERE revision = 0)
         WHERE position = 1;",
        path.display()
    );
    let report = verified_after(&sql).await;
    assert_eq!(findings(&report), [(Fault::Altered, Some("a"), Some(0), at(1))]);
}
