//! Which line a byte is on. The CSV reader's own count is off where lines end in CR LF or are blank.

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
}

impl<R> Lines<R> {
    /// Counts from the first byte of `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, read: 0, breaks: VecDeque::new(), passed: 0 }
    }

    /// The line, from 1, of the first byte at `offset` or after it that is no line break. Offsets only go up.
    pub fn line_at(&mut self, offset: u64) -> u64 {
        while let Some((_, is_lf)) = self.breaks.pop_front_if(|(at, _)| *at < offset) {
            self.passed += u64::from(is_lf);
        }
        let blank = self.breaks.iter().zip(offset..).take_while(|((at, _), due)| at == due);
        1 + self.passed + blank.filter(|((_, is_lf), _)| *is_lf).count() as u64
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        let breaks = (self.read..).zip(bytes).filter(|(_, byte)| matches!(byte, b'\r' | b'\n'));
        self.breaks.extend(breaks.map(|(at, byte)| (at, *byte == b'\n')));
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
}
