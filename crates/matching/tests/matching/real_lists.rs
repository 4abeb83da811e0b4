//! Real lists that lie beside the repository; where they don't, these tests say so and pass.

use std::{collections::HashMap, fs::File, path::PathBuf};

use csv::StringRecord;
use matching::{Index, Profile, Verdict, score};

use crate::{coded, named};

/// The rows of a list as column → value.
fn rows(list: &str) -> Vec<HashMap<String, String>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(list);
    let Ok(file) = File::open(&path) else {
        eprintln!("skipped: {} is not here", path.display());
        return Vec::new();
    };
    let mut reader = csv::Reader::from_reader(file);
    let columns: StringRecord = reader.headers().expect("a header").clone();
    let row = |record: StringRecord| {
        columns.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
    };
    reader.records().map(|record| row(record.expect("a readable row"))).collect()
}

#[test]
fn no_look_alike_is_the_same_and_real_pairs_are() {
    for row in rows("cn-name-pairs/pairs.csv") {
        let (a, b) = (&row["a"], &row["b"]);
        let (alone, under_one_code) = (score(&named(a), &named(b)), score(&coded(a, "C1"), &coded(b, "C1")));
        assert_ne!(alone.verdict, Verdict::Same, "{a} / {b}");
        if row["same"] == "0" {
            assert_eq!(alone.verdict, Verdict::Distinct, "{a} / {b}: {alone:#?}");
            assert_eq!(under_one_code.verdict, Verdict::Suspect, "{a} / {b}: {under_one_code:#?}");
        } else {
            assert_eq!(under_one_code.verdict, Verdict::Same, "{a} / {b}: {under_one_code:#?}");
        }
    }
}

#[test]
fn one_code_in_two_cities_is_one_service_but_for_the_known_collision() {
    for row in rows("cn-guangan-items/same_code_diff_name_vs_ziyang.csv") {
        let (code, a, b) = (&row["base_code"], &row["guangan_district_name"], &row["ziyang_city_name"]);
        let (b, collision) =
            b.split_once(" (code collision").map_or((b.as_str(), false), |(name, _)| (name, true));
        let expected = if collision { Verdict::Suspect } else { Verdict::Same };
        assert_eq!(score(&coded(a, code), &coded(b, code)).verdict, expected, "{a} / {b}");
    }
}

/// One district's list holds hardly any service twice: what is suspected there is work for a steward, and must stay little.
#[test]
fn one_districts_list_raises_few_cases() {
    let items: Vec<Profile> = rows("cn-guangan-items/items.csv")
        .iter()
        .map(|row| Profile {
            department: Some(row["dept"].clone()),
            ..coded(&row["name"], &row["base_code"])
        })
        .collect();
    let mut index: Index<usize> = Index::new();
    let (mut same, mut suspected) = (0, 0);
    for (id, item) in items.iter().enumerate() {
        for candidate in index.candidates(item) {
            let (Some(found), Some(other)) = (index.score(item, &candidate), items.get(candidate)) else {
                continue;
            };
            same += usize::from(found.verdict == Verdict::Same);
            suspected += usize::from(found.verdict == Verdict::Suspect);
            if found.verdict != Verdict::Distinct {
                println!("{:?} {:.2} {} / {}", found.verdict, found.probability, item.name, other.name);
            }
        }
        index.insert(id, item);
    }
    assert_eq!(same, 0, "every code stands once in this list");
    assert!(suspected <= items.len() / 20, "{suspected} of {} items suspected", items.len());
}

/// 36 issuers of a driving licence are one entry; 513 operations under 179 codes make 179.
#[test]
fn operations_of_many_issuers_fold_by_code() {
    let mut index: Index<usize> = Index::new();
    let mut entry_of = Vec::new();
    let mut entries = 0;
    let operations = rows("in-apisetu/operations.csv");
    for (id, row) in operations.iter().enumerate() {
        let item = Profile {
            department: Some(row["provider_name"].clone()),
            ..coded(&row["name"], &row["doc_code"])
        };
        let home = index.candidates(&item).into_iter().find(|candidate| {
            index.score(&item, candidate).is_some_and(|found| found.verdict == Verdict::Same)
        });
        entry_of.push(home.and_then(|other| entry_of.get(other).copied()).unwrap_or_else(|| {
            entries += 1;
            entries
        }));
        index.insert(id, &item);
    }
    if operations.is_empty() {
        return;
    }
    assert_eq!(entries, 179);
    let licences = operations.iter().zip(&entry_of).filter(|(row, _)| row["name"] == "Driving License");
    assert_eq!(licences.clone().count(), 36);
    assert!(
        licences.map(|(_, entry)| entry).all(|entry| Some(entry) == entry_of.get(first_licence(&operations)))
    );
}

fn first_licence(operations: &[HashMap<String, String>]) -> usize {
    operations.iter().position(|row| row["name"] == "Driving License").unwrap_or_default()
}
