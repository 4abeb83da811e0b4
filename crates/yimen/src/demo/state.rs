//! What a demo keeps in its data directory besides the log, so that it starts again at the same addresses.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Ports of the last start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Port of the identity provider.
    pub provider: u16,
    /// Port of each department's backend, by the department's short name.
    pub backends: BTreeMap<String, u16>,
}

impl State {
    /// What the last start left behind; `None` if there was none.
    pub fn read(data_dir: &Path) -> Result<Option<Self>, Failure> {
        let path = file(data_dir);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| Failure::because(format_args!("{} is damaged", path.display()), &error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::because(format_args!("{} can't be read", path.display()), &error)),
        }
    }

    /// Leaves it for the next start.
    pub fn write(&self, data_dir: &Path) -> Result<(), Failure> {
        write_whole(&file(data_dir), self)
    }

    /// The issuer of the demo's tokens.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.provider)
    }
}

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("demo.json")
}

/// The file of the development issuer's key.
pub fn issuer_key(data_dir: &Path) -> PathBuf {
    data_dir.join("development-issuer.pem")
}

/// Writes JSON, as [`write_text`] does.
pub fn write_whole<T: Serialize>(path: &Path, value: &T) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::because(format_args!("{} can't be written", path.display()), &error))?;
    write_text(path, &text)
}

/// Writes beside `path` and renames: whoever watches the path sees nothing, or all of it. For its owner alone.
pub fn write_text(path: &Path, text: &str) -> Result<(), Failure> {
    let failed =
        |error: io::Error| Failure::because(format_args!("{} can't be written", path.display()), &error);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made readable by its owner alone: the ready file holds tokens.
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    io::Write::write_all(&mut beside, text.as_bytes()).map_err(failed)?;
    beside.as_file().sync_all().map_err(failed)?;
    beside.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_found_again_and_nothing_else_lies_about() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(State::read(folder.path()).expect("nothing there"), None);
        let state = State { provider: 7, backends: BTreeMap::from([("a".to_owned(), 8)]) };
        state.write(folder.path()).expect("written");
        assert_eq!(State::read(folder.path()).expect("readable"), Some(state));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        fs::write(file(folder.path()), "{").expect("written");
        assert!(State::read(folder.path()).is_err());
    }
}
