//! A catalogue of many items: the sample's services, or a real list's names, multiplied over the divisions of the country.

use std::path::Path;
use std::process::Command;

use domain::Division;
use serde_json::Value;

use super::demo::binary;

/// The columns of a service, by the names that `yimen import` knows.
const COLUMNS: [&str; 7] = ["name", "basicCode", "kind", "audience", "summary", "keywords", "legalBasis"];

/// The services that are multiplied.
#[derive(Debug)]
pub(super) struct Services {
    rows: Vec<[String; COLUMNS.len()]>,
    /// Where they come from, for the report.
    pub(super) source: String,
}

impl Services {
    /// The names of that list, or the sample's services with all that they say.
    pub(super) fn read(real: Option<&Path>) -> Result<Self, String> {
        match real {
            Some(csv) => Ok(Self { rows: names_of(csv)?, source: csv.display().to_string() }),
            None => Ok(Self { rows: sample()?, source: "the sample's services".to_owned() }),
        }
    }

    /// What is multiplied, in words.
    pub(super) fn said(&self) -> String {
        format!("{} of {} multiplied over divisions", self.rows.len(), self.source)
    }

    /// Imports `items` items into a data directory: each service once in a division before it comes again in the next.
    pub(super) fn import(&self, items: usize, folder: &Path) -> Result<(), String> {
        let csv = folder.join("items.csv");
        self.write(&csv, items).map_err(|error| format!("{}: {error}", csv.display()))?;
        let status = Command::new(binary())
            .args(["import", "--format", "csv", "--data-dir"])
            .arg(folder.join("data"))
            .arg(&csv)
            .stdout(std::process::Stdio::null())
            .status()
            .map_err(|error| format!("yimen import: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("yimen import ended with {status}")) }
    }

    fn write(&self, csv: &Path, items: usize) -> Result<(), csv::Error> {
        let mut out = csv::Writer::from_path(csv)?;
        out.write_record(["department", "region", "id"].into_iter().chain(COLUMNS))?;
        let divisions = (110_101_u32..)
            .filter_map(|number| number.to_string().parse::<Division>().ok())
            .filter(|division| division.name().is_some() && division.depth() == 3);
        let offered =
            divisions.flat_map(|division| (0..).zip(&self.rows).map(move |row| (division.clone(), row)));
        for (division, (number, row)) in offered.take(items) {
            let number: u32 = number;
            let department = format!("{}{division}政务服务局", division.name().unwrap_or_default());
            let own = [department, division.to_string(), number.to_string()];
            out.write_record(own.iter().chain(row))?;
        }
        out.flush()?;
        Ok(())
    }
}

/// The column `name` of a CSV with a header, each with a code of its own.
fn names_of(path: &Path) -> Result<Vec<[String; COLUMNS.len()]>, String> {
    let named = |error: csv::Error| format!("{}: {error}", path.display());
    let mut list = csv::Reader::from_path(path).map_err(named)?;
    let header = list.headers().map_err(named)?.clone();
    let is_name = |column: &str| column.trim_start_matches('\u{feff}') == "name";
    let column = header.iter().position(is_name).ok_or("the CSV has no column `name`")?;
    let mut rows = Vec::new();
    for row in list.records() {
        let row = row.map_err(named)?;
        if let Some(name) = row.get(column).filter(|name| !name.is_empty()) {
            let mut cells = <[String; COLUMNS.len()]>::default();
            cells[0] = name.to_owned();
            cells[1] = format!("{:012}", rows.len());
            rows.push(cells);
        }
    }
    if rows.is_empty() { Err("the CSV has no names".to_owned()) } else { Ok(rows) }
}

fn sample() -> Result<Vec<[String; COLUMNS.len()]>, String> {
    let path = crate::cargo::root().join("crates/yimen/sample/hangzhou.json");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let sample: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let services = sample["services"].as_array().ok_or("the sample has services")?;
    Ok(services.iter().map(|service| COLUMNS.map(|column| cell(&service[column]))).collect())
}

/// A value as a cell: of a text, its Chinese version; of a list, its elements.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(cell).collect::<Vec<_>>().join(";"),
        Value::Object(versions) => versions.get("zh-CN").map(cell).unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}
