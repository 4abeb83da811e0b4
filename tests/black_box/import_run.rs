//! Runs `yimen import`, and looks at what it leaves behind.

use std::path::Path;

use serde_json::Value;

use crate::binary::yimen;

/// An import that ended.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
    /// What became of each row.
    pub(crate) report: Vec<Value>,
}

/// Imports a file with these further arguments.
pub(crate) fn import(file: &Path, arguments: &[&str]) -> Import {
    let report = tempfile::NamedTempFile::new().expect("a file for the report");
    let mut command = yimen(&["import"]);
    command.arg(file).args(arguments).arg("--report").arg(report.path());
    let output = command.output().expect("the binary starts");
    let lines = std::fs::read_to_string(report.path()).expect("the report can be read");
    let report = lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    Import {
        code: output.status.code(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        report,
    }
}

impl Import {
    /// How many rows had this outcome.
    pub(crate) fn count(&self, outcome: &str) -> usize {
        self.report.iter().filter(|row| row["outcome"] == outcome).count()
    }

    /// Line, field and reason of each error of the refused rows.
    pub(crate) fn refusals(&self) -> Vec<(u64, String, String)> {
        let errors = |row: &Value| {
            let line = row["line"].as_u64().expect("a line");
            let errors = row["errors"].as_array().expect("a refused row has errors").clone();
            errors.into_iter().map(move |error| {
                let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
                assert!(!text("detail").is_empty(), "{error}");
                (line, text("field"), text("code"))
            })
        };
        self.report.iter().filter(|row| row["outcome"] == "refused").flat_map(errors).collect()
    }
}

/// What `yimen export` writes, line by line.
pub(crate) fn export(data_dir: &Path, what: &str) -> Vec<Value> {
    let output =
        yimen(&["export", "--what", what, "--data-dir"]).arg(data_dir).output().expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// What `yimen verify` says, and its exit code.
pub(crate) fn verify(data_dir: &Path) -> (Option<i32>, String) {
    let output = yimen(&["verify", "--data-dir"]).arg(data_dir).output().expect("the binary starts");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}
