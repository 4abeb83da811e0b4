//! Rows of a CSV file, by column name.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use csv::StringRecord;

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    columns: Arc<HashMap<String, usize>>,
    cells: StringRecord,
}

impl Row {
    /// The cell under a column, trimmed; empty where there is none.
    pub(crate) fn get(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|at| self.cells.get(*at)).unwrap_or_default().trim()
    }

    /// The cell at a place from the end: 1 is the last one.
    pub(super) fn nth_last(&self, place: usize) -> &str {
        self.cells.len().checked_sub(place).and_then(|at| self.cells.get(at)).unwrap_or_default()
    }

    /// How many cells it has.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The cells from one place up to another, joined as they were written.
    pub(super) fn joined(&self, from: usize, to: usize) -> String {
        self.cells.iter().take(to).skip(from).collect::<Vec<_>>().join(",")
    }
}

/// Every row of a CSV with a header; rows may be longer than it.
pub(crate) fn read(path: &Path) -> Result<Vec<Row>, String> {
    let at = |error: csv::Error| format!("{}: {error}", path.display());
    if !path.exists() {
        return Err(format!("{} is not here; say with --data where the lists are", path.display()));
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(at)?;
    let columns = reader.headers().map_err(at)?.iter().enumerate();
    let columns: HashMap<String, usize> =
        columns.map(|(place, name)| (name.trim_start_matches('\u{feff}').to_owned(), place)).collect();
    let columns = Arc::new(columns);
    let row = |cells: Result<StringRecord, csv::Error>| {
        Ok(Row { columns: Arc::clone(&columns), cells: cells.map_err(at)? })
    };
    reader.records().map(row).collect()
}
