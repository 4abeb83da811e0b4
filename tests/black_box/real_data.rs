//! Real input, where `../shared/data` is there: a Chinese district's items, and the documents of Indian issuers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::{Demo, root};
use crate::city::quiet;
use crate::client::{list, text};
use crate::import_run::{Import, export, import, verify};
use crate::stand_in::StandIn;

/// A folder or file of the shared data, if it is there.
fn shared(path: &str) -> Option<PathBuf> {
    let found = root().parent()?.join("shared/data").join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!(
        "{} is not there: the sample, and documents that the tests write, take its place",
        found.display()
    );
    None
}

async fn names(demo: &Demo, query: &str) -> Vec<String> {
    let found = demo.get("/catalogue/v1/entries").query(&[("q", query)]).send().await.expect(200);
    list(&found["items"]).iter().map(|entry| text(&entry["name"]).to_owned()).collect()
}

#[tokio::test]
async fn a_districts_items_are_all_imported_published_and_found() {
    let Some(file) = shared("cn-guangan-items/items.csv") else {
        for query in ["养老", "食品经营"] {
            assert!(names(quiet(), query).await.iter().any(|name| name.contains(query)), "{query}");
        }
        return;
    };
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let map = "department=dept,name=name,itemCode=item_code,basicCode=base_code,region=area_code,organisation=dept_uscc,kind=task_type";
    let into = [
        "--format",
        "csv",
        "--map",
        map,
        "--code-scheme",
        "sichuan",
        "--data-dir",
        data.to_str().expect("UTF-8"),
    ];
    let imported = import(&file, &into);
    assert_eq!((imported.code, imported.count("created")), (Some(0), 1135), "{}", imported.stderr);
    let items = export(&data, "items");
    let departments: BTreeSet<_> = items.iter().map(|item| text(&item["department"])).collect();
    assert_eq!((items.len(), departments.len()), (1135, 34));
    assert_eq!(verify(&data).0, Some(0));

    let demo = Demo::start_in(folder, &["--sample", "none"]);
    for (query, name) in [("养老", "养老"), ("驾驶证", "驾驶证"), ("食品经营", "经营许可")]
    {
        let found = names(&demo, query).await;
        assert!(found.first().is_some_and(|first| first.contains(name)), "{query}: {found:?}");
    }
    let status = demo.get("/operations/v1/status").bearer(demo.token("auditor")).send().await.expect(200);
    assert_eq!((&status["counts"]["items"], &status["counts"]["departments"]), (&json!(1135), &json!(34)));
}

/// Four transport departments, each with a division that stands for its state.
const STATES: [(&str, &str); 4] = [
    ("transportdl", "110000"),
    ("transportmh", "310000"),
    ("transportka", "440000"),
    ("transportwb", "330106"),
];

/// Imports documents; backends are at `base` instead of the issuers' hosts.
fn register(documents: &Path, data: &Path, base: &str, region: Option<&str>) -> Import {
    let data = data.to_str().expect("UTF-8");
    let mut arguments = vec!["--format", "openapi", "--backend-base", base, "--data-dir", data];
    let region = region.map(|region| format!("region={region}"));
    if let Some(region) = &region {
        arguments.extend(["--default", region]);
    }
    let imported = import(documents, &arguments);
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    imported
}

/// A stand-in for each of [`STATES`], and one for all other issuers, in `data`.
async fn register_issuers(specs: &Path, folder: &Path, data: &Path) -> (Vec<StandIn>, StandIn) {
    let others_folder = folder.join("others");
    std::fs::create_dir(&others_folder).expect("a folder");
    let (mut stand_ins, mut rows) = (Vec::new(), 0);
    for entry in std::fs::read_dir(specs).expect("the folder is there") {
        let file = entry.expect("it can be read").path();
        let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
        if !STATES.iter().any(|(state, _)| *state == stem) {
            std::fs::copy(&file, others_folder.join(file.file_name().expect("a name"))).expect("copied");
        }
    }
    for (state, region) in STATES {
        let stand_in = StandIn::named(state).await;
        rows += register(&specs.join(format!("{state}.json")), data, &stand_in.base_url, Some(region))
            .count("created");
        stand_ins.push(stand_in);
    }
    let others = StandIn::named("others").await;
    rows += register(&others_folder, data, &others.base_url, None).count("created");
    assert_eq!(rows, 513, "each operation is an item");
    (stand_ins, others)
}

#[tokio::test]
async fn issuers_documents_become_entries_that_can_be_called() {
    let Some(specs) = shared("in-apisetu/specs") else { return };
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let (stand_ins, others) = register_issuers(&specs, folder.path(), &data).await;
    let demo = Demo::start_in(folder, &["--sample", "none"]);

    let (mut entries, mut path) = (Vec::new(), Some("/catalogue/v1/entries?limit=200".to_owned()));
    while let Some(part) = path {
        let page = demo.get(&part).send().await.expect(200);
        entries.extend(list(&page["items"]).iter().cloned());
        path = page["next"].as_str().map(|next| format!("/catalogue/v1/entries?limit=200&cursor={next}"));
    }
    assert!((175..=183).contains(&entries.len()), "about 179 entries: {}", entries.len());
    let licence = entries.iter().find(|entry| entry["name"] == "Driving License").expect("states issue it");
    assert_eq!(licence["offeringCount"], 36);
    let licence = text(&licence["id"]);

    let call = async |entry: &str, region: &str| -> Value {
        let call = demo.call(entry, "/drvlc/certificate?format=xml").header("service-region", region);
        call.send().await.expect(200)
    };
    for (state, region) in STATES {
        let answer = call(licence, region).await;
        assert_eq!(
            (&answer["standIn"], &answer["target"]),
            (&json!(state), &json!(format!("/{state}/v3/drvlc/certificate?format=xml")))
        );
    }
    assert_eq!(call(licence, "330106001").await["standIn"], "transportwb", "up the digits");
    assert_eq!(
        call(licence, "510000").await["standIn"],
        "others",
        "the issuers without a state are for the country"
    );
    assert!(stand_ins.iter().all(|stand_in| stand_in.calls() > 0));
    let before = others.calls();
    // One issuer alone: no region is needed.
    for entry in entries.iter().filter(|entry| entry["offeringCount"] == 1).take(5) {
        let answer =
            demo.call(text(&entry["id"]), "/x").header("service-region", "000000").send().await.expect(200);
        assert_eq!(answer["standIn"], "others", "{entry}");
    }
    assert_eq!(others.calls(), before + 5);
}
