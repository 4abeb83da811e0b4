//! A row as the file has it: fields with text, not yet judged.

use std::collections::BTreeMap;
use std::fmt;

use domain::Violation;
use serde::Serialize;

use super::{Defaults, Field};

/// Cells of one row by field; blank cells are not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The line on which the row begins, counted from 1.
    pub line: u64,
    cells: BTreeMap<Field, String>,
    /// Cells that hold something that is no text.
    faults: Vec<Fault>,
}

/// A cell that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field that it would hold.
    pub field: Field,
    /// Stable name of the rule.
    pub code: &'static str,
    /// The rule in words.
    pub detail: String,
}

impl Record {
    /// A row without cells.
    pub fn new(line: u64) -> Self {
        Self { line, ..Self::default() }
    }

    /// Sets a cell, unless it is blank.
    pub fn set(&mut self, field: Field, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            self.cells.insert(field, text.to_owned());
        }
    }

    /// Notes that a cell can't be read.
    pub fn fault(&mut self, field: Field, code: &'static str, detail: impl Into<String>) {
        self.faults.push(Fault { field, code, detail: detail.into() });
    }

    /// The cells that can't be read.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Refuses the row because of the first cell among these fields that can't be read.
    pub fn check(&self, fields: &[Field]) -> Result<(), Refusal> {
        match self.faults.iter().find(|fault| fields.contains(&fault.field)) {
            Some(Fault { field, code, detail }) => Err(Refusal::of_field(self.line, *field, code, detail)),
            None => Ok(()),
        }
    }

    /// The cell's text, else the field's default.
    pub fn get<'a>(&'a self, field: Field, defaults: &'a Defaults) -> Option<&'a str> {
        self.cells.get(&field).map(String::as_str).or_else(|| defaults.get(field))
    }
}

/// Code of the refusal that ends a file: the rest of it can't be read.
pub const UNREADABLE: &str = "unreadable";

/// Why a row was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The line on which the row begins, counted from 1; for OpenAPI the operation's number.
    pub line: u64,
    /// Everything that is wrong with it; at least one thing.
    pub errors: Vec<RowError>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        for (place, RowError { field, code, detail }) in self.errors.iter().enumerate() {
            let (between, of) = (if place == 0 { "" } else { "; " }, if field.is_some() { ": " } else { "" });
            write!(f, "{between}{}{of}{detail} [{code}]", field.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RowError {
    /// The field that is wrong; for the row as a whole, nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Stable name of the rule.
    pub code: String,
    /// The rule in words.
    pub detail: String,
}

impl Refusal {
    /// A refusal of the row as a whole.
    pub fn of_row(line: u64, code: &str, detail: impl Into<String>) -> Self {
        Self { line, errors: vec![RowError { field: None, code: code.to_owned(), detail: detail.into() }] }
    }

    /// A refusal because of one field.
    pub fn of_field(line: u64, field: Field, code: &str, detail: impl Into<String>) -> Self {
        let error = RowError { field: Some(field.to_string()), code: code.to_owned(), detail: detail.into() };
        Self { line, errors: vec![error] }
    }

    /// A refusal by the register, in the words of whoever reads the file.
    pub fn of_violations(line: u64, violations: Vec<Violation>) -> Self {
        let errors = violations.into_iter().map(|violation| RowError {
            field: Field::of_pointer(&violation.pointer)
                .map(|field| field.to_string())
                .or_else(|| Some(violation.pointer).filter(|pointer| !pointer.is_empty())),
            code: violation.code,
            detail: violation.detail,
        });
        Self { line, errors: errors.collect() }
    }

    /// The same refusal, with each field's column where that has another name: as `--map` says it.
    #[must_use]
    pub fn in_columns<'c>(mut self, column: impl Fn(Field) -> &'c str) -> Self {
        for error in &mut self.errors {
            let field = error.field.as_deref().and_then(|name| name.parse::<Field>().ok());
            if let Some(field) = field.filter(|field| column(*field) != field.as_str()) {
                error.field = Some(format!("{field}={}", column(field)));
            }
        }
        self
    }

    /// The same refusal, saying in which document.
    #[must_use]
    pub fn in_document(mut self, name: &str) -> Self {
        for error in &mut self.errors {
            error.detail = format!("{name}: {}", error.detail);
        }
        self
    }

    /// The names of the rules that it breaks.
    #[cfg(test)]
    pub fn codes(&self) -> Vec<&str> {
        self.errors.iter().map(|error| error.code.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registers_pointers_become_the_files_fields() {
        let violation = |pointer: &str| Violation {
            pointer: pointer.to_owned(),
            code: "c".to_owned(),
            detail: "d".to_owned(),
        };
        let pointers = [
            "/content/name/zh-CN",
            "/department/code/value",
            "/content/entryPoints/0/target",
            "/content/fees",
            "",
        ];
        let refusal = Refusal::of_violations(3, pointers.map(violation).to_vec());
        let fields: Vec<_> = refusal.errors.iter().map(|error| error.field.as_deref()).collect();
        assert_eq!(fields, [Some("name"), Some("departmentCode"), Some("link"), Some("/content/fees"), None]);
    }
}
