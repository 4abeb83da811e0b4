//! Runs `yimen match`, and reads what it writes.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use crate::binary::yimen;
use crate::client::{list, text};

/// A match that ended.
#[derive(Debug)]
pub(crate) struct Matched {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Matches what is handed over on standard input.
pub(crate) fn match_text(bytes: &[u8], arguments: &[&str]) -> Matched {
    let mut command = yimen(&["match", "-"]);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the binary starts");
    let mut stdin = process.stdin.take().expect("it is piped");
    let bytes = bytes.to_vec();
    // From a thread of its own, so that neither side waits for the other; who refuses early reads no further.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&bytes)));
    let output = process.wait_with_output().expect("it ends");
    writer.join().expect("it was written");
    ended(&output)
}

/// Matches a file.
pub(crate) fn match_file(file: &Path, arguments: &[&str]) -> Matched {
    let mut command = yimen(&["match"]);
    ended(&command.arg(file).args(arguments).output().expect("the binary starts"))
}

fn ended(output: &std::process::Output) -> Matched {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Matched { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Pairs and clusters of a list, checked for what holds of every list.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) matched: Matched,
    pub(crate) pairs: Vec<Value>,
    pub(crate) clusters: Vec<Value>,
}

/// Matches a list and reads both files.
pub(crate) fn results(list_file: &Path, arguments: &[&str]) -> Results {
    let folder = TempDir::new().expect("a folder");
    let [pairs, clusters] = ["pairs.jsonl", "clusters.jsonl"].map(|name| folder.path().join(name));
    let outs = ["--pairs", pairs.to_str().expect("UTF-8"), "--clusters", clusters.to_str().expect("UTF-8")];
    let matched = match_file(list_file, &[arguments, &outs].concat());
    assert!(matches!(matched.code, Some(0 | 2)), "{}", matched.stderr);
    assert_eq!(folder.path().read_dir().expect("a folder").count(), 2, "nothing else is left behind");
    let results = Results { matched, pairs: lines(&pairs), clusters: lines(&clusters) };
    results.check();
    results
}

/// A file of JSON lines.
pub(crate) fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).expect("it is there");
    assert!(text.is_empty() || text.ends_with('\n'), "every line is whole");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

impl Results {
    /// The ids in clusters.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.clusters.iter().flat_map(|cluster| list(&cluster["items"])).map(text).collect()
    }

    /// The pair of two ids, whichever comes first.
    pub(crate) fn pair(&self, one: &str, other: &str) -> Option<&Value> {
        self.pairs.iter().find(|pair| {
            let ids = [text(&pair["a"]), text(&pair["b"])];
            ids == [one, other] || ids == [other, one]
        })
    }

    fn check(&self) {
        let ids = self.ids();
        let known: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(known.len(), ids.len(), "every row is in one cluster");
        let numbers: Vec<_> = self.clusters.iter().map(|cluster| cluster["cluster"].as_u64()).collect();
        assert!(numbers.into_iter().eq((1..=self.clusters.len() as u64).map(Some)));
        assert!(self.clusters.iter().all(|cluster| !text(&cluster["name"]).is_empty()));

        let mut seen = BTreeSet::new();
        let mut last = 1.0;
        for pair in &self.pairs {
            let (a, b) = (text(&pair["a"]), text(&pair["b"]));
            assert!(a != b && known.contains(a) && known.contains(b), "{pair}");
            assert!(seen.insert(BTreeSet::from([a, b])), "twice: {pair}");
            let score = pair["score"].as_f64().expect("a number");
            assert!((0.0..=last).contains(&score), "not best first: {pair}");
            last = score;
            assert!(["same", "suspect", "distinct"].contains(&text(&pair["verdict"])), "{pair}");
            assert!(["other-implementer", "duplicate"].contains(&text(&pair["relation"])), "{pair}");
            for evidence in list(&pair["evidence"]) {
                assert!(evidence["weight"].is_f64() && !text(&evidence["feature"]).is_empty(), "{evidence}");
                assert!(!text(&evidence["zh"]).is_empty() && !text(&evidence["en"]).is_empty(), "{evidence}");
            }
        }
    }
}
