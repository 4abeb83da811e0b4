//! Where results go: standard output, or a file that appears when it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::MatchArgs;
use crate::failure::Failure;

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 256 * 1024;

/// Where one kind of result goes.
#[derive(Debug)]
pub struct Destination {
    path: PathBuf,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Stdout(BufWriter<io::Stdout>),
    /// What is there is no file that could be replaced: a pipe, a terminal.
    Device(BufWriter<File>),
    /// A file beside the one that it becomes.
    Growing {
        file: BufWriter<NamedTempFile>,
        becomes: PathBuf,
    },
}

/// Where the results of a command go.
#[derive(Debug)]
pub struct Destinations {
    /// The pairs.
    pub pairs: Option<Destination>,
    /// The clusters.
    pub clusters: Option<Destination>,
}

impl Destinations {
    /// Opens what the command line names; nothing may be written over another, or over the list itself.
    pub fn open(args: &MatchArgs) -> Result<Self, Failure> {
        let outs = [("--pairs", &args.pairs), ("--clusters", &args.clusters)];
        let paths = outs.map(|(flag, out)| (flag, out.as_deref().map(place)));
        if let [(_, Some(pairs)), (_, Some(clusters))] = &paths
            && pairs == clusters
        {
            return Err(Failure::usage("--pairs and --clusters need a place each"));
        }
        let list = place(&args.file);
        for (flag, out) in &paths {
            if out.as_ref().is_some_and(|out| *out == list && out.is_file()) {
                return Err(Failure::usage(format!("{flag} would write over {}", args.file.display())));
            }
        }
        let open = |out: &Option<PathBuf>| out.as_deref().map(Destination::open).transpose();
        Ok(Self { pairs: open(&args.pairs)?, clusters: open(&args.clusters)? })
    }

    /// Whether one of them takes standard output.
    pub fn take_stdout(&self) -> bool {
        [&self.pairs, &self.clusters].into_iter().flatten().any(|out| matches!(out.sink, Sink::Stdout(_)))
    }

    /// Lets the files appear.
    pub fn appear(self) -> Result<(), Failure> {
        [self.pairs, self.clusters].into_iter().flatten().try_for_each(Destination::appear)
    }
}

/// A path in one spelling, as far as there is something.
fn place(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::canonicalize(path)
        .or_else(|_| Ok::<_, io::Error>(fs::canonicalize(folder)?.join(path.file_name().unwrap_or_default())))
        .unwrap_or_else(|_| path.to_owned())
}

impl Destination {
    fn open(path: &Path) -> Result<Self, Failure> {
        let buffered = |file| BufWriter::with_capacity(BUFFER_BYTES, file);
        let sink = if path == Path::new("-") {
            Ok(Sink::Stdout(BufWriter::with_capacity(BUFFER_BYTES, io::stdout())))
        } else if path.is_dir() {
            return Err(Failure::usage(format!("{} is a folder: name a file in it", path.display())));
        } else if path.exists() && !path.is_file() {
            File::options().write(true).open(path).map(|file| Sink::Device(buffered(file)))
        } else {
            let becomes = place(path);
            let folder = becomes.parent().unwrap_or(Path::new("."));
            beside(folder).map(|file| Sink::Growing {
                file: BufWriter::with_capacity(BUFFER_BYTES, file),
                becomes: becomes.clone(),
            })
        };
        match sink {
            Ok(sink) => Ok(Self { path: path.to_owned(), sink }),
            Err(error) => Err(Failure::because(format_args!("{} can't be written", path.display()), &error)),
        }
    }

    /// Writes all of it. A reader of standard output that has seen enough is the end, and no failure.
    pub fn fill(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let out: &mut dyn Write = match &mut self.sink {
            Sink::Stdout(out) => out,
            Sink::Device(out) => out,
            Sink::Growing { file, .. } => file,
        };
        match write(out).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::because(format_args!("{} can't be written", self.path.display()), &error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn appear(self) -> Result<(), Failure> {
        let Sink::Growing { file, becomes } = self.sink else { return Ok(()) };
        let renamed = file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| {
            file.as_file().sync_all()?;
            file.persist(&becomes).map_err(|error| error.error)
        });
        renamed.map(drop).map_err(|error| {
            Failure::because(format_args!("{} can't be written", self.path.display()), &error)
        })
    }
}

/// A new file under a name of its own, removed unless it is given another.
fn beside(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".yimen-match-").suffix(".partial");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: what the umask leaves.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
