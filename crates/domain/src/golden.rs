//! One file per event type and version in `golden/`, which must decode for ever.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::schema::event_documents;
use crate::{
    Aggregate, CallCount, Channel, Department, DomainEvent, DuplicateCase, Entry, Item, ItemEvent, Placement,
    Revocation,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// A golden event: its file's name, its type, the version it was written in, its data.
struct Golden {
    file: String,
    event_type: String,
    version: u16,
    data: Value,
}

/// Every golden event of a category.
fn goldens(category: &str) -> Vec<Golden> {
    let files = fs::read_dir(folder()).expect("the folder is there");
    let mut found: Vec<_> = files
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .filter_map(|file| {
            let [of, event_type, version, "json"] = file.split('.').collect::<Vec<_>>()[..] else {
                panic!("{file} is not named <category>.<Type>.v<version>.json")
            };
            let version = version.strip_prefix('v').and_then(|digits| digits.parse().ok());
            (of == category).then(|| Golden {
                event_type: event_type.to_owned(),
                version: version.expect("a version"),
                data: data(&file, event_type),
                file: file.clone(),
            })
        })
        .collect();
    found.sort_by(|a, b| a.file.cmp(&b.file));
    found
}

fn data(file: &str, event_type: &str) -> Value {
    let text = fs::read_to_string(folder().join(file)).expect("readable");
    let golden: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(golden["type"], event_type, "{file} holds another type");
    golden["data"].clone()
}

/// A golden event as the current code writes it.
fn rewritten<E: DomainEvent>(golden: &Golden) -> Value {
    let Golden { file, event_type, version, data } = golden;
    let event = E::from_data(event_type, *version, data.clone())
        .unwrap_or_else(|error| panic!("{file} does not decode: {error}"))
        .unwrap_or_else(|| panic!("{file} is of a type that nobody knows"));
    assert_eq!(event.event_type(), event_type, "{file}");
    let stored = serde_json::to_vec(data).expect("JSON");
    let quickly = E::from_json(event_type, *version, &stored);
    let quickly = quickly.expect("decodes").expect("known").to_data();
    assert_eq!(quickly, event.to_data(), "{file} as it is read in a rebuild");
    event.to_data()
}

fn every_type_has_a_golden_event<A: Aggregate>() {
    let found: BTreeSet<_> =
        goldens(A::CATEGORY).into_iter().map(|golden| (golden.event_type, golden.version)).collect();
    for (event_type, version) in A::Event::TYPES {
        assert!(
            found.contains(&((*event_type).to_owned(), *version)),
            "golden/{}.{event_type}.v{version}.json is missing",
            A::CATEGORY
        );
    }
}

fn every_golden_event_decodes_to_itself<A: Aggregate>() {
    for golden in goldens(A::CATEGORY) {
        let current = A::Event::TYPES.contains(&(golden.event_type.as_str(), golden.version));
        let rewritten = rewritten::<A::Event>(&golden);
        assert!(!current || rewritten == golden.data, "{} is rewritten as {rewritten:#}", golden.file);
    }
}

fn unknown_members_are_passed_over<A: Aggregate>() {
    for mut golden in goldens(A::CATEGORY) {
        let before = rewritten::<A::Event>(&golden);
        golden.data["aNewerWriters"] = json!({ "member": [1, 2.5, null] });
        assert_eq!(rewritten::<A::Event>(&golden), before, "{}", golden.file);
    }
}

fn unknown_types_are_passed_over<A: Aggregate>() {
    let newer = A::Event::from_data("AnnouncedByANewerWriter", 1, json!({ "member": 1 }));
    assert!(matches!(newer, Ok(None)), "{newer:?}");
}

fn every_golden_event_fits_its_schema<A: Aggregate>() {
    let (_, document) = event_documents()
        .into_iter()
        .find(|(file, _)| *file == format!("{}.v1.json", A::CATEGORY))
        .expect("every aggregate has a document");
    let validator = jsonschema::draft202012::new(&document).expect("a valid schema");
    for Golden { file, event_type, data, .. } in goldens(A::CATEGORY) {
        let event = json!({ "type": event_type, "data": data });
        let wrong: Vec<_> = validator.iter_errors(&event).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{file}: {wrong:?}");
        let nameless = json!({ "type": "NoSuchEvent", "data": data });
        assert!(!validator.is_valid(&nameless), "{file} fits under any name");
    }
}

macro_rules! for_every_aggregate {
    ($($test:ident),* $(,)?) => {$(
        mod $test {
            use super::*;

            #[test]
            fn of_departments() { super::$test::<Department>(); }
            #[test]
            fn of_items() { super::$test::<Item>(); }
            #[test]
            fn of_placements() { super::$test::<Placement>(); }
            #[test]
            fn of_entries() { super::$test::<Entry>(); }
            #[test]
            fn of_duplicate_cases() { super::$test::<DuplicateCase>(); }
            #[test]
            fn of_channels() { super::$test::<Channel>(); }
            #[test]
            fn of_revocations() { super::$test::<Revocation>(); }
            #[test]
            fn of_call_counts() { super::$test::<CallCount>(); }
        }
    )*};
}
for_every_aggregate!(
    every_type_has_a_golden_event,
    every_golden_event_decodes_to_itself,
    unknown_members_are_passed_over,
    unknown_types_are_passed_over,
    every_golden_event_fits_its_schema,
);

#[test]
fn who_handed_in_is_read_for_ever() {
    let mut data = data("item.Submitted.v1.json", "Submitted");
    data["by"] = "clerk-7".into();
    let event = ItemEvent::from_data("Submitted", 1, data).expect("decodes").expect("known");
    let ItemEvent::Submitted { by, .. } = event else { panic!("a submission") };
    assert_eq!(by.map(|by| by.to_string()).as_deref(), Some("clerk-7"));
}

#[test]
fn a_contents_hash_is_the_same_for_ever() {
    let event = |event_type| {
        let data = data(&format!("item.{event_type}.v1.json"), event_type);
        ItemEvent::from_data(event_type, 1, data).expect("decodes").expect("known")
    };
    let ItemEvent::Drafted { content, .. } = event("Drafted") else { panic!("a draft") };
    let ItemEvent::Submitted { content_hash, .. } = event("Submitted") else { panic!("a submission") };
    assert_eq!(content.hash(), content_hash);
    assert_eq!(content.check(), []);
}
