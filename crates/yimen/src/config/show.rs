//! The effective configuration as people read it: TOML, each setting with its source.

use std::fmt::Write;

use toml::{Table, Value};

use super::{Config, Layers};
use crate::failure::Failure;

/// Every setting with its source. Secrets are not among the settings: those name files.
pub fn effective(config: &Config, layers: &Layers) -> Result<String, Failure> {
    let table = Table::try_from(config)
        .map_err(|error| Failure::because("the configuration can't be shown", &error))?;
    let mut text = String::new();
    write_table(&mut text, "", &table, layers);
    Ok(text)
}

fn write_table(text: &mut String, path: &str, table: &Table, layers: &Layers) {
    let full = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    let mut headed = path.is_empty();
    for (key, value) in table {
        if matches!(value, Value::Table(_)) {
            continue;
        }
        if !headed {
            headed = true;
            // Writing to a String can't fail.
            let _ = writeln!(text, "\n[{path}]");
        }
        let _ = writeln!(text, "{key} = {value}  # {}", layers.source(&full(key)));
    }
    for (key, value) in table {
        if let Value::Table(inner) = value {
            write_table(text, &full(key), inner, layers);
        }
    }
}
