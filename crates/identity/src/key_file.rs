//! Secrets in files: read, or made once and readable by their owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tracing::warn;
use uuid::Uuid;

/// Why a secret can't be had from its file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file can't be read.
    #[error("{path} can't be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file can't be made.
    #[error("{path} can't be written")]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{path} doesn't hold {expected}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What should be in it.
        expected: &'static str,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Randomness,
}

/// The text of the file; warns when others than its owner may read it.
pub(crate) fn read(path: &Path) -> Result<String, KeyFileError> {
    let text = read_again(path)?;
    let metadata =
        fs::metadata(path).map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
    if is_open_to_others(&metadata) {
        warn!(path = %path.display(), "the secret's file can be read by others than its owner");
    }
    Ok(text)
}

/// The text of a file that was read before, without another warning.
pub(crate) fn read_again(path: &Path) -> Result<String, KeyFileError> {
    fs::read_to_string(path).map_err(|source| KeyFileError::Read { path: path.to_owned(), source })
}

/// The text of the file, which is made with `make` if it doesn't exist.
///
/// The file appears whole or not at all, and when two processes make it at once, both get the same.
pub(crate) fn read_or_create(
    path: &Path,
    make: impl FnOnce() -> Result<String, KeyFileError>,
) -> Result<String, KeyFileError> {
    match read(path) {
        Err(KeyFileError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    let text = make()?;
    match create(path, &text) {
        Ok(()) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(source) => Err(KeyFileError::Write { path: path.to_owned(), source }),
    }
}

/// Writes beside the path, then links: a link, unlike a rename, never replaces what somebody else has made.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let beside = beside(path);
    let outcome = write_private(&beside, text).and_then(|_| fs::hard_link(&beside, path));
    let removed = fs::remove_file(&beside);
    outcome.and(removed)
}

/// Replaces the file as a whole: whoever reads meanwhile gets the old text or the new one. Its owner and its mode stay,
/// and so does a link that leads to it.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), KeyFileError> {
    let put = |real: &Path, beside: &Path| {
        let (file, replaced) = (write_private(beside, text)?, fs::metadata(real)?);
        give_to_owner_of(&replaced, &file)?;
        file.set_permissions(replaced.permissions())?;
        fs::rename(beside, real)
    };
    let outcome = fs::canonicalize(path).and_then(|real| {
        let beside = beside(&real);
        // It may never have come to be; the first error is the one to tell.
        put(&real, &beside).inspect_err(|_| drop(fs::remove_file(&beside)))
    });
    outcome.map_err(|source| KeyFileError::Write { path: path.to_owned(), source })
}

/// Waits for the right to replace the file, which has to exist; it ends with the answer.
pub(crate) fn lock(path: &Path) -> Result<File, KeyFileError> {
    let real =
        fs::canonicalize(path).map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
    let mut name = real.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    // Never removed: whoever removes a lock file may remove the one that another has just locked.
    let open = || match private_options().create_new(true).write(true).open(&name) {
        Ok(file) => give_to_owner_of(&fs::metadata(&real)?, &file).map(|()| file),
        // It changes hands only when it is made: a link here may lead to anything.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).open(&name)
        }
        Err(error) => Err(error),
    };
    let locked = open().and_then(|file| file.lock().map(|()| file));
    locked.map_err(|source| KeyFileError::Write { path: name, source })
}

/// A name of its own in the same folder.
fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", Uuid::new_v4()));
    PathBuf::from(beside)
}

fn write_private(path: &Path, text: &str) -> io::Result<File> {
    let mut file: File = private_options().create_new(true).write(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(file)
}

/// Gives a file the owner and the group of another.
#[cfg(unix)]
fn give_to_owner_of(other: &fs::Metadata, file: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (other.uid(), other.gid()) {
        return Ok(());
    }
    fchown(file, Some(other.uid()), Some(other.gid()))
}

#[cfg(not(unix))]
fn give_to_owner_of(_: &fs::Metadata, _: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn private_options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
fn private_options() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(unix)]
fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_file_is_private_and_kept() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("secret");
        assert_eq!(read_or_create(&path, || Ok("one".to_owned())).expect("made"), "one");
        assert_eq!(read_or_create(&path, || Ok("two".to_owned())).expect("read"), "one");
        assert!(!is_open_to_others(&fs::metadata(&path).expect("it exists")));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_stays_where_a_link_leads_and_keeps_its_mode() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (real, link) = (folder.path().join("secret"), folder.path().join("link"));
        fs::write(&real, "one").expect("writable");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("it is ours");
        symlink(&real, &link).expect("a link");
        replace(&link, "two").expect("replaced");
        assert!(fs::symlink_metadata(&link).expect("it exists").is_symlink());
        assert_eq!(fs::read_to_string(&real).expect("readable"), "two");
        assert_eq!(fs::metadata(&real).expect("it exists").permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing is left beside it");
    }

    #[test]
    fn a_missing_folder_is_an_error_with_the_path() {
        let error =
            read_or_create(Path::new("/nonexistent/secret"), || Ok(String::new())).expect_err("no folder");
        assert!(matches!(error, KeyFileError::Write { .. }), "{error}");
    }
}
