//! Durable commands per second over HTTP, beside SQLite's own group commit on the same disk.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use serde_json::json;

use super::demo::{Demo, mint};
use super::group_commit::Disk;
use super::load::MakeRequest;
use super::{group_commit, load, median};

const CLIENTS: usize = 64;
const DEPARTMENT: &str = "local:bench";

/// Drafts items from 64 clients, each durable before it is answered.
pub(super) fn run(duration: Duration, runs: usize) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let demo = Demo::start(folder.path(), "none")?;
    let clerk = clerk(&demo, folder.path())?;
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for run in 0..runs {
        let answered = load::run(demo.address()?, CLIENTS, duration, &drafts(&clerk, &format!("run-{run}")))?;
        ours.push(answered.rate());
        raw.push(group_commit::run(Disk::sqlite(folder.path())?, CLIENTS, duration)?.rate());
    }
    let (ours, raw) = (median(ours), median(raw));
    println!("commands: {CLIENTS} clients, durable before the answer");
    println!("  Yimen, POST /registry/v1/items     {ours:>10.0} commands/s");
    println!("  SQLite alone, 600-byte rows        {raw:>10.0} rows/s");
    println!("  ratio                              {:>10.2}", ours / raw);
    Ok(())
}

/// A clerk's token, of a department that is enrolled for it.
pub(super) fn clerk(demo: &Demo, folder: &Path) -> Result<String, String> {
    enrol(demo)?;
    mint(folder, "clerk", DEPARTMENT)
}

fn enrol(demo: &Demo) -> Result<(), String> {
    let body = json!({
        "code": {"scheme": "local", "value": "bench"},
        "name": {"zh-CN": "压测部门", "en": "Bench department"},
        "region": "330100",
    });
    let make = post(demo.token("operator")?, "/registry/v1/departments", move |_| body.to_string());
    // One request: the load stops as soon as its duration is over.
    load::run(demo.address()?, 1, Duration::ZERO, &make).map(drop)
}

/// Items to be drafted, each under a code of its own that begins with `run`.
pub(super) fn drafts(clerk: &str, run: &str) -> MakeRequest {
    let run = run.to_owned();
    post(clerk, "/registry/v1/items", move |number| {
        let body = json!({
            "localCode": format!("{run}-{number}"),
            "content": {
                "name": {"zh-CN": format!("食品经营许可核发 {number}")},
                "summary": {"zh-CN": "对申请人从事食品销售和餐饮服务的条件进行审查，符合条件的准予许可。"},
                "kind": "01",
                "audience": ["legal-person"],
                "level": 4,
                "regions": ["330106"],
            },
        });
        body.to_string()
    })
}

fn post(
    token: &str,
    path: &'static str,
    body: impl Fn(u64) -> String + Send + Sync + 'static,
) -> MakeRequest {
    let authorization = format!("Bearer {token}");
    Arc::new(move |number| {
        Request::post(path)
            .header("host", "bench")
            .header("authorization", &authorization)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body(number))))
            .expect("its parts are well formed")
    })
}
