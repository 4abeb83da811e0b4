//! The peers of commands: SQLite alone and a file alone, committing in groups what so many clients hand in.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::load::Run;

/// Bytes of each row, about the size of a small event.
pub(super) const ROW: usize = 600;

/// What rows are committed to.
pub(super) enum Disk {
    /// A database: WAL, `synchronous=FULL`.
    Sqlite(Connection),
    /// A file: one `write` and one `fdatasync` for each group.
    File(File),
}

impl Disk {
    /// A new database in that folder.
    pub(super) fn sqlite(folder: &Path) -> Result<Self, String> {
        let path = folder.join("raw.db");
        // A database of an earlier run would be a different, larger one.
        remove(&path)?;
        let database = Connection::open(&path).map_err(|error| error.to_string())?;
        database
            .execute_batch(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
                 CREATE TABLE log (position INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL);",
            )
            .map_err(|error| error.to_string())?;
        Ok(Self::Sqlite(database))
    }

    /// A new file in that folder.
    pub(super) fn file(folder: &Path) -> Result<Self, String> {
        let path = folder.join("raw.log");
        remove(&path)?;
        File::create(&path).map(Self::File).map_err(|error| error.to_string())
    }

    fn commit(&mut self, rows: usize) -> Result<(), String> {
        match self {
            Self::Sqlite(database) => insert(database, rows).map_err(|error| error.to_string()),
            Self::File(file) => file
                .write_all(&vec![b'x'; ROW * rows])
                .and_then(|()| file.sync_data())
                .map_err(|error| error.to_string()),
        }
    }
}

fn remove(path: &Path) -> Result<(), String> {
    if path.exists() { fs::remove_file(path).map_err(|error| error.to_string()) } else { Ok(()) }
}

fn insert(database: &mut Connection, rows: usize) -> rusqlite::Result<()> {
    let row = [b'x'; ROW];
    let transaction = database.transaction()?;
    for _ in 0..rows {
        transaction.prepare_cached("INSERT INTO log (data) VALUES (?1)")?.execute(params![row])?;
    }
    transaction.commit()
}

/// Rows of so many clients, each acknowledged after the commit that holds it.
pub(super) fn run(mut disk: Disk, clients: usize, duration: Duration) -> Result<Run, String> {
    let stop = Arc::new(AtomicBool::new(false));
    let (hand_in, queue) = mpsc::channel::<mpsc::SyncSender<()>>();
    let writers: Vec<_> = (0..clients)
        .map(|_| {
            let (hand_in, stop) = (hand_in.clone(), Arc::clone(&stop));
            std::thread::spawn(move || {
                let (acknowledge, acknowledged) = mpsc::sync_channel(1);
                let mut waits = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    if hand_in.send(acknowledge.clone()).is_err() || acknowledged.recv().is_err() {
                        break;
                    }
                    waits.push(asked.elapsed());
                }
                waits
            })
        })
        .collect();
    drop(hand_in);

    let started = Instant::now();
    while let Ok(first) = queue.recv() {
        let group: Vec<_> = std::iter::once(first).chain(queue.try_iter()).collect();
        disk.commit(group.len())?;
        for client in group {
            client.send(()).map_err(|error| error.to_string())?;
        }
        if started.elapsed() >= duration {
            stop.store(true, Ordering::Relaxed);
        }
    }
    let elapsed = started.elapsed();
    Ok(Run::of(writers.into_iter().filter_map(|writer| writer.join().ok()), elapsed))
}
