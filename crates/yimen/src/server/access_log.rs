//! The access log's lines on their way to standard error: gathered for a moment, so that no call waits for the system.

use std::io::{self, Write, stderr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway::ACCESS_LOG;
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::failure::Failure;

/// How long lines are gathered.
const PAUSE: Duration = Duration::from_millis(20);
/// The most that is held for a reader of standard error that doesn't keep up, in bytes; what comes then is lost.
const MOST: usize = 8 * 1024 * 1024;

/// Where log lines go: those of calls are gathered, the others are written at once.
#[derive(Debug, Clone)]
pub struct LogWriter(Arc<Gathered>);

/// Writes what was gathered when it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Remainder(Arc<Gathered>);

/// One line on its way.
#[derive(Debug)]
pub enum Line<'a> {
    /// It is written with others.
    Gathered(&'a Gathered),
    /// It is written now.
    Now(io::Stderr),
}

/// Lines that wait to be written.
#[derive(Debug, Default)]
pub struct Gathered {
    held: Mutex<Held>,
    more: Condvar,
    /// Held by whoever writes, so that lines stay in order.
    writing: Mutex<Vec<u8>>,
}

#[derive(Debug, Default)]
struct Held {
    lines: Vec<u8>,
    lost: u64,
}

impl LogWriter {
    /// Starts the thread that writes; it lives as long as the process.
    pub fn start() -> Result<(Self, Remainder), Failure> {
        let gathered = Arc::new(Gathered::default());
        let writer = Arc::clone(&gathered);
        std::thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || {
                loop {
                    writer.wait();
                    std::thread::sleep(PAUSE);
                    writer.write_to(&mut stderr());
                }
            })
            .map_err(|error| Failure::because("the access log can't be started", &error))?;
        Ok((Self(Arc::clone(&gathered)), Remainder(gathered)))
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line::Now(stderr())
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line<'a> {
        if metadata.target() == ACCESS_LOG { Line::Gathered(&self.0) } else { Line::Now(stderr()) }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Gathered(gathered) => {
                gathered.hold(bytes);
                Ok(bytes.len())
            }
            Self::Now(stderr) => stderr.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Gathered(_) => Ok(()),
            Self::Now(stderr) => stderr.flush(),
        }
    }
}

impl Gathered {
    fn hold(&self, line: &[u8]) {
        let mut held = lock(&self.held);
        if held.lines.len() + line.len() > MOST {
            held.lost += 1;
            return;
        }
        let is_first = held.lines.is_empty();
        held.lines.extend_from_slice(line);
        drop(held);
        if is_first {
            self.more.notify_one();
        }
    }

    /// Until there is something to write.
    fn wait(&self) {
        let mut held = lock(&self.held);
        while held.lines.is_empty() {
            held = self.more.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn write_to(&self, out: &mut impl Write) {
        let mut writing = lock(&self.writing);
        let lost = {
            let mut held = lock(&self.held);
            std::mem::swap(&mut held.lines, &mut *writing);
            std::mem::take(&mut held.lost)
        };
        // Whoever closed standard error doesn't want to hear of it.
        let _ = out.write_all(&writing);
        writing.clear();
        drop(writing);
        if lost > 0 {
            metrics::counter!("yimen_access_log_lines_lost_total").increment(lost);
            tracing::warn!(lost, "standard error isn't read fast enough: lines of the access log were lost");
        }
    }
}

impl Drop for Remainder {
    fn drop(&mut self) {
        self.0.write_to(&mut stderr());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Bytes are whole lines at any time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Describes the metric to the recorder that is installed.
pub fn describe_metrics() {
    metrics::describe_counter!(
        "yimen_access_log_lines_lost_total",
        "Lines of the access log that were lost because standard error was not read fast enough"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_whole_in_order_and_only_once() {
        let gathered = Gathered::default();
        gathered.hold(b"one\n");
        gathered.hold(b"two\n");
        gathered.wait();
        let mut out = Vec::new();
        gathered.write_to(&mut out);
        gathered.hold(b"three\n");
        gathered.write_to(&mut out);
        gathered.write_to(&mut out);
        assert_eq!(out, b"one\ntwo\nthree\n");
    }

    #[test]
    fn what_nobody_reads_is_bounded_and_counted() {
        let gathered = Gathered::default();
        let line = vec![b'x'; MOST / 2];
        for _ in 0..3 {
            gathered.hold(&line);
        }
        assert_eq!(lock(&gathered.held).lost, 1);
        assert_eq!(lock(&gathered.held).lines.len(), MOST);
        let mut out = Vec::new();
        gathered.write_to(&mut out);
        gathered.hold(b"again\n");
        assert_eq!((out.len(), lock(&gathered.held).lost), (MOST, 0));
    }
}
