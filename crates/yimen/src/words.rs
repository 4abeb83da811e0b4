//! Words that a city or a department adds to those that are built in: the `*.tsv` files of a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use matching::Lexicon;

use crate::failure::Failure;
use crate::output;

/// Rows that a failure names; a list in another format is wrong in all of them.
const MOST_PROBLEMS: usize = 20;
/// Characters of one problem that are shown.
const MOST_SHOWN: usize = 300;

/// The built-in words, and those of a folder. Other files in it are left alone.
pub fn read(folder: &Path) -> Result<Arc<Lexicon>, Failure> {
    let unreadable =
        |path: &Path, error| Failure::because(format_args!("{} can't be read", path.display()), &error);
    let entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(folder, error))?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "tsv"));
    files.sort();
    if files.is_empty() {
        return Err(Failure::usage(format!(
            "{}: there is no word list; they are called {}",
            folder.display(),
            Lexicon::TABLES.join(", ")
        )));
    }
    let mut tables = Vec::new();
    for file in &files {
        let bytes = fs::read(file).map_err(|error| unreadable(file, error))?;
        tables.push((file.file_name().unwrap_or_default().to_string_lossy(), text(file, bytes)?));
    }
    Lexicon::extended_by(tables).map_err(|rows| {
        let mut told: Vec<String> = rows
            .iter()
            .take(MOST_PROBLEMS)
            .map(|row| output::shown(&format!("{}/{row}", folder.display()), MOST_SHOWN))
            .collect();
        if rows.len() > told.len() {
            told.push(format!("and {} more", rows.len() - told.len()));
        }
        Failure::usage(told.join("\n"))
    })
}

fn text(file: &Path, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = 1 + good.filter(|byte| **byte == b'\n').count();
        Failure::usage(format!("{}:{line}: not UTF-8", file.display()))
    })
}
