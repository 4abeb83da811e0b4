//! Who may do what: every operation of the documents with every role, compared with the table in `ROLES.md`.
//!
//! A role that an operation lets in gets past the door, whatever the operation then finds missing; one that it doesn't
//! is told so with a 401 or 403. What depends on the resource (the own department, four eyes) has its tests in `domain`.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::Value;

use super::house::{House, XIHU};
use crate::openapi_documents;

const TABLE: &str = include_str!("../../ROLES.md");

/// The columns of the table, in their order.
const CALLERS: [&str; 8] =
    ["anybody", "citizen", "clerk", "department-reviewer", "reviewer", "steward", "operator", "auditor"];

/// Who gets past the door, by operation.
type Admissions = BTreeMap<String, BTreeSet<&'static str>>;

/// The rows of the table: `| `operation` | x | | …`.
fn documented() -> Admissions {
    let rows = TABLE.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (operation, cells) = row.split_once("` |").expect("an operation, then its cells");
        let cells: Vec<_> = cells.trim_end().trim_end_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), CALLERS.len(), "{operation}");
        let marked = cells.iter().zip(CALLERS).filter(|(cell, _)| match **cell {
            "✓" => true,
            "" => false,
            other => panic!("{operation}: {other}"),
        });
        (operation.to_owned(), marked.map(|(_, caller)| caller).collect())
    })
    .collect()
}

/// A token of this kind of caller; none for anybody.
fn token(house: &House, caller: &str) -> Option<String> {
    match caller {
        "anybody" => None,
        "citizen" => Some(house.token("cao", &[], None)),
        "clerk" => Some(house.clerk(XIHU)),
        "department-reviewer" => Some(house.department_reviewer(XIHU)),
        other => Some(house.token(other, &[other], None)),
    }
}

/// Every operation of every document: its name, its method, and a path with identifiers that lead nowhere.
fn operations() -> Vec<(String, Method, String)> {
    let mut found = Vec::new();
    for (_, document) in openapi_documents() {
        let document = serde_json::to_value(document).expect("a document is JSON");
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods") {
                let method = method.to_ascii_uppercase().parse().expect("a method");
                let name = operation["operationId"].as_str().expect("a name").to_owned();
                found.push((name, method, filled(path, operation)));
            }
        }
    }
    found
}

fn filled(path: &str, operation: &Value) -> String {
    let mut path = path.to_owned();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        if parameter["in"] == "path" {
            let name = parameter["name"].as_str().expect("a name");
            let nowhere = match name {
                "department" => "local:nowhere",
                "channel" => "nowhere",
                "revocation" => "0123456789012345678901234567890123456789012",
                _ => "0d6f3c1e-0000-5000-8000-000000000001",
            };
            path = path.replace(&format!("{{{name}}}"), nowhere);
        }
    }
    path
}

/// Whether the door let the caller in, however the operation then ended.
async fn lets_in(house: &House, method: &Method, path: &str, token: Option<&str>) -> bool {
    let asking = house.ask(method.clone(), path);
    let asking = match token {
        Some(token) => asking.bearer(token),
        None => asking,
    };
    let answer = asking.send().await;
    match answer.status.as_u16() {
        401 => false,
        403 => {
            let code = answer.problem(403);
            assert!(code == "role-not-allowed" || code == "not-allowed", "{path}: {code}");
            false
        }
        _ => true,
    }
}

#[tokio::test]
async fn every_operation_lets_in_whom_the_table_says_and_nobody_else() {
    let house = House::open().await.with_departments().await;
    let mut found = Admissions::new();
    for (name, method, path) in operations() {
        let mut admitted = BTreeSet::new();
        for caller in CALLERS {
            if lets_in(&house, &method, &path, token(&house, caller).as_deref()).await {
                admitted.insert(caller);
            }
        }
        found.insert(name, admitted);
    }
    assert_eq!(found, documented(), "the table in crates/api/ROLES.md says otherwise");
}

#[test]
fn auditors_change_nothing_and_operators_approve_no_content() {
    let table = documented();
    let methods: BTreeMap<_, _> = operations().into_iter().map(|(name, method, _)| (name, method)).collect();
    // Neither writes: one checks the log, the other answers a question.
    let only_read = ["verify_log", "preview_match"];
    for (operation, admitted) in &table {
        let writes = methods[operation] != Method::GET && !only_read.contains(&operation.as_str());
        assert!(!(writes && admitted.contains("auditor")), "{operation}");
        assert!(!(writes && (admitted.contains("anybody") || admitted.contains("citizen"))), "{operation}");
    }
    for content in ["review_item", "publish_item", "revise_item", "submit_item"] {
        assert!(!table[content].contains("operator"), "{content}");
    }
}
