//! Disks that are full, read-only, or don't sync: writes stop with a reason, reads go on, and all is well afterwards.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::{Demo, root, yimen};
use crate::client::{Answer, until};
use crate::import_run::verify;
use crate::serving::issuer;
use crate::staff::callable;
use crate::stand_in::StandIn;

/// The library that makes a disk fail on command; compiled once, with the C compiler that building Yimen needs anyway.
fn library() -> PathBuf {
    static BUILT: OnceLock<TempDir> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let folder = TempDir::new().expect("a folder");
        let built = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()))
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(folder.path().join("faulty_disk.so"))
            .arg(root().join("tests/black_box/faulty_disk.c"))
            .arg("-ldl")
            .status();
        assert!(built.expect("there is a C compiler").success());
        folder
    });
    folder.path().join("faulty_disk.so")
}

/// A gateway whose disk fails as it is told.
struct Faulty {
    gateway: Demo,
    enrolled: usize,
}

impl Faulty {
    fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let how = folder.path().join("how");
        let preload = library();
        let gateway = Demo::serve_with(&issuer(), folder, "", |command| {
            command.env("LD_PRELOAD", &preload).env("FAULTY_DISK", &how);
        });
        Self { gateway, enrolled: 0 }
    }

    fn disk_is(&self, how: &str) {
        // Whole or not at all: the library may read it at any moment.
        let next = self.gateway.folder().join("next");
        fs::write(&next, how).expect("written");
        fs::rename(next, self.gateway.folder().join("how")).expect("renamed");
    }

    async fn enrol(&mut self) -> Answer {
        self.enrolled += 1;
        let body = json!({
            "code": {"scheme": "local", "value": format!("d-{}", self.enrolled)},
            "name": {"zh-CN": "部门"},
            "region": "330106",
        });
        self.gateway.post("/registry/v1/departments", self.gateway.token("operator")).json(&body).await
    }

    async fn readiness(&self, path: &str) -> (u16, Value) {
        let url = self.gateway.admin_url(path);
        let answer = crate::client::ask(reqwest::Method::GET, &url).send().await;
        (answer.status, answer.json())
    }

    async fn metric(&self, line: &str) -> bool {
        let url = self.gateway.admin_url("/metrics");
        crate::client::ask(reqwest::Method::GET, &url).send().await.text().lines().any(|each| each == line)
    }
}

async fn stops_writes_and_nothing_else(how: &str, reason: &str) {
    let mut faulty = Faulty::start();
    let backend = StandIn::named("不写盘的后端").await;
    faulty.gateway.approve_channel().await;
    let entry = faulty.gateway.adopt(&callable("磁盘有故障也能办的事项", "330106", &backend.base_url)).await;
    assert_eq!(faulty.enrol().await.status, 201);
    assert_eq!(faulty.readiness("/readyz").await.0, 200);
    assert!(faulty.metric("yimen_log_writable 1").await);

    faulty.disk_is(how);
    for _ in 0..2 {
        let refused = faulty.enrol().await;
        assert_eq!(refused.problem(503), "log-unavailable");
        assert!(refused.header("retry-after").is_some());
    }
    let (status, body) = faulty.readiness("/readyz").await;
    assert_eq!((status, &body["ready"], &body["writes"]), (503, &json!(false), &json!(reason)), "{body}");
    assert!(faulty.metric("yimen_log_writable 0").await);
    // Readers are served as before, and a balancer that asks for them is told so.
    faulty.gateway.get("/catalogue/v1/entries").send().await.expect(200);
    let departments = faulty.gateway.get("/registry/v1/departments").bearer(faulty.gateway.token("operator"));
    departments.send().await.expect(200);
    let called = faulty.gateway.call(&entry, "/").header("service-region", "330106").send().await;
    assert_eq!(called.status, 200, "{}", called.text());
    let (status, body) = faulty.readiness("/readyz/reads").await;
    assert_eq!((status, &body["writes"]), (200, &json!(reason)), "{body}");

    // Nobody has to write for it to be noticed that the cause is gone.
    faulty.disk_is("sound");
    until("it is ready again", async || (faulty.readiness("/readyz").await.0 == 200).then_some(())).await;
    assert!(faulty.metric("yimen_log_writable 1").await);
    let last = faulty.enrol().await;
    assert_eq!(last.status, 201);

    let folder = faulty.gateway.kill();
    let (code, said) = verify(&folder.path().join("data"));
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn a_full_disk_stops_writes_and_nothing_else() {
    stops_writes_and_nothing_else("full", "disk-full").await;
}

#[tokio::test]
async fn a_disk_that_becomes_read_only_stops_writes_and_nothing_else() {
    stops_writes_and_nothing_else("read-only", "read-only").await;
}

#[tokio::test]
async fn a_disk_that_does_not_sync_stops_writes_and_nothing_else() {
    stops_writes_and_nothing_else("sync", "device-failing").await;
}

#[tokio::test]
async fn a_torn_end_of_the_write_ahead_file_costs_no_acknowledged_write() {
    let mut faulty = Faulty::start();
    for _ in 0..5 {
        assert_eq!(faulty.enrol().await.status, 201);
    }
    let folder = faulty.gateway.kill();
    let write_ahead = folder.path().join("data/events.sqlite-wal");
    let mut bytes = fs::read(&write_ahead).expect("a killed gateway leaves it");
    // The beginning of a commit that never ended: a copy of the last frame (24 + 4096 bytes), cut in the middle.
    let frame = bytes.split_off(bytes.len() - 4120);
    bytes.extend_from_slice(&frame);
    bytes.extend_from_slice(&frame[..1500]);
    fs::write(&write_ahead, bytes).expect("written");
    let gateway = Demo::serve_in(folder, "");
    let listed =
        gateway.get("/registry/v1/departments").bearer(gateway.token("operator")).send().await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(5), "{listed}");
    let verified =
        gateway.post("/operations/v1/verification", gateway.token("operator")).send().await.expect(200);
    assert_eq!(verified["clean"], true, "{verified}");
}

#[tokio::test]
async fn a_damaged_log_is_named_at_the_start_with_the_way_back() {
    let mut faulty = Faulty::start();
    for _ in 0..40 {
        assert_eq!(faulty.enrol().await.status, 201);
    }
    let data = faulty.gateway.data_dir();
    let backup = faulty.gateway.folder().join("backup.sqlite");
    let backed_up = yimen(&["backup"]).arg(&backup).arg("--data-dir").arg(&data).output().expect("it starts");
    assert!(backed_up.status.success(), "{}", String::from_utf8_lossy(&backed_up.stderr));
    assert_eq!(faulty.enrol().await.status, 201, "the gateway ran all the time");
    let folder = faulty.gateway.kill();
    // The kill left a write-ahead file; it is brought home, so that the damage is in the one file that there is.
    let log = folder.path().join("data/events.sqlite");
    rusqlite::Connection::open(&log)
        .and_then(|log| log.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
        .expect("brought home");
    let mut bytes = fs::read(&log).expect("readable");
    // All pages but the first, which says what the file is.
    bytes[4096..].fill(0xa5);
    fs::write(&log, bytes).expect("written");

    let started =
        yimen(&["serve", "--config"]).arg(folder.path().join("yimen.toml")).output().expect("it starts");
    let said = String::from_utf8_lossy(&started.stderr).into_owned();
    assert_eq!(started.status.code(), Some(1), "{said}");
    assert!(said.contains("is damaged") && said.contains("yimen restore BACKUP --data-dir"), "{said}");

    let restored = yimen(&["restore"])
        .arg(&backup)
        .arg("--data-dir")
        .arg(folder.path().join("data"))
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&restored.stdout).into_owned();
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert!(said.contains("events.sqlite.replaced-1"), "nothing is thrown away: {said}");
    let gateway = Demo::serve_in(folder, "");
    let listed = gateway.get("/registry/v1/departments?limit=100").bearer(gateway.token("operator"));
    let listed = listed.send().await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(40), "as it was backed up");
}
