//! A gateway under load is killed (SIGKILL) at random moments, again and again, on one log. After each: every acknowledged
//! command is there exactly once, every refused one is absent, one whose answer never came is there at most once, and once
//! when it is repeated; the log verifies; and what the gateway, which starts from its snapshot, shows is what a fold of the
//! log from nothing shows.
//!
//! `cargo xtask crash` runs hundreds of cycles; without it, a handful.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::Demo;
use crate::client::{Answer, Ask, ask, list, text};
use crate::import_run::verify;

const CLIENTS: usize = 12;
/// The longest time under load, in milliseconds.
const LONGEST: u64 = 900;

/// A command, with a mark in its text that no other has.
#[derive(Debug, Clone)]
struct Command {
    mark: String,
    method: Method,
    path: String,
    body: Value,
    condition: Option<String>,
}

/// What became of the commands.
#[derive(Debug, Default)]
struct Outcomes {
    acknowledged: Vec<String>,
    refused: Vec<String>,
    unknown: Vec<Command>,
}

impl Command {
    fn ask(&self, base: &str, token: &str) -> Ask {
        let ask = ask(self.method.clone(), &format!("{base}{}", self.path))
            .bearer(token)
            .header("idempotency-key", &self.mark)
            .header("content-type", "application/json")
            .body(self.body.to_string());
        match &self.condition {
            Some(condition) => ask.header("if-match", condition),
            None => ask,
        }
    }
}

fn enrolment(code: &str, mark: &str) -> Command {
    Command {
        mark: mark.to_owned(),
        method: Method::POST,
        path: "/registry/v1/departments".to_owned(),
        body: json!({"code": {"scheme": "local", "value": code}, "name": {"zh-CN": mark}, "region": "330106"}),
        condition: None,
    }
}

fn renaming(code: &str, mark: &str, revision: &str) -> Command {
    Command {
        mark: mark.to_owned(),
        method: Method::PUT,
        path: format!("/registry/v1/departments/local:{code}/name"),
        body: json!({"name": {"zh-CN": mark}}),
        condition: Some(revision.to_owned()),
    }
}

/// Gives commands until the gateway is gone: enrols, renames twice, and tries what must be refused.
async fn client(base: &str, token: &str, name: &str, outcomes: &Mutex<Outcomes>) {
    for number in 0.. {
        let code = format!("{name}-{number}");
        let mut revision: Option<String> = None;
        for kind in ["enrolled", "renamed", "refused", "renamed-again"] {
            let mark = format!("m-{code}-{kind}.");
            let command = match (&revision, kind) {
                (None, _) | (Some(_), "refused") => enrolment(&code, &mark),
                (Some(revision), _) => renaming(&code, &mark, revision),
            };
            let answer = command.ask(base, token).attempt().await;
            let mut outcomes = outcomes.lock().expect("nobody panics with it");
            match answer {
                Ok(Answer { status: 200..300, headers, .. }) => {
                    revision = headers.get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
                    outcomes.acknowledged.push(mark);
                }
                Ok(Answer { status: 400..500, .. }) => {
                    assert_eq!(kind, "refused");
                    outcomes.refused.push(mark);
                }
                Ok(answer) => panic!("{}", answer.text()),
                Err(_) => {
                    outcomes.unknown.push(command);
                    return;
                }
            }
        }
    }
}

/// How often each mark is in the log, and the last name of each department, folded here from nothing.
fn fold(log: &Path) -> (HashMap<String, usize>, BTreeMap<String, String>) {
    // For reading alone: what a kill left behind is the next gateway's to bring in order.
    let log = rusqlite::Connection::open_with_flags(log, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("a log");
    let mut statement = log
        .prepare("SELECT stream, data FROM events WHERE stream LIKE 'department-%' ORDER BY position")
        .expect("a log");
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)));
    let (mut marks, mut names) = (HashMap::new(), BTreeMap::new());
    for row in rows.expect("a log") {
        let (stream, data) = row.expect("an event");
        let data: Value = serde_json::from_slice(&data).expect("JSON");
        let name = text(&data["name"]["zh-CN"]).to_owned();
        *marks.entry(name.clone()).or_default() += 1;
        names.insert(stream.trim_start_matches("department-").to_owned(), name);
    }
    (marks, names)
}

/// The name of each department as the gateway shows it.
async fn shown(gateway: &Demo) -> BTreeMap<String, String> {
    let mut shown = BTreeMap::new();
    let mut after = String::new();
    loop {
        let path = format!("/registry/v1/departments?limit=200{after}");
        let page = gateway.get(&path).bearer(gateway.token("operator")).send().await.expect(200);
        for department in list(&page["items"]) {
            shown.insert(text(&department["id"]).to_owned(), text(&department["name"]["zh-CN"]).to_owned());
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&cursor={next}"),
            None => return shown,
        }
    }
}

/// Load until the gateway is killed, at a moment that nobody chose.
async fn load_and_kill(gateway: Demo, cycle: usize, outcomes: &Mutex<Outcomes>) -> TempDir {
    let (base, token) = (gateway.url(""), gateway.token("operator").to_owned());
    let names: Vec<_> = (0..CLIENTS).map(|number| format!("{cycle}-{number}")).collect();
    let clients = names.iter().map(|name| client(&base, &token, name, outcomes));
    let moment =
        Duration::from_millis(u64::from(Timestamp::now().subsec_nanosecond().unsigned_abs()) / 7 % LONGEST);
    let kill = async {
        tokio::time::sleep(moment).await;
        gateway.kill()
    };
    tokio::join!(kill, futures_util::future::join_all(clients)).0
}

/// What was left open is asked again, word for word: now it has to be there, and once.
async fn repeat_unknown(gateway: &Demo, outcomes: &Mutex<Outcomes>) {
    let unknown = std::mem::take(&mut outcomes.lock().expect("nobody panics with it").unknown);
    for command in unknown {
        let answer = command.ask(&gateway.url(""), gateway.token("operator")).send().await;
        let mut outcomes = outcomes.lock().expect("nobody panics with it");
        match answer.status {
            200..300 => outcomes.acknowledged.push(command.mark),
            _ => {
                assert!(command.mark.ends_with("-refused."), "{}: {}", command.mark, answer.text());
                outcomes.refused.push(command.mark);
            }
        }
    }
}

fn judge(cycle: usize, marks: &HashMap<String, usize>, outcomes: &Outcomes) {
    for mark in &outcomes.acknowledged {
        assert_eq!(marks.get(mark), Some(&1), "acknowledged, by cycle {cycle}: {mark}");
    }
    for mark in &outcomes.refused {
        assert_eq!(marks.get(mark), None, "refused, by cycle {cycle}: {mark}");
    }
    for command in &outcomes.unknown {
        assert!(
            marks.get(&command.mark).is_none_or(|times| *times == 1),
            "unknown, by cycle {cycle}: {command:?}"
        );
    }
    let told = outcomes.acknowledged.len() + outcomes.unknown.len();
    assert!(marks.len() <= told, "nothing is there that nobody asked for, by cycle {cycle}");
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_to_kills_at_random_moments() {
    let cycles = from_environment("YIMEN_CRASH_CYCLES").unwrap_or(4) as usize;
    let end = Instant::now() + Duration::from_secs(from_environment("YIMEN_CRASH_SECONDS").unwrap_or(600));
    // Snapshots of the read model are written all the time, so that kills meet them half done.
    let settings = "[event_log]\nsnapshot_every = 20\n\
                    [integrity]\nanchor_events = 50\nanchor_interval = \"200ms\"\n";
    let outcomes = Mutex::new(Outcomes::default());
    let mut folder = TempDir::new().expect("a folder");
    let mut done = 0;
    while done < cycles && Instant::now() < end {
        let gateway = Demo::serve_in(folder, settings);
        let log = gateway.data_dir().join("events.sqlite");
        assert_eq!(shown(&gateway).await, fold(&log).1, "what is shown before cycle {done}");
        repeat_unknown(&gateway, &outcomes).await;
        folder = load_and_kill(gateway, done, &outcomes).await;
        let (code, said) = verify(&folder.path().join("data"));
        assert_eq!(code, Some(0), "cycle {done}: {said}");
        judge(done, &fold(&log).0, &outcomes.lock().expect("nobody panics with it"));
        done += 1;
    }
    let gateway = Demo::serve_in(folder, settings);
    let log = gateway.data_dir().join("events.sqlite");
    repeat_unknown(&gateway, &outcomes).await;
    let (marks, names) = fold(&log);
    let outcomes = outcomes.into_inner().expect("nobody panicked with it");
    judge(done, &marks, &outcomes);
    assert_eq!(marks.len(), outcomes.acknowledged.len());
    assert_eq!(shown(&gateway).await, names);
    println!(
        "{done} kills: {} commands acknowledged and there once, {} refused and absent",
        outcomes.acknowledged.len(),
        outcomes.refused.len()
    );
    assert_eq!(done, cycles, "the time was up");
    assert!(done > 0 && !outcomes.acknowledged.is_empty());
    assert!(gateway.log().contains("goes on from its snapshot"), "{}", gateway.log());
}
