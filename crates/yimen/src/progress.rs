//! Progress of long work, on a terminal only.

use indicatif::{ProgressBar, ProgressStyle};

const COUNTER: &str = "{spinner} {human_pos} {msg} {per_sec} {elapsed}";

/// Counts what nobody knows the number of. Hidden where standard error is no terminal.
pub fn counter(what: &'static str) -> ProgressBar {
    // A template that can't be read leaves the library's own.
    let style = ProgressStyle::with_template(COUNTER).unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::new_spinner().with_style(style).with_message(what)
}
