//! The table of crates in `ARCHITECTURE.md`, held against what Cargo says.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each crate may use of the workspace. The binary and the developer commands may use all.
const ARROWS: &[(&str, &[&str])] = &[
    ("yimen-domain", &[]),
    ("yimen-matching", &[]),
    ("yimen-event-store", &["yimen-domain"]),
    ("yimen-read-model", &["yimen-domain", "yimen-event-store"]),
    ("yimen-curator", &["yimen-domain", "yimen-matching", "yimen-event-store", "yimen-read-model"]),
    ("yimen-identity", &[]),
    ("yimen-framing", &[]),
    ("yimen-wire-stand-in", &[]),
    ("yimen-gateway", &["yimen-identity", "yimen-domain"]),
    (
        "yimen-api",
        &[
            "yimen-domain",
            "yimen-matching",
            "yimen-event-store",
            "yimen-read-model",
            "yimen-curator",
            "yimen-identity",
        ],
    ),
];
const MAY_USE_ALL: &[&str] = &["yimen", "xtask", "black-box"];

#[test]
fn no_crate_uses_what_the_table_does_not_allow() {
    let metadata = MetadataCommand::new()
        .manifest_path("../Cargo.toml")
        .no_deps()
        .other_options(vec!["--locked".to_owned()])
        .exec();
    let packages = metadata.expect("cargo metadata answers").packages;
    let ours: BTreeSet<String> = packages.iter().map(|package| package.name.to_string()).collect();
    for package in &packages {
        let name = package.name.to_string();
        if MAY_USE_ALL.contains(&name.as_str()) {
            continue;
        }
        let (_, allowed) = ARROWS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| {
            panic!("{name} is not in the table of crates: add it to ARCHITECTURE.md and here")
        });
        for dependency in &package.dependencies {
            let arrow_counts = dependency.kind == DependencyKind::Normal && ours.contains(&dependency.name);
            assert!(
                !arrow_counts || allowed.contains(&dependency.name.as_str()),
                "{name} may not use {}: see the table of crates in ARCHITECTURE.md",
                dependency.name
            );
        }
    }
}
