//! Crashes, tampering, full disks, and an orderly end: what was acknowledged stays.

use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use crate::binary::{Demo, yimen};
use crate::client::{ask, text, until};
use crate::import_run::verify;
use crate::staff::{Department, callable, content};
use crate::stand_in::RawStandIn;

const NO_SAMPLE: &[&str] = &["--sample", "none"];

fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

/// Drafts items one after another; those that were acknowledged go into `acknowledged`. Ends with the server.
async fn write_on(url: &str, clerk: &str, writer: usize, acknowledged: &Mutex<Vec<String>>) {
    for number in 0.. {
        let body = json!({"localCode": format!("W-{writer}-{number}"), "content": content("写入", "330106")});
        let draft = ask(Method::POST, url).bearer(clerk).header("content-type", "application/json");
        match draft.body(body.to_string()).attempt().await {
            Ok(answer) if answer.status == 201 => {
                acknowledged
                    .lock()
                    .expect("nobody panics with it")
                    .push(text(&answer.json()["id"]).to_owned());
            }
            Ok(answer) => panic!("{}", answer.text()),
            Err(_) => return,
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_kill_9() {
    let demo = Demo::start(NO_SAMPLE);
    let department = demo.enrol("生还局", "330106").await;
    let (url, acknowledged) = (demo.url("/registry/v1/items"), Mutex::new(Vec::new()));
    let enough = async {
        until("enough is written", async || {
            (acknowledged.lock().expect("nobody panics with it").len() >= 200).then_some(())
        })
        .await;
        demo.kill()
    };
    let writers = async {
        let writers = (0..8).map(|writer| write_on(&url, &department.clerk, writer, &acknowledged));
        futures_util::future::join_all(writers).await;
    };
    let (folder, ()) = tokio::join!(enough, writers);
    assert_eq!(verify(&folder.path().join("data")).0, Some(0));

    let demo = Demo::start_in(folder, NO_SAMPLE);
    let acknowledged = acknowledged.into_inner().expect("nobody panicked with it");
    assert!(acknowledged.len() >= 200);
    for item in &acknowledged {
        let read = demo.get(&format!("/registry/v1/items/{item}")).bearer(&department.clerk).send().await;
        assert_eq!(read.expect(200)["states"], json!(["draft"]));
    }
    let verified = demo.post("/operations/v1/verification", demo.token("auditor")).send().await.expect(200);
    assert_eq!(verified["clean"], true);
    // It goes on where it was.
    demo.draft(&department, "after", &content("之后", "330106")).await;
}

#[tokio::test]
async fn an_altered_event_is_named() {
    let demo = Demo::start(NO_SAMPLE);
    let department = demo.enrol("改动局", "330106").await;
    let item = demo.draft(&department, "A-1", &content("原来的名称", "330106")).await;
    demo.submit(&department, item).await;
    let folder = demo.kill();
    let data = folder.path().join("data");
    let (code, said) = verify(&data);
    assert_eq!(code, Some(0), "{said}");
    let log = rusqlite::Connection::open(data.join("events.sqlite")).expect("an SQLite file");
    let altered = log.execute(
        "UPDATE events SET data = CAST(replace(CAST(data AS TEXT), '原来', '后来') AS BLOB) WHERE event_type = 'Drafted'",
        [],
    );
    assert_eq!(altered, Ok(1));
    drop(log);
    let (code, said) = verify(&data);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("altered in item-{item}, revision 0")), "{said}");
    assert!(!said.contains("后来"), "no content in the finding");
}

#[tokio::test]
async fn a_call_in_flight_ends_well_when_the_gateway_is_told_to_stop() {
    let mut demo = Demo::start(NO_SAMPLE);
    let stand_in = RawStandIn::start().await;
    let entry = demo.adopt(&callable("慢办事项", "330106", &stand_in.base_url)).await;
    let (mut answer, mut call) = tokio::join!(demo.call(&entry, "/slow").open(), stand_in.begin("200 OK"));
    call.write_all(b"first").await.expect("the gateway listens");
    assert_eq!(answer.chunk().await.expect("a piece").as_deref(), Some(&b"first"[..]));

    let told = Command::new("kill").args(["-TERM", &demo.pid().to_string()]).status().expect("there is kill");
    assert!(told.success());
    until("nobody new is let in", async || {
        demo.get("/catalogue/v1/entries").attempt().await.is_err().then_some(())
    })
    .await;
    // The department is slow; nobody hurries it.
    let mut pace = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..10 {
        pace.tick().await;
        call.write_all(b"more").await.expect("the gateway still listens");
        assert_eq!(answer.chunk().await.expect("a piece").as_deref(), Some(&b"more"[..]));
    }
    drop(call);
    assert_eq!(answer.chunk().await.expect("the end"), None);
    assert_eq!(demo.wait().code(), Some(0));
}

#[tokio::test]
async fn a_restart_decides_nothing_anew() {
    let demo = Demo::start(NO_SAMPLE);
    for name in ["养鸽备案", "信鸽比赛登记", "养鸽备案登记"] {
        demo.adopt(&content(name, "330106")).await;
    }
    let status = async |demo: &Demo| {
        demo.get("/operations/v1/status").bearer(demo.token("auditor")).send().await.expect(200)
    };
    let listed = async |demo: &Demo| demo.get("/catalogue/v1/changes").send().await.expect(200);
    // A demo is ready only when the curator has been through the whole log: the first restart lets it finish.
    let demo = Demo::start_in(demo.kill(), NO_SAMPLE);
    let before = (status(&demo).await["head"].clone(), listed(&demo).await);
    let demo = Demo::start_in(demo.kill(), NO_SAMPLE);
    assert_eq!((status(&demo).await["head"].clone(), listed(&demo).await), before);
}

#[tokio::test]
async fn two_processes_never_share_a_log() {
    let demo = Demo::start(NO_SAMPLE);
    let second = yimen(&["demo", "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data-dir"])
        .arg(demo.data_dir())
        .args(NO_SAMPLE)
        .output()
        .expect("the binary starts");
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("events.sqlite") && said.contains("another process"), "{said}");
    demo.enrol("独占局", "330106").await;
    assert_eq!(verify(&demo.data_dir()).0, Some(0), "reading beside it is allowed");
}

/// Drafts until the log takes no more; how many were acknowledged.
async fn fill(demo: &Demo, department: &Department) -> usize {
    let mut long = content("占满磁盘的事项", "330106");
    long["summary"] = json!({"zh-CN": "满".repeat(2000)});
    for number in 0..5000 {
        let body = json!({"localCode": format!("F-{number}"), "content": long});
        let answer = demo.post("/registry/v1/items", &department.clerk).json(&body).await;
        if answer.status != 201 {
            assert_eq!(answer.problem(503), "log-unavailable");
            assert_eq!(answer.json()["fault"], "gateway");
            assert!(answer.header("retry-after").is_some());
            return number;
        }
    }
    panic!("the disk never filled up");
}

#[tokio::test]
async fn a_full_disk_costs_no_acknowledged_write() {
    let demo = Demo::start_confined(2048, folder(), NO_SAMPLE);
    let department = demo.enrol("满盘局", "330106").await;
    let acknowledged = fill(&demo, &department).await;
    assert!(acknowledged > 0);
    // Readers don't notice.
    demo.get("/catalogue/v1/entries").send().await.expect(200);
    demo.get("/registry/v1/items?limit=1").bearer(&department.clerk).send().await.expect(200);
    let folder = demo.kill();
    assert_eq!(verify(&folder.path().join("data")).0, Some(0));

    let demo = Demo::start_in(folder, NO_SAMPLE);
    let status = demo.get("/operations/v1/status").bearer(demo.token("auditor")).send().await.expect(200);
    assert_eq!(status["counts"]["items"], acknowledged);
    demo.draft(&department, "room-again", &content("又有空间", "330106")).await;
}
