//! The lines between the pieces of a chunked body (RFC 9112, section 7.1), byte by byte.

use crate::Refusal;

/// The longest line of a chunk's size and extensions, in bytes. Nobody needs extensions; a megabyte of them between two
/// bytes of body is an attack (CVE-2023-39326).
const LINE_BYTES: u16 = 256;

/// Where in a chunked body the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chunk {
    /// In the line that gives the size.
    Size { size: u64, digits: u8, part: Part, line: u16 },
    /// Before the LF of that line.
    SizeEnd { size: u64 },
    /// In the data, so many bytes before its end.
    Data(u64),
    /// Before the CR after the data.
    DataCr,
    /// Before the LF after the data.
    DataLf,
    /// After the last chunk.
    Trailers,
}

/// A part of the line that gives the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The digits.
    Digits,
    /// Blanks after them: an extension has to follow.
    Blanks,
    /// Extensions.
    Extension,
}

impl Chunk {
    /// Before the first chunk, or the next.
    pub(crate) const START: Self = Self::Size { size: 0, digits: 0, part: Part::Digits, line: 0 };

    /// What follows on this byte; not for [`Data`](Self::Data) and [`Trailers`](Self::Trailers).
    pub(crate) fn step(self, byte: u8) -> Result<Self, Refusal> {
        match (self, byte) {
            (Self::Size { line: LINE_BYTES, .. }, _) => Err(Refusal::Chunk),
            (Self::Size { size, digits, part: Part::Digits, line }, byte) if byte.is_ascii_hexdigit() => {
                let digit = char::from(byte).to_digit(16).map_or(0, u64::from);
                // Sixteen digits are what 64 bits hold.
                if digits == 16 {
                    return Err(Refusal::Chunk);
                }
                Ok(Self::Size {
                    size: size << 4 | digit,
                    digits: digits + 1,
                    part: Part::Digits,
                    line: line + 1,
                })
            }
            (Self::Size { digits: 0, .. }, _) => Err(Refusal::Chunk),
            (Self::Size { size, part: Part::Digits | Part::Extension, .. }, b'\r') => {
                Ok(Self::SizeEnd { size })
            }
            (Self::Size { size, digits, part: Part::Digits | Part::Blanks, line }, b' ' | b'\t') => {
                Ok(Self::Size { size, digits, part: Part::Blanks, line: line + 1 })
            }
            (Self::Size { size, digits, part: Part::Digits | Part::Blanks, line }, b';') => {
                Ok(Self::Size { size, digits, part: Part::Extension, line: line + 1 })
            }
            (Self::Size { size, digits, part: Part::Extension, line }, b'\t' | b' '..=b'~') => {
                Ok(Self::Size { size, digits, part: Part::Extension, line: line + 1 })
            }
            (Self::SizeEnd { size: 0 }, b'\n') => Ok(Self::Trailers),
            (Self::SizeEnd { size }, b'\n') => Ok(Self::Data(size)),
            (Self::DataCr, b'\r') => Ok(Self::DataLf),
            (Self::DataLf, b'\n') => Ok(Self::START),
            (
                Self::Size { .. }
                | Self::SizeEnd { .. }
                | Self::DataCr
                | Self::DataLf
                | Self::Data(_)
                | Self::Trailers,
                _,
            ) => Err(Refusal::Chunk),
        }
    }
}
