//! Which line a byte is on, and whether the file ends within quotes: what the CSV reader doesn't say.
//!
//! Its own count of lines is off where they end in CR LF or are blank, and the end of the file closes a quote for it.

use std::collections::VecDeque;
use std::io::{self, Read};

/// Reads through, and remembers where line breaks were that nobody has asked beyond yet.
#[derive(Debug)]
pub struct Lines<R> {
    inner: R,
    /// Bytes read so far.
    read: u64,
    /// Offsets of CR and LF, and whether it is LF.
    breaks: VecDeque<(u64, bool)>,
    /// LFs before all of `breaks`.
    passed: u64,
    place: Place,
}

/// Where in a row of RFC 4180 the last byte was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first byte of a cell.
    Start,
    /// In a cell that began without a quote, or after its quotes.
    Plain,
    /// Within quotes.
    Quoted,
    /// At a quote within quotes: it closes them, or is doubled by the next byte.
    Quote,
}

impl Place {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Start | Self::Quote, b'"') => Self::Quoted,
            (Self::Quoted, b'"') => Self::Quote,
            (Self::Quoted, _) => Self::Quoted,
            (Self::Start | Self::Plain | Self::Quote, b',' | b'\r' | b'\n') => Self::Start,
            (Self::Start | Self::Plain | Self::Quote, _) => Self::Plain,
        }
    }
}

impl<R> Lines<R> {
    /// Counts from the first byte of `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, read: 0, breaks: VecDeque::new(), passed: 0, place: Place::Start }
    }

    /// The line, from 1, of the first byte at `offset` or after it that is no line break. Offsets only go up.
    pub fn line_at(&mut self, offset: u64) -> u64 {
        let line = self.line_of(offset);
        let blank = self.breaks.iter().zip(offset..).take_while(|((at, _), due)| at == due);
        line + blank.filter(|((_, is_lf), _)| *is_lf).count() as u64
    }

    /// The line, from 1, of the byte at `offset`, be it a line break. Offsets only go up.
    pub fn line_of(&mut self, offset: u64) -> u64 {
        while let Some((_, is_lf)) = self.breaks.pop_front_if(|(at, _)| *at < offset) {
            self.passed += u64::from(is_lf);
        }
        1 + self.passed
    }

    /// Whether a row that ends at `offset` ends because the file does, within quotes.
    pub fn ends_in_quotes(&self, offset: u64) -> bool {
        self.place == Place::Quoted && offset == self.read
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        let breaks = (self.read..).zip(bytes).filter(|(_, byte)| matches!(byte, b'\r' | b'\n'));
        self.breaks.extend(breaks.map(|(at, byte)| (at, *byte == b'\n')));
        for (at, byte) in (self.read..).zip(bytes) {
            // A byte order mark is before the first cell, not in it.
            if !(at < 3 && "\u{feff}".as_bytes().contains(byte)) {
                self.place = self.place.after(*byte);
            }
        }
        self.read += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_of_any_kind_and_blank_lines_are_counted() {
        let text = b"a\r\nb\n\n\r\nc";
        let mut lines = Lines::new(&text[..]);
        io::copy(&mut lines, &mut io::sink()).expect("memory");
        assert_eq!([0, 2, 4, 9].map(|offset| lines.line_at(offset)), [1, 2, 5, 5]);
    }

    #[test]
    fn the_end_within_quotes_is_told_from_any_other() {
        let open = |text: &str| {
            let mut lines = Lines::new(text.as_bytes());
            let end = io::copy(&mut lines, &mut io::sink()).expect("memory");
            lines.ends_in_quotes(end)
        };
        for text in ["\"", "a,\"b\n", "a\r\n\"b\"\"", "\u{feff}\"a"] {
            assert!(open(text), "{text:?}");
        }
        for text in ["", "a\"", "\"a\"", "\"a\"\"\"\n", "\"a\"x\"", "\u{feff}\"a,\",b"] {
            assert!(!open(text), "{text:?}");
        }
    }
}
