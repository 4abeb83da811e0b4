//! The peer of `commands`: SQLite alone, committing in groups what so many clients hand in.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

/// Bytes of each row, about the size of a small event.
const ROW: usize = 600;

/// Rows per second, each acknowledged to its client after the commit that holds it (WAL, synchronous=FULL).
pub(super) fn run(folder: &Path, clients: usize, duration: Duration) -> Result<f64, String> {
    let path = folder.join("raw.db");
    // A database of an earlier run would be a different, larger one.
    if path.exists() {
        std::fs::remove_file(&path).map_err(|error| error.to_string())?;
    }
    let mut database = Connection::open(&path).map_err(|error| error.to_string())?;
    database
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
             CREATE TABLE log (position INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL);",
        )
        .map_err(|error| error.to_string())?;
    let stop = Arc::new(AtomicBool::new(false));
    let (hand_in, queue) = mpsc::channel::<mpsc::SyncSender<()>>();
    let writers: Vec<_> = (0..clients)
        .map(|_| {
            let (hand_in, stop) = (hand_in.clone(), Arc::clone(&stop));
            std::thread::spawn(move || {
                let (acknowledge, acknowledged) = mpsc::sync_channel(1);
                let mut rows = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    if hand_in.send(acknowledge.clone()).is_err() || acknowledged.recv().is_err() {
                        break;
                    }
                    rows += 1;
                }
                rows
            })
        })
        .collect();
    drop(hand_in);

    let started = Instant::now();
    let row = vec![b'x'; ROW];
    while let Ok(first) = queue.recv() {
        let group: Vec<_> = std::iter::once(first).chain(queue.try_iter()).collect();
        let transaction = database.transaction().map_err(|error| error.to_string())?;
        for _ in &group {
            transaction
                .prepare_cached("INSERT INTO log (data) VALUES (?1)")
                .and_then(|mut insert| insert.execute(params![row]))
                .map_err(|error| error.to_string())?;
        }
        transaction.commit().map_err(|error| error.to_string())?;
        for client in group {
            client.send(()).map_err(|error| error.to_string())?;
        }
        if started.elapsed() >= duration {
            stop.store(true, Ordering::Relaxed);
        }
    }
    let elapsed = started.elapsed();
    let rows: u64 = writers.into_iter().filter_map(|writer| writer.join().ok()).sum();
    Ok(rows as f64 / elapsed.as_secs_f64())
}
