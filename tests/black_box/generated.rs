//! What is generated and committed says what the code says.

use std::collections::BTreeMap;
use std::path::Path;

use crate::binary::{root, yimen};

const REFRESH: &str = "refresh it with `cargo xtask generate`";

fn json_files(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            files.insert(name, std::fs::read_to_string(&path).expect("it can be read"));
        }
    }
    files
}

fn assert_fresh(folder: &str, fresh: &BTreeMap<String, String>) {
    let committed = json_files(&root().join(folder));
    assert!(!fresh.is_empty());
    assert_eq!(
        committed.keys().collect::<Vec<_>>(),
        fresh.keys().collect::<Vec<_>>(),
        "{folder}/ is stale; {REFRESH}"
    );
    for (name, text) in fresh {
        assert!(committed.get(name) == Some(text), "{folder}/{name} is stale; {REFRESH}");
    }
}

#[test]
fn openapi_documents_are_fresh() {
    let folder = tempfile::tempdir().expect("a folder");
    let status = yimen(&["openapi", "--out"]).arg(folder.path()).status().expect("it starts");
    assert!(status.success());
    assert_fresh("openapi", &json_files(folder.path()));
}

#[test]
fn event_schemas_are_fresh() {
    let documents = domain::schema::event_documents();
    assert_fresh(
        "schemas",
        &documents.into_iter().map(|(name, document)| (name, format!("{document:#}\n"))).collect(),
    );
}
