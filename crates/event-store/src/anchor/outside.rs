//! A file outside the log that every anchor is added to: the witness of what was cut off the log's end.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file of signed anchors, one a line, that is only ever added to.
///
/// Kept where those who can write the log can't write, it tells when the log's end was removed with all that is in it.
#[derive(Debug, Clone)]
pub struct OutsideAnchors(PathBuf);

impl OutsideAnchors {
    /// The anchors in the file at `path`, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The statements in it, in order; none where there is no file. Does blocking IO.
    pub fn read(&self) -> io::Result<Vec<String>> {
        match std::fs::read_to_string(&self.0) {
            Ok(text) => Ok(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Adds statements, on the disk when this returns. Does blocking IO.
    pub(super) fn add(&self, statements: &[String]) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(&self.0)?;
        let mut last = [b'\n'];
        if file.metadata()?.len() > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        // In one write: a reader meets whole lines. A line that a crash tore is closed by the line break before ours.
        let mut lines = if last == *b"\n" { String::new() } else { "\n".to_owned() };
        for statement in statements {
            lines.push_str(statement);
            lines.push('\n');
        }
        file.write_all(lines.as_bytes())?;
        file.sync_all()?;
        sync_folder(&self.0)
    }
}

/// The file's name has to be on the disk, too.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_and_a_torn_line_harms_none_but_itself() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let outside = OutsideAnchors::new(folder.path().join("anchors"));
        assert_eq!(outside.read().expect("none is none"), Vec::<String>::new());
        outside.add(&["one".to_owned()]).expect("written");
        std::fs::write(outside.path(), "one\ntw").expect("written");
        outside.add(&["three".to_owned(), "four".to_owned()]).expect("written");
        assert_eq!(outside.read().expect("readable"), ["one", "tw", "three", "four"]);
    }
}
