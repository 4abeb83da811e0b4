//! Contracts are generated from the code, committed, and compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::cargo;

/// The command that a stale file asks for.
const REFRESH: &str = "cargo xtask generate";

/// Writes `schemas/` (from the domain's events) and `openapi/` (from the binary's own documents), or compares them.
pub(crate) fn run(check: bool) -> Result<(), String> {
    let fresh = cargo::root().join("target/generated");
    let openapi = fresh.join("openapi");
    fs::create_dir_all(&openapi).map_err(|error| format!("{}: {error}", openapi.display()))?;
    let out = openapi.display().to_string();
    cargo::run(&["run", "--quiet", "--locked", "--package", "yimen", "--", "openapi", "--out", &out])?;

    let mut stale = settle("openapi", &read_all(&openapi)?, check)?;
    let schemas = domain::schema::event_documents()
        .into_iter()
        .map(|(name, document)| (name, format!("{document:#}\n")));
    stale.extend(settle("schemas", &schemas.collect(), check)?);
    match stale.as_slice() {
        [] => Ok(()),
        files if check => Err(format!("stale: {}; refresh with `{REFRESH}`", files.join(", "))),
        files => {
            eprintln!("wrote {}", files.join(", "));
            Ok(())
        }
    }
}

/// Compares a committed folder with what it should hold; brings it there unless `check`. Answers what differed.
fn settle(folder: &str, fresh: &BTreeMap<String, String>, check: bool) -> Result<Vec<String>, String> {
    let path = cargo::root().join(folder);
    let committed = read_all(&path)?;
    let mut stale = Vec::new();
    for (name, text) in fresh {
        if committed.get(name) != Some(text) {
            stale.push(format!("{folder}/{name}"));
            if !check {
                fs::write(path.join(name), text).map_err(|error| format!("{folder}/{name}: {error}"))?;
            }
        }
    }
    for name in committed.keys().filter(|name| !fresh.contains_key(*name)) {
        stale.push(format!("{folder}/{name}"));
        if !check {
            fs::remove_file(path.join(name)).map_err(|error| format!("{folder}/{name}: {error}"))?;
        }
    }
    Ok(stale)
}

/// Every JSON file of a folder, by name; nothing when there is no folder.
fn read_all(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut files = BTreeMap::new();
    if !folder.exists() {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            files.insert(name, text);
        }
    }
    Ok(files)
}
