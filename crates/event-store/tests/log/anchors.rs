//! What hash chains can't see and anchors can: tampering with the database file by SQL, by somebody who knows the encoding.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use event_store::sqlite::{Options, Sqlite};
use event_store::{
    Anchor, AnchorError, Anchorer, Cadence, Digest, EventStore, Fault, Opened, OutsideAnchors, Position,
    Report, SignAnchor, SignFailure, StreamName, Witnesses, verify,
};
use rusqlite::{Connection, params};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::sparse::Sparse;
use crate::tally::{after, event};

/// A signer for tests: its mark before the anchor's JSON. Real signatures are `identity`'s, and tested there.
#[derive(Debug)]
struct StampingSigner(&'static str);

impl SignAnchor for StampingSigner {
    fn sign(&self, anchor: &Anchor) -> Result<String, SignFailure> {
        let text = serde_json::to_string(anchor).map_err(|error| SignFailure::Failed(error.into()))?;
        Ok(format!("{}{text}", self.0))
    }

    fn open(&self, statement: &str) -> Option<Anchor> {
        serde_json::from_str(statement.strip_prefix(self.0)?).ok()
    }
}

/// The same, and counts what it opens.
#[derive(Debug, Default)]
struct CountingSigner(AtomicU64);

impl SignAnchor for CountingSigner {
    fn sign(&self, anchor: &Anchor) -> Result<String, SignFailure> {
        StampingSigner("true:").sign(anchor)
    }

    fn open(&self, statement: &str) -> Option<Anchor> {
        self.0.fetch_add(1, Ordering::Relaxed);
        StampingSigner("true:").open(statement)
    }
}

/// A signer whose keys no anchor of the log announced.
#[derive(Debug)]
struct StrangeSigner;

impl SignAnchor for StrangeSigner {
    fn sign(&self, _: &Anchor) -> Result<String, SignFailure> {
        Err(SignFailure::Stranger)
    }

    fn open(&self, statement: &str) -> Option<Anchor> {
        StampingSigner("true:").open(statement)
    }
}

fn stream(name: &str) -> StreamName {
    StreamName::new("tally", name).expect("a well-formed name")
}

/// A log at rest: streams `a`, `b` and `c` take turns, and every five events an anchor was written.
struct Log {
    folder: TempDir,
}

impl Log {
    async fn anchored() -> Self {
        let log = Self { folder: TempDir::new().expect("a temporary directory") };
        log.write(0).await;
        log
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("log.db")
    }

    fn outside(&self) -> OutsideAnchors {
        OutsideAnchors::new(self.folder.path().join("anchors"))
    }

    /// Appends fifteen events, and lets them be anchored to the last.
    async fn write(&self, from: u64) {
        let store = Arc::new(Sqlite::open(self.path(), &Options::default()).expect("a log"));
        let (stop, stopped) = oneshot::channel::<()>();
        let cadence = Cadence { events: 5, interval: Duration::from_secs(3600) };
        let signer = Arc::new(StampingSigner("true:"));
        let anchorer = Anchorer::new(store.clone(), signer, cadence, Some(self.outside()));
        let anchoring = tokio::spawn(anchorer.run(async { drop(stopped.await) }));
        for count in from..from + 5 {
            for name in ["a", "b", "c"] {
                store.append(&stream(name), after(count), vec![event(count)]).await.expect("appended");
            }
        }
        // Once it has begun, it covers the end when it is stopped.
        while store
            .read_stream(&"anchor-log".parse().expect("a name"), 0, 1)
            .await
            .expect("readable")
            .is_empty()
        {
            tokio::task::yield_now().await;
        }
        drop(stop);
        anchoring.await.expect("it ends").expect("as it was told");
        store.close().await;
    }

    /// Appends more than there ever was, under one anchor and without the file outside.
    async fn write_past_all_before(&self) {
        let store = Arc::new(Sqlite::open(self.path(), &Options::default()).expect("a log"));
        for count in 0..40 {
            store.append(&stream("d"), after(count), vec![event(count)]).await.expect("appended");
        }
        let cadence = Cadence { events: 1000, interval: Duration::from_secs(3600) };
        let signer = Arc::new(StampingSigner("true:"));
        Anchorer::new(store.clone(), signer, cadence, None).run(async {}).await.expect("nothing is wrong");
        store.close().await;
    }

    fn alter(&self, sql: &str) -> &Self {
        Connection::open(self.path())
            .and_then(|file| file.execute_batch(sql))
            .expect("the file can be altered");
        self
    }

    async fn report(&self, outside: Vec<String>) -> Report {
        verified(&self.path(), outside).await
    }
}

async fn verified(path: &Path, outside: Vec<String>) -> Report {
    report_on(&Sqlite::open_read_only(path, &Options::default()).expect("still a log"), outside).await
}

async fn report_on(store: &dyn EventStore, outside: Vec<String>) -> Report {
    let signer = StampingSigner("true:");
    let mut open = |statement: &str| {
        let anchor = signer.open(statement).ok_or("signed by nobody whom we know")?;
        Ok(Opened { anchor, trusted: true })
    };
    verify(store, Some(Witnesses { open: &mut open, outside }), |_| ()).await.expect("readable to the end")
}

type Named<'a> = (Fault, Option<&'a str>, Option<u64>, Option<u64>);

fn findings(report: &Report) -> Vec<Named<'_>> {
    let named = |f: &event_store::Finding| {
        (f.fault, f.stream.as_ref().map(|_| ()), f.revision, f.position.map(Position::raw))
    };
    let streams = report.findings.iter().map(|f| f.stream.as_ref().map(StreamName::key));
    report.findings.iter().map(named).zip(streams).map(|((f, _, r, p), s)| (f, s, r, p)).collect()
}

/// Rewrites an event with all its hashes true, as somebody does who knows the encoding.
fn forge(path: &Path, position: u64, data: &str) {
    let position = i64::try_from(position).expect("a position");
    let file = Connection::open(path).expect("a database");
    let (stream, revision, id, event_type, version, metadata): (String, i64, Vec<u8>, String, u16, Vec<u8>) = file
        .query_row(
            "SELECT stream, revision, event_id, event_type, version, metadata FROM events WHERE position = ?1",
            [position],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
        )
        .expect("the event is there");
    let sealed = metadata.len() - ",\"hash\":\"\"}".len() - 64;
    let hash = Digest::of_fields(&[
        b"yimen-event-1",
        stream.as_bytes(),
        &u64::try_from(revision).expect("a revision").to_be_bytes(),
        &id,
        event_type.as_bytes(),
        &version.to_be_bytes(),
        data.as_bytes(),
        &metadata[..sealed],
    ]);
    let metadata = [&metadata[..sealed], format!(",\"hash\":\"{hash}\"}}").as_bytes()].concat();
    file.execute(
        "UPDATE events SET data = ?1, metadata = ?2 WHERE position = ?3",
        params![data.as_bytes(), metadata, position],
    )
    .expect("altered");
}

/// Where the last event of a stream is.
fn last_of(path: &Path, stream: &str) -> u64 {
    let sql = "SELECT max(position) FROM events WHERE stream = ?1";
    let last: i64 = Connection::open(path)
        .and_then(|file| file.query_row(sql, [stream], |row| row.get(0)))
        .expect("it is there");
    last.try_into().expect("a position")
}

/// Leaves no gap, and makes the file forget how far it went.
const CLOSE_GAPS: &str = "
    UPDATE events SET position = -(SELECT count(*) FROM events AS before WHERE before.position <= events.position);
    UPDATE events SET position = -position;
    UPDATE sqlite_sequence SET seq = (SELECT max(position) FROM events);";

#[tokio::test]
async fn an_untouched_log_is_clean_and_covered_to_its_end() {
    let log = Log::anchored().await;
    let report = log.report(log.outside().read().expect("readable")).await;
    assert_eq!(report.findings, []);
    let anchored = report.anchored.expect("asked for");
    assert!(anchored.holds && anchored.anchors >= 3, "{anchored:?}");
    assert_eq!(anchored.outside, 0, "the file holds what the log holds");
    // All but the last anchor itself.
    assert_eq!(anchored.covered, report.events - 1);
    // It goes on where it was.
    log.write(5).await;
    let report = log.report(log.outside().read().expect("readable")).await;
    assert_eq!(
        (report.findings.as_slice(), report.events - 1),
        (&[][..], report.anchored.expect("asked for").covered)
    );
}

#[tokio::test]
async fn a_rewritten_end_of_a_stream_is_named() {
    let log = Log::anchored().await;
    let last = last_of(&log.path(), "tally-b");
    forge(&log.path(), last, "{\"number\":99}");
    assert_eq!(findings(&log.report(vec![]).await), [(Fault::Altered, Some("b"), Some(4), Some(last))]);
}

#[tokio::test]
async fn it_is_named_in_a_log_that_reads_on_from_its_own_positions_alone() {
    let log = Log::anchored().await;
    let last = last_of(&log.path(), "tally-b");
    forge(&log.path(), last, "{\"number\":99}");
    let store = Sqlite::open_read_only(log.path(), &Options::default()).expect("still a log");
    let report = report_on(&Sparse(store), vec![]).await;
    assert_eq!(findings(&report), [(Fault::Altered, Some("b"), Some(4), Some(Sparse::APART * last))]);
}

#[tokio::test]
async fn events_of_different_streams_that_changed_places_are_named() {
    let log = Log::anchored().await;
    log.alter(
        "UPDATE events SET position = 99 WHERE position = 2;
         UPDATE events SET position = 2 WHERE position = 3;
         UPDATE events SET position = 3 WHERE position = 99;",
    );
    let report = log.report(vec![]).await;
    let faults = findings(&report);
    assert!(
        matches!(faults.as_slice(), [(Fault::Reordered, Some("b" | "c"), Some(0), Some(2 | 3))]),
        "{faults:?}"
    );
}

#[tokio::test]
async fn a_stream_that_was_taken_away_without_a_gap_is_missed() {
    let log = Log::anchored().await;
    log.alter("DELETE FROM events WHERE stream = 'tally-c'").alter(CLOSE_GAPS);
    let report = log.report(vec![]).await;
    assert!(!report.is_clean());
    assert!(report.findings.iter().all(|finding| finding.fault == Fault::Removed), "{:?}", report.findings);
    let events: u64 = report.findings.len() as u64;
    assert_eq!(events, 5, "each of the five is named: {:?}", report.findings);
}

#[tokio::test]
async fn an_inserted_stream_is_named() {
    let log = Log::anchored().await;
    // A whole stream, true in itself, moved in before what is covered.
    let other = Log::anchored().await;
    other.alter("DELETE FROM events WHERE stream != 'tally-a' OR revision > 0");
    log.alter(&format!(
        "ATTACH '{}' AS other;
         UPDATE events SET position = position + 1000 WHERE position > 4;
         INSERT INTO events SELECT 5, 'tally-a', 5, randomblob(16), event_type, version, data, metadata FROM other.events;
         UPDATE sqlite_sequence SET seq = 5000;",
        other.path().display()
    ))
    .alter(CLOSE_GAPS);
    let report = log.report(vec![]).await;
    let faults = findings(&report);
    assert!(faults.iter().any(|(_, _, _, position)| *position == Some(5)), "{faults:?}");
}

#[tokio::test]
async fn an_end_that_was_cut_off_with_its_anchors_is_known_outside() {
    let log = Log::anchored().await;
    let outside = log.outside().read().expect("readable");
    log.alter("DELETE FROM events WHERE position > 8").alter(CLOSE_GAPS);
    // What the log holds is true; nothing in it tells of what came after. This is the limit that the docs name.
    assert!(log.report(vec![]).await.is_clean());
    let report = log.report(outside).await;
    assert_eq!(findings(&report), [(Fault::Removed, None, None, None)]);
    assert!(report.findings[0].detail.contains("events 9 to"), "{:?}", report.findings);
    assert!(report.anchored.expect("asked for").outside > 0);
}

#[tokio::test]
async fn an_end_that_was_cut_off_and_written_anew_is_known_outside() {
    let log = Log::anchored().await;
    let outside = log.outside().read().expect("readable");
    // As if the rest had never been; then a gateway goes on, and its anchors cover the same places.
    log.alter("DELETE FROM events WHERE position > 8").alter(CLOSE_GAPS);
    log.write_past_all_before().await;
    assert!(log.report(vec![]).await.is_clean(), "the log agrees with itself");
    let report = log.report(outside).await;
    assert!(!report.is_clean() && report.found > 0, "{:?}", report.findings);
    assert!(!report.anchored.expect("asked for").holds);
}

#[tokio::test]
async fn a_forged_anchor_is_named() {
    let log = Log::anchored().await;
    let store = Sqlite::open(log.path(), &Options::default()).expect("a log");
    let stream: StreamName = "anchor-log".parse().expect("a name");
    let last = store.read_stream(&stream, 0, 100).await.expect("readable").len() as u64 - 1;
    let forged = event_store::NewEvent::new(
        uuid::Uuid::new_v4(),
        "Anchored",
        1,
        "{\"statement\":\"false:{}\"}",
        &store.read_stream(&stream, 0, 1).await.expect("readable")[0].metadata().expect("readable"),
    );
    store
        .append(&stream, event_store::Expected::Revision(last), vec![forged.expect("JSON")])
        .await
        .expect("appended");
    store.close().await;
    let report = log.report(vec![]).await;
    assert_eq!(report.findings.len(), 1);
    assert_eq!((report.findings[0].fault, report.findings[0].revision), (Fault::Inserted, Some(last + 1)));
}

#[tokio::test]
async fn a_removed_anchor_is_named_and_accuses_no_other_event() {
    let log = Log::anchored().await;
    log.alter("DELETE FROM events WHERE stream = 'anchor-log' AND revision = 1");
    let report = log.report(vec![]).await;
    assert!(report.findings.iter().all(|finding| finding.fault == Fault::Removed), "{:?}", report.findings);
    assert!(!report.is_clean());
}

#[tokio::test]
async fn an_unreadable_anchor_takes_the_word_from_no_later_one() {
    let log = Log::anchored().await;
    let last = last_of(&log.path(), "tally-b");
    forge(&log.path(), last, "{\"number\":99}");
    log.alter("UPDATE events SET event_id = x'00' WHERE stream = 'anchor-log' AND revision = 0");
    let report = log.report(vec![]).await;
    let faults = findings(&report);
    assert!(faults.contains(&(Fault::Altered, Some("b"), Some(4), Some(last))), "{faults:?}");
}

#[tokio::test]
async fn two_replicas_anchor_one_log_once() {
    let folder = TempDir::new().expect("a temporary directory");
    let store = Arc::new(Sqlite::open(folder.path().join("log.db"), &Options::default()).expect("a log"));
    let mut stops = Vec::new();
    let mut anchoring = Vec::new();
    let signers = [Arc::new(CountingSigner::default()), Arc::new(CountingSigner::default())];
    for signer in &signers {
        let (stop, stopped) = oneshot::channel::<()>();
        let cadence = Cadence { events: 3, interval: Duration::from_secs(3600) };
        let anchorer = Anchorer::new(store.clone(), signer.clone(), cadence, None);
        anchoring.push(tokio::spawn(anchorer.run(async { drop(stopped.await) })));
        stops.push(stop);
    }
    for count in 0..60 {
        store.append(&stream("a"), after(count), vec![event(count)]).await.expect("appended");
        tokio::task::yield_now().await;
    }
    drop(stops);
    for anchoring in anchoring {
        anchoring.await.expect("it ends").expect("as it was told");
    }
    store.close().await;
    let report = verified(&folder.path().join("log.db"), vec![]).await;
    assert_eq!(report.findings, []);
    let anchored = report.anchored.expect("asked for");
    assert_eq!(anchored.covered, report.events - 1);
    for signer in signers {
        let opened = signer.0.load(Ordering::Relaxed);
        // Reading that is cut short by the end begins again with what it has not taken in: at most all of them.
        assert!(
            opened <= 2 * anchored.anchors as u64,
            "{opened} opened of {}: again and again",
            anchored.anchors
        );
    }
}

#[tokio::test]
async fn whoever_has_no_key_of_the_log_gives_up() {
    let log = Log::anchored().await;
    let store = Arc::new(Sqlite::open(log.path(), &Options::default()).expect("a log"));
    store.append(&stream("d"), after(0), vec![event(0)]).await.expect("appended");
    let cadence = Cadence { events: 1, interval: Duration::from_secs(3600) };
    let anchorer = Anchorer::new(store.clone(), Arc::new(StrangeSigner), cadence, None);
    let ended = tokio::time::timeout(Duration::from_secs(5), anchorer.run(std::future::pending())).await;
    let error = ended.expect("nothing is tried again");
    assert!(matches!(error, Err(AnchorError::Stranger)), "{error:?}");
    store.close().await;
}
