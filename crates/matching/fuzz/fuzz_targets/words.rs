//! Word lists of stewards: refused with lines, or taken; and what is taken reads every name, without changing it twice.

#![no_main]

use inputs::Text;
use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};
use matching::{Index, Lexicon, Profile, normalise_with};

/// Rows for one of the tables, in columns that are texts or words that tables know.
#[derive(Debug, Arbitrary)]
struct Table {
    table: u8,
    rows: Vec<Vec<Column>>,
}

#[derive(Debug, Arbitrary)]
enum Column {
    Text(Text),
    Known(u8),
}

const KNOWN: [&str; 16] = [
    "issue",
    "change",
    "transfer-in",
    "act",
    "direction",
    "object",
    "grade",
    "none",
    "begins",
    "ends",
    "prefix",
    "suffix",
    "note",
    "division",
    "county",
    "",
];

impl Column {
    fn as_str(&self) -> &str {
        match self {
            Self::Text(Text(text)) => text,
            Self::Known(word) => KNOWN[usize::from(*word) % KNOWN.len()],
        }
    }
}

fuzz_target!(|input: (Vec<Table>, Text)| {
    let (tables, Text(name)) = input;
    let tables = tables.iter().map(|table| {
        let file = Lexicon::TABLES.get(usize::from(table.table)).copied().unwrap_or("other.tsv");
        let rows = table.rows.iter().map(|row| row.iter().map(Column::as_str).collect::<Vec<_>>().join("\t"));
        (file, rows.collect::<Vec<_>>().join("\n"))
    });
    match Lexicon::extended_by(tables) {
        Ok(lexicon) => {
            let once = normalise_with(&lexicon, &name);
            assert_eq!(normalise_with(&lexicon, once.text()), once);
            assert!(once.acts().all(|act| act.id(&lexicon) != "unknown"));
            let mut index = Index::with_words(lexicon);
            let profile = Profile { department: Some(name.clone()), name, ..Profile::default() };
            index.insert(1, &profile);
            assert!(index.matches(&profile).iter().all(|(_, found)| found.probability.is_finite()));
        }
        Err(problems) => {
            assert!(!problems.is_empty() && problems.iter().all(|problem| !problem.problem.is_empty()))
        }
    }
});
