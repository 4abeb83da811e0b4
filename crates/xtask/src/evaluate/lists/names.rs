//! Pairs of names, labelled by this project: the same service in two wordings, or a look-alike.
//!
//! Nothing but the names is given, and only the labelled pairs are judged. There is nothing here to learn from; supervised
//! tools learn from the names of Canada's train half.

use std::collections::BTreeMap;
use std::path::Path;

use super::canada::{self, Language};
use super::{Half, LabelledPair, List, Record, Truth, rows};

/// Reads them; they have no halves.
pub(super) fn read(data: &Path, half: Half) -> Result<List, String> {
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut records = Vec::new();
    let mut id = |name: &str| {
        let next = format!("n{:03}", ids.len() + 1);
        let id = ids.entry(name.to_owned()).or_insert_with(|| {
            records.push(Record::named(&next, name));
            next
        });
        id.clone()
    };
    let pairs = rows::read(&data.join("cn-name-pairs/pairs.csv"))?
        .iter()
        .map(|row| LabelledPair { a: id(row.get("a")), b: id(row.get("b")), same: row.get("same") == "1" })
        .collect();
    let canada = canada::read(data, Half::Train, Language::English)?.train;
    let train = canada
        .into_iter()
        .map(|(record, entity)| (Record::named(&record.id, &record.name), entity))
        .collect();
    let note = "Chinese names that are, and are not, the same service; names only, the labelled pairs only.";
    Ok(List {
        name: "names".to_owned(),
        note: note.to_owned(),
        half,
        records,
        truth: Truth::Labelled(pairs),
        train,
    })
}
