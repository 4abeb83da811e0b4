//! `yimen import`: every row taken or explained, nothing twice, whatever happens in between.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::binary::{Demo, PATIENCE, yimen};
use crate::client::{list, text, until};
use crate::import_run::{export, import, verify};

const MAP: &str = "department=部门,name=事项,itemCode=编码,organisation=信用代码,region=区划";

fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

fn written(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).expect("it can be written");
    file
}

/// Five good rows among bad ones of every kind.
fn mixed(folder: &TempDir) -> PathBuf {
    let mut csv = "部门,事项,编码,信用代码,区划\n\
                   区民政局,养老机构设立备案,A-1,12441500196720244T,511602000000\n\
                   区民政局,缺了一格,A-2\n\
                   区民政局,信用代码不对的事项,A-3,12441500196720244X,511602000000\n\
                   区民政局,,A-4,,511602000000\n"
        .to_owned();
    let _ = writeln!(csv, "区民政局,{},A-5,,511602000000", "长".repeat(201));
    csv.push_str("区民政局,区划不对,A-6,,33\n,没有部门,A-7,,511602\n区民政局,没有编码,,,511602\n");
    csv.push_str("区民政局,换了内容的重复,A-1,,511602\n区民政局,\"两行的\n名称\",A-8,,511602\n");
    let mut bytes = csv.into_bytes();
    bytes.extend(b"\xe5\x8c\xba,\xff\xfe,A-9,,511602\n");
    bytes.extend("区教育局,学生资助申请,B-1,,511602\n区教育局,学生资助申请,B-1,,511602\n".as_bytes());
    written(folder, "mixed.csv", &bytes)
}

#[test]
fn every_row_is_taken_or_refused_with_line_field_and_reason() {
    let folder = folder();
    let (file, data) = (mixed(&folder), folder.path().join("data"));
    let into = ["--format", "csv", "--map", MAP, "--data-dir", data.to_str().expect("UTF-8")];
    let rehearsal = import(&file, &[&into[..], &["--dry-run"]].concat());
    assert!(!data.exists() || export(&data, "events").is_empty(), "a rehearsal writes nothing");

    let first = import(&file, &into);
    assert_eq!(first.code, Some(2), "{}", first.stderr);
    let expected = [
        (3, "", "ragged"),
        (5, "name", "required"),
        (6, "name", "too-long"),
        (7, "region", "division"),
        (8, "department", "required"),
        (9, "id", "required"),
        (10, "id", "repeated"),
        (13, "name", "encoding"),
    ];
    let refusals = first.refusals();
    let found: Vec<_> =
        refusals.iter().map(|(line, field, code)| (*line, field.as_str(), code.as_str())).collect();
    assert_eq!(found, expected);
    for (line, field, _) in &refusals {
        assert!(
            first.stderr.contains(&format!("line {line}:")) && first.stderr.contains(field.as_str()),
            "{}",
            first.stderr
        );
    }
    assert_eq!(rehearsal.refusals(), refusals, "the rehearsal says the same");
    assert_eq!(rehearsal.code, Some(2));
    assert_eq!((first.count("created"), first.report.len()), (4, 13), "{:?}", first.report);

    let items = export(&data, "items");
    let codes: BTreeSet<_> = items.iter().map(|item| text(&item["localCode"])).collect();
    assert_eq!(codes, ["A-1", "A-3", "A-8", "B-1"].into());
    let odd = items.iter().find(|item| item["localCode"] == "A-3").expect("it was taken");
    assert_eq!(odd["content"]["organisation"], json!({"scheme": "local", "value": "12441500196720244X"}));
    let events = export(&data, "events");
    assert!(events.iter().all(|event| event["metadata"]["role"] == "operator"));
    let approvals: Vec<_> = events.iter().filter(|event| event["type"] == "Approved").collect();
    assert_eq!(approvals.len(), 4);
    let migration = json!({"type": "migration", "source": "mixed.csv"});
    assert!(approvals.iter().all(|event| event["data"]["basis"] == migration), "{approvals:?}");

    let again = import(&file, &into);
    assert_eq!((again.code, again.count("created"), again.count("updated")), (Some(2), 0, 0));
    assert_eq!(again.refusals(), refusals);
    assert_eq!(export(&data, "events").len(), events.len(), "a repetition writes nothing");
    assert_eq!(verify(&data).0, Some(0));
}

#[test]
fn a_file_or_column_that_is_not_there_is_said_at_once() {
    let folder = folder();
    let file = written(&folder, "a.csv", b"a,b\n1,2\n");
    let data = folder.path().join("data");
    let data = data.to_str().expect("UTF-8");
    let nowhere = import(&folder.path().join("none.csv"), &["--format", "csv", "--data-dir", data]);
    assert_eq!(nowhere.code, Some(1));
    assert!(nowhere.stderr.contains("none.csv"), "{}", nowhere.stderr);
    let column = import(&file, &["--format", "csv", "--map", "name=c", "--data-dir", data]);
    assert_eq!(column.code, Some(64));
    assert!(column.stderr.contains("it has a, b"), "{}", column.stderr);
    let field = import(&file, &["--format", "csv", "--map", "nmae=a", "--data-dir", data]);
    assert_eq!(field.code, Some(64));
    assert!(field.stderr.contains("did you mean name"), "{}", field.stderr);
}

/// Events that are in the log of an import that is still running.
fn events_so_far(data: &Path) -> i64 {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let count = rusqlite::Connection::open_with_flags(data.join("events.sqlite"), flags)
        .and_then(|log| log.query_row("SELECT count(*) FROM events", [], |row| row.get(0)));
    count.unwrap_or_default()
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_stopped() {
    const ROWS: usize = 2500;
    let folder = folder();
    let mut csv = "部门,事项,编码,信用代码,区划\n".to_owned();
    for row in 0..ROWS {
        let _ = writeln!(csv, "第{}局,事项{row},K-{row},,511602", row % 7);
    }
    let (file, data) = (written(&folder, "large.csv", csv.as_bytes()), folder.path().join("data"));
    let into = ["--format", "csv", "--map", MAP, "--data-dir", data.to_str().expect("UTF-8")];

    let mut running = yimen(&["import"]);
    let mut running = running.arg(&file).args(into).stderr(Stdio::null()).spawn().expect("the binary starts");
    let deadline = Instant::now() + PATIENCE;
    while events_so_far(&data) < 500 {
        assert!(
            running.try_wait().expect("it can be asked").is_none(),
            "it must not end before it is killed"
        );
        assert!(Instant::now() < deadline, "nothing is imported");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    running.kill().expect("it can be killed");
    running.wait().expect("it ends");
    assert_eq!(verify(&data).0, Some(0), "what was written is whole");

    let rest = import(&file, &into);
    assert_eq!(rest.code, Some(0), "{}", rest.stderr);
    assert!(rest.count("created") > 0, "it was killed in the middle");
    assert_eq!(rest.report.len(), ROWS);
    assert!(rest.count("unchanged") > 0);
    let items = export(&data, "items");
    let codes: BTreeSet<_> = items.iter().map(|item| text(&item["localCode"]).to_owned()).collect();
    assert_eq!((items.len(), codes.len()), (ROWS, ROWS), "every row exactly once");
    assert_eq!(verify(&data).0, Some(0));
}

#[tokio::test]
async fn a_running_gateway_takes_an_operators_import_and_nobody_elses() {
    let demo = Demo::start(&["--sample", "none"]);
    let folder = folder();
    let (file, server) = (mixed(&folder), demo.url(""));
    let run = |name: &str| {
        let token = demo.data_dir().join("tokens").join(name);
        let token = token.to_str().expect("UTF-8").to_owned();
        import(&file, &["--format", "csv", "--map", MAP, "--server", &server, "--token-file", &token])
    };
    let clerks = run("clerk");
    assert_eq!((clerks.code, clerks.report.len()), (Some(1), 0));
    assert!(clerks.stderr.contains("403"), "{}", clerks.stderr);

    let first = run("operator");
    assert_eq!(
        (first.code, first.count("created"), first.refusals().len()),
        (Some(2), 4, 8),
        "{}",
        first.stderr
    );
    assert_eq!(run("operator").count("created"), 0);
    let found = until("the curator has placed it", async || {
        let found = demo.get("/catalogue/v1/entries").query(&[("q", "养老")]).send().await.expect(200);
        list(&found["items"]).first().cloned()
    })
    .await;
    assert_eq!(found["name"], "养老机构设立备案");
    let item = &first.report[0]["item"];
    let item =
        demo.get(&format!("/registry/v1/items/{}", text(item))).bearer(demo.token("auditor")).send().await;
    assert_eq!(item.expect(200)["publication"]["basis"], json!({"type": "migration", "source": "mixed.csv"}));
    let busy = import(
        &file,
        &["--format", "csv", "--map", MAP, "--data-dir", demo.data_dir().to_str().expect("UTF-8")],
    );
    assert_eq!(busy.code, Some(1), "the log belongs to the running gateway");
    assert_eq!(busy.report.len(), 0);
}
