//! Every acknowledged append outlives `kill -9`.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use event_store::sqlite::{Options, Sqlite};
use event_store::{EventStore, verify};
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::tally::{after, event_of, fresh_stream};

/// Tells the child where its log is; without it, the child's test does nothing.
const LOG: &str = "YIMEN_TEST_CRASH_LOG";
const CYCLES: usize = 6;
const ACKNOWLEDGED_BEFORE_KILL: usize = 100;

/// The child: eight writers that say which events are acknowledged, until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_until_killed() {
    let Some(path) = std::env::var_os(LOG).map(PathBuf::from) else { return };
    let store = Arc::new(Sqlite::open(path, &Options::default()).expect("the log opens"));
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let stream = fresh_stream();
            for count in 0_u64.. {
                let id = Uuid::new_v4();
                store.append(&stream, after(count), vec![event_of(id, "{}")]).await.expect("appended");
                println!("\nacknowledged {id}");
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn acknowledged_events_outlive_a_kill() {
    let dir = TempDir::new().expect("a temporary directory");
    let path = dir.path().join("log.db");
    let mut acknowledged = Vec::new();
    for cycle in 0..CYCLES {
        // More each time, so that the kill meets other moments.
        acknowledged.extend(write_and_kill(&path, ACKNOWLEDGED_BEFORE_KILL + 37 * cycle));
        let store = Sqlite::open(&path, &Options::default()).expect("the log opens after a kill");
        let report = verify(&store, None, |_| ()).await.expect("readable");
        assert!(report.is_clean(), "{:?}", report.findings);
        let mut stored = std::collections::HashSet::new();
        let mut position = event_store::Position::START;
        loop {
            let page = store.read_all(position, 1000).await.expect("readable");
            let Some(last) = page.last() else { break };
            position = last.position;
            for event in page {
                assert!(stored.insert(event.id), "each event is there once");
            }
        }
        let lost: Vec<_> = acknowledged.iter().filter(|id| !stored.contains(*id)).collect();
        assert!(lost.is_empty(), "lost in cycle {cycle}: {lost:?}");
    }
    assert!(acknowledged.len() >= CYCLES * ACKNOWLEDGED_BEFORE_KILL);
}

/// Starts this test binary as a writer, kills it after `count` acknowledgements, gives all that it made.
fn write_and_kill(log: &std::path::Path, count: usize) -> Vec<Uuid> {
    let mut child = Command::new(std::env::current_exe().expect("the test binary"))
        .args(["--exact", "crash::writes_until_killed", "--nocapture"])
        .env(LOG, log)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the writer starts");
    let output = BufReader::new(child.stdout.take().expect("its output is piped"));
    let mut ids = Vec::new();
    for line in output.lines() {
        let line = line.expect("UTF-8");
        // The last line may be torn by the kill; then its event is merely not counted.
        ids.extend(line.strip_prefix("acknowledged ").and_then(|id| id.parse::<Uuid>().ok()));
        if ids.len() == count {
            child.kill().expect("SIGKILL is delivered");
        }
    }
    child.wait().expect("the writer is reaped");
    assert!(ids.len() >= count, "the writer ended by itself after {}", ids.len());
    ids
}
