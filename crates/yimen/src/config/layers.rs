//! Settings from several places, laid over one another, each remembering where it came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// The prefix of environment variables that are settings.
pub const ENVIRONMENT_PREFIX: &str = "YIMEN_";
/// Names the file; not a setting itself.
const CONFIG_VARIABLE: &str = "YIMEN_CONFIG";

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A table of settings, and the source of each leaf by its dotted path.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// The settings.
    pub table: Table,
    sources: BTreeMap<String, Source>,
}

impl Layers {
    /// Lays the text of a TOML file over what is there.
    pub fn add_file(&mut self, path: &Path, text: &str) -> Result<(), String> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
            let place = line.map(|line| format!(", line {line}")).unwrap_or_default();
            format!("{}{place}: {}", path.display(), error.message())
        })?;
        let source = Source::File(path.to_owned());
        merge(&mut self.table, table, &mut String::new(), &source, &mut self.sources);
        Ok(())
    }

    /// Lays every variable that begins with [`ENVIRONMENT_PREFIX`] over what is there.
    pub fn add_environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        // In order of their names, so that the outcome doesn't depend on the shell.
        let ours: BTreeMap<_, _> = variables
            .filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX) && name != CONFIG_VARIABLE)
            .collect();
        for (name, value) in ours {
            let key = name[ENVIRONMENT_PREFIX.len()..].to_ascii_lowercase();
            let path: Vec<&str> = key.split("__").collect();
            self.set(&path, loose_value(&value), Source::Environment(name.clone()));
        }
    }

    /// Lays one flag's value over what is there.
    pub fn add_flag(&mut self, flag: &str, path: &str, value: Value) {
        let path: Vec<&str> = path.split('.').collect();
        self.set(&path, value, Source::Flag(flag.to_owned()));
    }

    /// Where the setting at that dotted path comes from: its own source, else that of one of its parts, else that
    /// of what it is a part of.
    pub fn source(&self, path: &str) -> Source {
        let inside = format!("{path}.");
        if let Some((_, source)) =
            self.sources.range(inside.clone()..).next().filter(|(at, _)| at.starts_with(&inside))
        {
            return source.clone();
        }
        let mut path = path;
        loop {
            if let Some(source) = self.sources.get(path) {
                return source.clone();
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return Source::Default,
            }
        }
    }

    fn set(&mut self, path: &[&str], value: Value, source: Source) {
        let nested = path
            .iter()
            .rev()
            .fold(value, |inner, key| Value::Table(Table::from_iter([((*key).to_owned(), inner)])));
        if let Value::Table(table) = nested {
            merge(&mut self.table, table, &mut String::new(), &source, &mut self.sources);
        }
    }
}

/// Tables are merged; everything else, arrays included, is replaced.
fn merge(
    under: &mut Table,
    over: Table,
    path: &mut String,
    source: &Source,
    sources: &mut BTreeMap<String, Source>,
) {
    for (key, value) in over {
        let length = path.len();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&key);
        match (under.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(value)) => merge(inner, value, path, source, sources),
            (_, Value::Table(value)) => {
                let mut inner = Table::new();
                merge(&mut inner, value, path, source, sources);
                under.insert(key, Value::Table(inner));
            }
            (_, value) => {
                sources.insert(path.clone(), source.clone());
                under.insert(key, value);
            }
        }
        path.truncate(length);
    }
}

/// A value outside of a TOML file: what reads as a TOML value that is no date is one, all else is text.
pub fn loose_value(text: &str) -> Value {
    match format!("v = {text}").parse::<Table>() {
        Ok(mut table) if table.len() == 1 => match table.remove("v") {
            Some(Value::Datetime(_)) | None => Value::String(text.to_owned()),
            Some(value) => value,
        },
        Ok(_) | Err(_) => Value::String(text.to_owned()),
    }
}
