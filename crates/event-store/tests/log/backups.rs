//! Copies of a log's file and their way back: nothing that was there is lost, whatever it is called.

use std::fs;
use std::path::Path;

use event_store::sqlite::{BackupError, Options, Sqlite, copy_file, restore_file};
use event_store::{EventStore, Position};
use tempfile::TempDir;

use crate::tally::{after, event, fresh_stream};

async fn log_of(path: &Path, events: u64) {
    let store = Sqlite::open(path, &Options::default()).expect("a log");
    let stream = fresh_stream();
    for count in 0..events {
        store.append(&stream, after(count), vec![event(count)]).await.expect("appended");
    }
    store.close().await;
}

async fn events(path: &Path) -> usize {
    let store = Sqlite::open_read_only(path, &Options::default()).expect("a log");
    store.read_all(Position::START, 100).await.expect("readable").len()
}

fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    copy_file(from, to, |_| Ok(()))
}

fn restore(from: &Path, to: &Path) -> Result<Option<std::path::PathBuf>, BackupError> {
    restore_file(from, to, |_| Ok(()))
}

fn names(folder: &TempDir) -> Vec<String> {
    let files = fs::read_dir(folder.path()).expect("a folder");
    let mut names: Vec<_> =
        files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_copy_takes_no_name_that_something_has() {
    let folder = TempDir::new().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    log_of(&at("log"), 3).await;
    for theirs in ["copy.part", "copy.restored", "taken", "walled-wal"] {
        fs::write(at(theirs), "theirs").expect("written");
    }
    copy(&at("log"), &at("copy")).expect("copied");
    assert_eq!(events(&at("copy")).await, 3);
    for taken in ["taken", "walled"] {
        assert!(matches!(copy(&at("log"), &at(taken)), Err(BackupError::Exists { .. })), "{taken}");
    }
    // It appears while the copy is looked at.
    let late = copy_file(&at("log"), &at("late"), |_| {
        fs::write(at("late"), "theirs").map_err(|source| BackupError::Io { path: at("late"), source })
    });
    assert!(matches!(late, Err(BackupError::Exists { .. })), "{late:?}");
    for theirs in ["copy.part", "copy.restored", "taken", "walled-wal", "late"] {
        assert_eq!(fs::read_to_string(at(theirs)).expect("still there"), "theirs", "{theirs}");
    }
    assert!(!names(&folder).iter().any(|name| name.contains(".part-")), "{:?}", names(&folder));
}

#[cfg(unix)]
#[tokio::test]
async fn a_copy_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    log_of(&at("log"), 1).await;
    copy(&at("log"), &at("copy")).expect("copied");
    restore(&at("copy"), &at("restored")).expect("restored");
    for name in ["copy", "restored"] {
        let mode = fs::metadata(at(name)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn what_was_there_is_kept_whole_under_a_free_name() {
    let folder = TempDir::new().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    log_of(&at("backup"), 2).await;
    // A log whose process ended with events in the write-ahead file alone.
    log_of(&at("running"), 1).await;
    let open = Sqlite::open(at("running"), &Options::default()).expect("a log");
    open.append(&fresh_stream(), after(0), vec![event(1)]).await.expect("appended");
    for (from, to) in [("running", "log"), ("running-wal", "log-wal")] {
        fs::copy(at(from), at(to)).expect("copied");
    }
    open.close().await;
    fs::write(at("log.replaced-1-wal"), "theirs").expect("written");

    let kept = restore(&at("backup"), &at("log")).expect("restored").expect("there was one");
    assert_eq!(kept, at("log.replaced-2"), "the first would meet another's write-ahead file");
    assert_eq!(fs::read_to_string(at("log.replaced-1-wal")).expect("still there"), "theirs");
    assert_eq!((events(&at("log")).await, events(&kept).await), (2, 2));
    assert!(
        !at("log.replaced-2-wal").exists()
            || fs::metadata(at("log.replaced-2-wal")).is_ok_and(|f| f.len() == 0)
    );
}

#[tokio::test]
async fn a_damaged_log_is_kept_with_what_belongs_to_it() {
    let folder = TempDir::new().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    log_of(&at("backup"), 2).await;
    fs::write(at("log"), "damaged").expect("written");
    fs::write(at("log-wal"), "its end").expect("written");
    let kept = restore(&at("backup"), &at("log")).expect("restored").expect("there was one");
    assert_eq!(fs::read_to_string(&kept).expect("kept"), "damaged");
    assert_eq!(fs::read_to_string(at("log.replaced-1-wal")).expect("kept"), "its end");
    assert_eq!(events(&at("log")).await, 2);
}

#[tokio::test]
async fn the_source_is_never_the_price() {
    let folder = TempDir::new().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    log_of(&at("log"), 1).await;
    log_of(&at("log.restored"), 3).await;
    restore(&at("log.restored"), &at("log")).expect("restored");
    assert_eq!((events(&at("log")).await, events(&at("log.restored")).await), (3, 3));
    // Whatever is refused changes nothing.
    let refused = restore_file(&at("backup"), &at("log"), |_| Ok::<_, BackupError>(()));
    assert!(refused.is_err(), "there is no such file");
    let refused =
        restore_file(&at("log.restored"), &at("log"), |_| Err(BackupError::Locked { path: at("log") }));
    assert!(refused.is_err());
    assert_eq!(events(&at("log")).await, 3);
    let names = names(&folder);
    assert!(!names.iter().any(|name| name.contains(".part-") || name.contains("replaced-2")), "{names:?}");
}
