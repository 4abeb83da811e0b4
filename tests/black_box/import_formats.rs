//! What else can be imported, and the other commands that work on a data directory.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::{Demo, yimen};
use crate::client::text;
use crate::import_run::{export, import};
use crate::stand_in::StandIn;

/// A document of an issuer with one operation of its own and one that others have, too.
fn document(issuer: &str) -> Value {
    let operation =
        |id: &str, summary: &str| json!({"post": {"operationId": id, "summary": summary, "responses": {}}});
    json!({
        "openapi": "3.0.0",
        "info": {"title": issuer, "version": "1", "x-serviceName": issuer},
        "servers": [{"url": format!("https://api.example/{issuer}/v1")}],
        "paths": {
            "/boat/licence": operation("boatl", "Boat Licence"),
            "/own": operation(&format!("own-{issuer}"), &format!("Register of {issuer}")),
        },
    })
}

fn written(folder: &Path, name: &str, content: &str) {
    std::fs::write(folder.join(name), content).expect("it can be written");
}

#[tokio::test]
async fn operations_of_documents_are_items_with_a_backend() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let into = data.to_str().expect("UTF-8");
    for issuer in ["harbour-a", "harbour-b"] {
        let file = folder.path().join(format!("{issuer}.json"));
        std::fs::write(&file, document(issuer).to_string()).expect("it can be written");
    }
    let (a, b) = (StandIn::named("a").await, StandIn::named("b").await);
    let rewrite = format!("https://api.example/harbour-a={}/rewritten", a.base_url);
    let one = [
        "--format",
        "openapi",
        "--data-dir",
        into,
        "--default",
        "region=330106",
        "--rewrite-backend",
        &rewrite,
    ];
    assert_eq!(import(&folder.path().join("harbour-a.json"), &one).code, Some(0));
    let two = [
        "--format",
        "openapi",
        "--data-dir",
        into,
        "--default",
        "region=330110",
        "--backend-base",
        &b.base_url,
    ];
    assert_eq!(import(&folder.path().join("harbour-b.json"), &two).count("created"), 2);
    written(folder.path(), "broken.json", "{");
    let broken = import(&folder.path().join("broken.json"), &["--format", "openapi", "--data-dir", into]);
    assert_eq!((broken.code, broken.refusals()), (Some(2), vec![(1, String::new(), "json".to_owned())]));

    let demo = Demo::start_in(folder, &["--sample", "none"]);
    let entries = demo.get("/catalogue/v1/entries").send().await.expect(200);
    let boats =
        entries["items"].as_array().into_iter().flatten().find(|entry| entry["name"] == "Boat Licence");
    let boats = boats.expect("both issue it");
    assert_eq!((&boats["offeringCount"], entries["items"].as_array().map(Vec::len)), (&json!(2), Some(3)));
    for (region, name, target) in
        [("330106", "a", "/rewritten/v1/boat/licence"), ("330110", "b", "/harbour-b/v1/boat/licence")]
    {
        let call = demo.call(text(&boats["id"]), "/boat/licence").header("service-region", region);
        let answer = call.send().await.expect(200);
        assert_eq!((&answer["standIn"], &answer["target"]), (&json!(name), &json!(target)));
    }
}

#[test]
fn json_lines_are_read_and_the_log_is_replayed() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let into = data.to_str().expect("UTF-8");
    let lines = [
        r#"{"owner": {"name": "渔政所"}, "title": "渔船检验", "code": "J-1"}"#,
        "{\"owner\":",
        r#"{"owner": {"name": "渔政所"}, "code": "J-2"}"#,
        r#"{"owner": {"name": "渔政所"}, "title": "垂钓许可", "code": "J-3"}"#,
    ];
    written(folder.path(), "items.jsonl", &lines.join("\n"));
    let map = "department=owner.name,name=title,id=code";
    let arguments = ["--format", "jsonl", "--map", map, "--data-dir", into];
    let imported = import(&folder.path().join("items.jsonl"), &arguments);
    assert_eq!((imported.code, imported.count("created")), (Some(2), 2), "{}", imported.stderr);
    let lines: Vec<_> = imported.refusals().into_iter().map(|(line, field, _)| (line, field)).collect();
    assert_eq!(lines, [(2, String::new()), (3, "name".to_owned())]);
    assert_eq!(export(&data, "items").len(), 2);

    let replayed = yimen(&["replay", "--data-dir", into]).output().expect("the binary starts");
    let said = String::from_utf8_lossy(&replayed.stdout).into_owned();
    let counted = |name: &str| {
        said.lines().find(|line| line.contains(name)).and_then(|line| line.split_whitespace().nth(2))
    };
    assert_eq!((counted("items"), counted("departments")), (Some("2"), Some("1")), "{said}");
}

#[test]
fn tokens_are_minted_for_a_demo_alone() {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().to_str().expect("UTF-8");
    let refused =
        yimen(&["token", "--role", "operator", "--data-dir", data]).output().expect("the binary starts");
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no data directory of a demo"));
    assert_eq!(folder.path().read_dir().expect("a folder").count(), 0, "nor is a key made");
}

#[test]
fn shells_can_complete_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = yimen(&["completions", shell]).output().expect("the binary starts");
        assert!(
            script.status.success() && String::from_utf8_lossy(&script.stdout).contains("dry-run"),
            "{shell}"
        );
    }
}
