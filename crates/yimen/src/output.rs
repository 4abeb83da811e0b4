//! What commands say. Whoever reads may have seen enough before the end, as `head` does: that is no failure.

use std::io::{self, ErrorKind, Write};

use crate::failure::Failure;

/// Writes a line, or several, to standard output.
pub fn say(text: &str) -> Result<(), Failure> {
    write(&mut io::stdout().lock(), text)
}

/// Writes a line to standard error. If that is closed, nobody is left to be told.
pub fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Text of a file as a terminal may show it: the first `most` characters, and none that would steer the terminal.
pub fn shown(text: &str, most: usize) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut rest = text.chars();
    let mut shown: String =
        rest.by_ref().take(most).map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
    if rest.next().is_some() {
        shown.push('…');
    }
    shown
}

fn write(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(end.as_bytes()))
        .and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::because("standard output can't be written", &error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes nothing, for that reason.
    struct Closed(ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_leaves_is_the_end_and_a_full_disk_is_a_failure() {
        assert!(write(&mut Closed(ErrorKind::BrokenPipe), "text").is_ok());
        assert!(write(&mut Closed(ErrorKind::StorageFull), "text").is_err());
    }

    #[test]
    fn nothing_that_is_shown_steers_the_terminal() {
        assert_eq!(shown("甲\u{1b}[2J\u{202e}乙\n", 20), "甲\u{fffd}[2J\u{fffd}乙\u{fffd}");
        assert_eq!(shown("abc", 3), "abc");
        assert_eq!(shown("abcd", 3), "abc…");
    }

    #[test]
    fn every_text_ends_its_line_once() {
        let written = |text: &str| {
            let mut out = Vec::new();
            write(&mut out, text).expect("memory takes it");
            out
        };
        assert_eq!(written("a"), b"a\n");
        assert_eq!(written("a\n"), b"a\n");
    }
}
