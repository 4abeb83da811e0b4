//! Anchors: what was done to the log behind the gateway's back, `yimen verify` names, offline and without a secret.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use identity::{KeyRingFile, RingAlgorithm};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::binary::{Demo, yimen};
use crate::client::{ask, until};

/// A log at rest of a gateway that ran with a file of anchors outside, and the keys that it published.
struct AtRest {
    folder: TempDir,
    departments: usize,
}

impl AtRest {
    async fn new() -> Self {
        Self::signed_in(TempDir::new().expect("a folder")).await
    }

    /// The same, of a gateway whose keys may be in `folder` already.
    async fn signed_in(folder: TempDir) -> Self {
        let outside = folder.path().join("anchors");
        let settings =
            format!("[integrity]\nanchor_events = 4\nanchor_interval = \"1h\"\nanchor_file = {outside:?}\n");
        let mut gateway = Demo::serve_in(folder, &settings);
        let departments = 6;
        for number in 0..departments {
            let body = json!({
                "code": {"scheme": "local", "value": format!("d-{number}")},
                "name": {"zh-CN": format!("部门{number}")},
                "region": "330106",
            });
            gateway.post("/registry/v1/departments", gateway.token("operator")).json(&body).await.expect(201);
        }
        let keys = gateway.get("/.well-known/jwks.json").send().await;
        std::fs::write(gateway.folder().join("public.json"), &keys.body).expect("written");
        let told = Command::new("kill").args(["-TERM", &gateway.pid().to_string()]).status();
        assert!(told.expect("there is kill").success());
        assert_eq!(gateway.wait().code(), Some(0), "{}", gateway.log());
        Self { folder: gateway.kill(), departments }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What `yimen verify` says of a copy of the log that is nothing but the log, altered by `sql`; with keys and anchors.
    fn verified_after(&self, sql: &str, with: &[&str]) -> (Option<i32>, String) {
        let copy = self.file("copy.sqlite");
        std::fs::copy(self.file("data/events.sqlite"), &copy).expect("copied");
        Connection::open(&copy).and_then(|log| log.execute_batch(sql)).expect("altered");
        self.verified(&copy, with)
    }

    fn verified(&self, log: &Path, with: &[&str]) -> (Option<i32>, String) {
        let mut command = yimen(&["verify", "--log"]);
        command.arg(log);
        for name in with {
            let flag = if *name == "anchors" { "--anchors" } else { "--keys" };
            command.arg(flag).arg(self.file(name));
        }
        let output = command.output().expect("the binary starts");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }
}

#[tokio::test]
async fn anchors_hold_that_sm2_signed() {
    let folder = TempDir::new().expect("a folder");
    std::fs::create_dir(folder.path().join("data")).expect("a folder for the keys");
    let ring = KeyRingFile::new(folder.path().join("data/assertion-key.pem"));
    ring.load_or_generate().expect("a key");
    ring.rotate(RingAlgorithm::Sm2, SignedDuration::ZERO, Timestamp::now())
        .expect("a key that signs at once");
    let log = AtRest::signed_in(folder).await;
    let anchors = std::fs::read_to_string(log.file("anchors")).expect("they are outside, too");
    assert!(anchors.contains(&URL_SAFE_NO_PAD.encode(r#"{"alg":"SGD_SM3_SM2","#)), "{anchors}");
    let all = ["public.json", "anchors"];
    let (code, said) = log.verified_after("", &all);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("clean") && !said.contains("the log's own word"), "{said}");
    let gone = format!("DELETE FROM events WHERE stream = 'department-local:d-2'; {CLOSE_GAPS}");
    let (code, said) = log.verified_after(&gone, &all);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("removed: by the anchors, events 3 to 3"), "{said}");
}

/// The file forgets how far it went, and no gap is left.
const CLOSE_GAPS: &str = "
    UPDATE events SET position = -(SELECT count(*) FROM events AS before WHERE before.position <= events.position);
    UPDATE events SET position = -position;
    UPDATE sqlite_sequence SET seq = (SELECT max(position) FROM events);";

#[tokio::test]
async fn what_hash_chains_cannot_see_anchors_name() {
    let log = AtRest::new().await;
    let all = ["public.json", "anchors"];
    let (code, said) = log.verified_after("", &all);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("clean") && said.contains("; 0 only outside the log"), "{said}");
    assert!(!said.contains("the log's own word"), "the keys were given: {said}");
    let (code, said) = log.verified_after("", &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the log's own word"), "{said}");

    // Two departments' first events change places.
    let swapped = "UPDATE events SET position = 99 WHERE position = 1;
                   UPDATE events SET position = 1 WHERE position = 2;
                   UPDATE events SET position = 2 WHERE position = 99;
                   UPDATE sqlite_sequence SET seq = (SELECT max(position) FROM events);";
    let (code, said) = log.verified_after(swapped, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("reordered in department-local:d-"), "{said}");

    // A department's whole stream goes, and the gap with it.
    let gone = format!("DELETE FROM events WHERE stream = 'department-local:d-2'; {CLOSE_GAPS}");
    let (code, said) = log.verified_after(&gone, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("removed: by the anchors, events 3 to 3"), "{said}");

    // The end goes with its anchors: only who has seen them can tell.
    let cut = format!("DELETE FROM events WHERE position > 3; {CLOSE_GAPS}");
    assert_eq!(log.verified_after(&cut, &["public.json"]).0, Some(0), "the limit that --help names");
    let (code, said) = log.verified_after(&cut, &all);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("removed: by the anchors, events 4 to "), "{said}");
    assert!(log.departments > 3);

    // Anchors are about the log: what is read from it passes over them, and misses nothing.
    let replayed =
        yimen(&["replay", "--data-dir"]).arg(log.file("data")).output().expect("the binary starts");
    let said = String::from_utf8_lossy(&replayed.stdout).into_owned();
    assert!(said.lines().any(|line| line.ends_with("skipped       0")), "{said}");
}

#[tokio::test]
async fn a_log_made_anew_with_other_keys_is_not_ours() {
    let (log, other) = (AtRest::new().await, AtRest::new().await);
    let (code, said) = log.verified(&other.file("data/events.sqlite"), &[]);
    assert_eq!(code, Some(0), "true in itself: {said}");
    let (code, said) = log.verified(&other.file("data/events.sqlite"), &["public.json"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("no anchor is signed by a key that you trust"), "{said}");
    let (code, said) = log.verified(&other.file("data/events.sqlite"), &["anchors"]);
    assert_eq!(code, Some(1), "{said}");
}

#[tokio::test]
async fn a_log_on_a_read_only_disk_can_be_verified() {
    let log = AtRest::new().await;
    let disk = log.file("disk");
    std::fs::create_dir(&disk).expect("made");
    let mount = |arguments: &[&str]| {
        Command::new("mount").args(arguments).arg(&disk).status().is_ok_and(|status| status.success())
    };
    if !mount(&["-t", "tmpfs", "-o", "size=16m", "yimen-test"]) {
        eprintln!("no file system can be mounted here: not tested");
        return;
    }
    std::fs::copy(log.file("data/events.sqlite"), disk.join("log.sqlite")).expect("copied");
    assert!(mount(&["-o", "remount,ro"]));
    let (code, said) = log.verified(&disk.join("log.sqlite"), &["public.json", "anchors"]);
    let unmounted = Command::new("umount").arg(&disk).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn a_running_gateway_says_how_far_its_anchors_go() {
    let gateway = Demo::serve("[integrity]\nanchor_interval = \"20ms\"\n");
    let operator = gateway.token("operator");
    for (code, anchors) in [("one", 1), ("two", 2)] {
        let body =
            json!({"code": {"scheme": "local", "value": code}, "name": {"zh-CN": code}, "region": "330106"});
        gateway.post("/registry/v1/departments", operator).json(&body).await.expect(201);
        let verified = until("the event is anchored", async || {
            let verified = gateway.post("/operations/v1/verification", operator).send().await.expect(200);
            (verified["anchors"]["count"] == anchors).then_some(verified)
        })
        .await;
        assert_eq!(verified["clean"], true, "{verified}");
        assert_eq!(verified["anchors"]["covered"], 2 * anchors - 1);
        assert_eq!(verified["events"], 2 * anchors, "an anchor alone is no reason for another one");
    }
}

#[tokio::test]
async fn a_gateway_without_the_logs_keys_says_that_it_anchors_nothing() {
    let settings = "[integrity]\nanchor_interval = \"20ms\"\n";
    let ready =
        async |gateway: &Demo| ask(Method::GET, &gateway.admin_url("/readyz")).send().await.expect(200);
    let gateway = Demo::serve(settings);
    let enrol = async |gateway: &Demo, code: &str| {
        let body =
            json!({"code": {"scheme": "local", "value": code}, "name": {"zh-CN": code}, "region": "330106"});
        gateway.post("/registry/v1/departments", gateway.token("operator")).json(&body).await.expect(201);
    };
    enrol(&gateway, "one").await;
    until("it is anchored", async || {
        let verified = gateway.post("/operations/v1/verification", gateway.token("operator")).send().await;
        (verified.expect(200)["anchors"]["count"] == 1).then_some(())
    })
    .await;
    assert_eq!(ready(&gateway).await["anchoring"], "ok");

    let folder = gateway.kill();
    std::fs::remove_file(folder.path().join("data/assertion-key.pem")).expect("there is one");
    let gateway = Demo::serve_in(folder, settings);
    enrol(&gateway, "two").await;
    until("it has given up", async || (ready(&gateway).await["anchoring"] == "stopped").then_some(())).await;
    let metrics = ask(Method::GET, &gateway.admin_url("/metrics")).send().await.text();
    assert!(metrics.lines().any(|line| line == "yimen_log_anchoring_stopped 1"), "{metrics}");
}
