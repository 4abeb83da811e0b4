//! Yimen itself, through the door that users have.

use std::path::Path;
use std::process::{Command, Stdio};

use matching::{Batch, Profile, SharedCode, Verdict};

use super::lists::{FIELDS, List, Record};
use super::pairs::{self, ScoredPair};
use crate::cargo;

/// Builds the binary.
pub(super) fn build() -> Result<(), String> {
    cargo::run(&["build", "--release", "--quiet", "--package", "yimen"])
}

/// What `yimen match` says of a list; every pair that it proposes, however improbable.
pub(super) fn by_binary(records: &Path) -> Result<Vec<ScoredPair>, String> {
    let out = records.with_extension("yimen.jsonl");
    let map: Vec<String> = FIELDS.iter().map(|field| format!("{field}={field}")).collect();
    let output = Command::new(cargo::root().join("target/release/yimen"))
        .arg("match")
        .arg(records)
        .args(["--format", "csv", "--map", &map.join(","), "--floor", "0", "--pairs"])
        .arg(&out)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("yimen match: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("yimen match {} ended with {}: {said}", records.display(), output.status));
    }
    pairs::read(&out)
}

/// What the library says of a list, its cells read as `yimen match` reads them.
pub(super) fn in_process(list: &List) -> Vec<ScoredPair> {
    let profiles: Vec<Profile> = list.records.iter().map(profile).collect();
    let batch = Batch::new(&profiles);
    let id = |place: u32| {
        let record = usize::try_from(place).ok().and_then(|place| list.records.get(place));
        record.map(|record| record.id.clone()).unwrap_or_default()
    };
    let scored = batch.pairs(0.0).into_iter().map(|pair| ScoredPair {
        a: id(pair.a),
        b: id(pair.b),
        score: pair.probability,
        verdict: Some(verdict(pair.verdict).to_owned()),
    });
    scored.collect()
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Suspect => "suspect",
        Verdict::Distinct => "distinct",
    }
}

/// A record as matching sees it. Lists with regions, levels or item codes are for the binary, which knows their standards.
pub(crate) fn profile(record: &Record) -> Profile {
    let stated = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
    let code = |value| SharedCode { scheme: "basic-code".to_owned(), value };
    let keywords = record.keywords.split([';', '；', ',', '，', '、', '|']).map(str::trim);
    Profile {
        name: record.name.clone(),
        codes: stated(&record.basic_code).map(code).into_iter().collect(),
        kind: stated(&record.kind),
        department: stated(&record.department),
        organisation: stated(&record.organisation),
        summary: stated(&record.summary),
        keywords: keywords.filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        endpoint: stated(&record.endpoint),
        ..Profile::default()
    }
}
