//! Scored pairs as Yimen and the peers write them: one JSON object a line.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde::Deserialize;

/// A pair of records that a tool scored. What else it says of the pair is skipped.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct ScoredPair {
    /// Id of the one record.
    pub(crate) a: String,
    /// Id of the other.
    pub(crate) b: String,
    /// The higher, the more they are the same service.
    pub(crate) score: f64,
    /// `same`, `suspect` or `distinct`, where the tool decides.
    #[serde(default)]
    pub(crate) verdict: Option<String>,
}

/// Reads a file of pairs.
pub(crate) fn read(path: &Path) -> Result<Vec<ScoredPair>, String> {
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| at(&error))?;
    let mut pairs = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|error| at(&error))?;
        if !line.trim().is_empty() {
            pairs.push(serde_json::from_str(&line).map_err(|error| at(&error))?);
        }
    }
    Ok(pairs)
}
