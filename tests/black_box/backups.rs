//! `yimen backup`, `restore` and `log copy`: beside a running gateway, verified, and never over something else.

use std::path::Path;
use std::process::Output;

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::binary::{Demo, yimen};
use crate::cluster::stand_in;
use crate::import_run::{export, verify};

async fn enrol(gateway: &Demo, count: usize) {
    for number in 0..count {
        let body = json!({
            "code": {"scheme": "local", "value": format!("d-{number}")},
            "name": {"zh-CN": "部门"},
            "region": "330106",
        });
        gateway.post("/registry/v1/departments", gateway.token("operator")).json(&body).await.expect(201);
    }
}

fn run(arguments: &[&str], paths: &[&Path]) -> (Output, String) {
    let output = yimen(arguments).args(paths).output().expect("the binary starts");
    let said = String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned();
    (output, said)
}

fn events(log: &Path) -> i64 {
    let sql = "SELECT count(*) FROM events";
    Connection::open(log).and_then(|log| log.query_row(sql, [], |row| row.get(0))).expect("a log")
}

#[tokio::test]
async fn a_backup_that_does_not_verify_is_none_and_a_running_log_is_not_replaced() {
    let gateway = Demo::serve("[integrity]\nanchor_events = 3\n");
    enrol(&gateway, 7).await;
    let (data, backup) = (gateway.data_dir(), gateway.folder().join("backup.sqlite"));
    let (output, said) = run(&["backup"], &[&backup, Path::new("--data-dir"), &data]);
    assert!(output.status.success() && said.contains("clean"), "{said}");
    assert!(events(&backup) >= 7);
    let (output, said) = run(&["backup"], &[&backup, Path::new("--data-dir"), &data]);
    assert!(!output.status.success() && said.contains("there already"), "{said}");

    let (output, said) = run(&["restore"], &[&backup, Path::new("--data-dir"), &data]);
    assert!(!output.status.success() && said.contains("in use by another process"), "{said}");
    for command in ["verify", "replay", "export"] {
        let mut command = yimen(&[command, "--data-dir"]);
        let output = command.arg(&data).env("YIMEN_EVENT_LOG__ADDRESS", "esdb://node:2113").output();
        let said = String::from_utf8(output.expect("the binary starts").stderr).expect("text");
        assert!(said.contains("the event log is in a cluster"), "{said}");
    }

    let altered = gateway.folder().join("altered.sqlite");
    std::fs::copy(&backup, &altered).expect("copied");
    Connection::open(&altered)
        .and_then(|log| log.execute_batch("UPDATE events SET version = 9 WHERE position = 2"))
        .expect("altered");
    let fresh = TempDir::new().expect("a folder");
    let (output, said) = run(&["restore"], &[&altered, Path::new("--data-dir"), fresh.path()]);
    assert!(!output.status.success() && said.contains("altered in department-local:d-1"), "{said}");
    let left: Vec<_> = std::fs::read_dir(fresh.path())
        .expect("a folder")
        .map(|file| file.expect("a file").file_name())
        .collect();
    assert_eq!(left, ["events.sqlite.lock"], "nothing is kept of it");
    let (output, said) = run(&["restore"], &[&backup, Path::new("--data-dir"), fresh.path()]);
    assert!(output.status.success() && said.contains("assertion key file"), "{said}");
    assert_eq!(verify(fresh.path()).0, Some(0));
}

#[tokio::test]
async fn a_log_is_copied_event_by_event_up_to_a_position_and_goes_on() {
    let gateway = Demo::serve("");
    enrol(&gateway, 9).await;
    let (data, folder) = (gateway.data_dir(), TempDir::new().expect("a folder"));
    let address = |path: &Path| format!("sqlite:{}", path.display());
    let (from, to) = (address(&data.join("events.sqlite")), address(&folder.path().join("events.sqlite")));
    let all = export(&data, "events");
    let through = all[4]["position"].as_str().expect("a position").to_owned();

    let (output, said) = run(&["log", "copy", &from, &to, "--through", &through], &[]);
    assert!(output.status.success() && said.contains("5 events"), "{said}");
    assert_eq!(export(folder.path(), "events"), all[..5], "byte for byte what it was");
    let (output, said) = run(&["log", "copy", &from, &to], &[]);
    assert!(
        output.status.success() && said.contains("9 events") && said.contains("5 were there before"),
        "{said}"
    );
    assert_eq!(export(folder.path(), "events"), all);
    assert_eq!(verify(folder.path()).0, Some(0));

    // A target that holds something else is left alone.
    let (output, said) = run(&["log", "copy", &from, &to, "--through", &through], &[]);
    assert!(!output.status.success() && said.contains("not in the log that was copied"), "{said}");
    let other = Demo::serve("");
    enrol(&other, 2).await;
    let (output, said) = run(&["log", "copy", &address(&other.data_dir().join("events.sqlite")), &to], &[]);
    assert!(!output.status.success() && said.contains("the target differs from event 0"), "{said}");
    assert_eq!(export(folder.path(), "events"), all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_moves_into_a_cluster_and_back() {
    let gateway = Demo::serve("[integrity]\nanchor_events = 2\n");
    enrol(&gateway, 4).await;
    let (data, folder) = (gateway.data_dir(), TempDir::new().expect("a folder"));
    let _home = gateway.kill();
    let cluster = stand_in().await;
    let file = |path: &Path| format!("sqlite:{}", path.join("events.sqlite").display());
    let esdb = format!("esdb://{}?tls=false", cluster.seeds());
    for (from, to) in [(&file(&data), &esdb), (&esdb, &file(folder.path()))] {
        let (output, said) = run(&["log", "copy", from, to], &[]);
        assert!(output.status.success() && said.contains("copied and compared"), "{said}");
    }
    assert_eq!(export(folder.path(), "events"), export(&data, "events"), "byte for byte what it was");
    assert_eq!(verify(folder.path()).0, Some(0));
    let (output, said) = run(&["log", "copy", "esdb://admin:hunter2@a?tls=false", &file(&data)], &[]);
    assert!(!output.status.success() && said.contains("credentialsFile"), "{said}");
}
