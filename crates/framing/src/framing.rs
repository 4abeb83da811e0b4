//! The requests of one connection, one after the other.

use crate::chunk::Chunk;
use crate::head::{self, Body, Head};
use crate::{Limits, Refusal};

/// Divides the bytes of a connection into requests.
#[derive(Debug, Clone)]
pub struct Framing {
    limits: Limits,
    place: Place,
    /// How many bytes of an unfinished head or trailer section have been looked at already.
    seen: usize,
    /// Where the last line begins of those that were looked at.
    line: usize,
    /// Whether the head that was taken last asks for another protocol.
    asks_for_upgrade: bool,
}

/// Where the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At a head, or at the one empty line before it that is forgiven.
    Between,
    /// At a head.
    Head,
    /// In a body, so many bytes before its end.
    Length(u64),
    Chunked(Chunk),
}

/// What was found in the bytes that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// So many of them may be passed on; they are not to be given again.
    pub passed: usize,
    /// What about the others.
    pub rest: Rest,
}

/// What is to be done with bytes that may not be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Give them again together with what follows them, if there are any.
    Unfinished,
    /// They are no request. Nothing that follows on the connection can be.
    NoRequest(Refusal),
    /// They don't go on with the body of the request whose head was passed on.
    NoBody(Refusal),
    /// The last request that passed has no body and asks for another protocol: what follows it is to be judged only once
    /// that has been declined (RFC 9110, section 7.8).
    Upgrade,
}

impl Framing {
    /// At the start of a connection.
    pub const fn new(limits: Limits) -> Self {
        Self { limits, place: Place::Between, seen: 0, line: 0, asks_for_upgrade: false }
    }

    /// Whether what was passed on ends within a body.
    pub const fn is_within_body(&self) -> bool {
        matches!(self.place, Place::Length(_) | Place::Chunked(_))
    }

    /// Judges what has come since the last byte that was passed on.
    ///
    /// A head is passed on whole or not at all; a body as it comes.
    pub fn judge(&mut self, bytes: &[u8]) -> Judgement {
        let mut passed = 0;
        loop {
            let rest = bytes.get(passed..).unwrap_or_default();
            if rest.is_empty() {
                return Judgement { passed, rest: Rest::Unfinished };
            }
            let within_body = self.is_within_body();
            match self.take(rest) {
                Ok(0) => return Judgement { passed, rest: Rest::Unfinished },
                Ok(taken) => {
                    passed += taken;
                    if std::mem::take(&mut self.asks_for_upgrade) {
                        return Judgement { passed, rest: Rest::Upgrade };
                    }
                }
                Err(refusal) if within_body => return Judgement { passed, rest: Rest::NoBody(refusal) },
                Err(refusal) => return Judgement { passed, rest: Rest::NoRequest(refusal) },
            }
        }
    }

    /// Takes what belongs together from the start of `bytes`, which aren't empty; 0 if there isn't enough.
    fn take(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        match self.place {
            Place::Between if bytes == b"\r" => Ok(0),
            Place::Between => {
                self.place = Place::Head;
                // RFC 9112, section 2.2: an empty line before the request is for old clients that end a body with one.
                Ok(if bytes.starts_with(b"\r\n") { 2 } else { self.take(bytes)? })
            }
            Place::Head => self.take_head(bytes),
            Place::Length(left) => {
                let taken = left.min(bytes.len() as u64);
                self.place = if taken == left { Place::Between } else { Place::Length(left - taken) };
                // It is no more than a length.
                Ok(usize::try_from(taken).unwrap_or(bytes.len()))
            }
            Place::Chunked(Chunk::Data(left)) => {
                let taken = left.min(bytes.len() as u64);
                self.place =
                    Place::Chunked(if taken == left { Chunk::DataCr } else { Chunk::Data(left - taken) });
                Ok(usize::try_from(taken).unwrap_or(bytes.len()))
            }
            Place::Chunked(Chunk::Trailers) => self.take_trailers(bytes),
            Place::Chunked(chunk) => {
                self.place = Place::Chunked(chunk.step(bytes.first().copied().unwrap_or_default())?);
                Ok(1)
            }
        }
    }

    fn take_head(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let Some(end) = self.find_end(bytes)? else {
            return Ok(0);
        };
        let head = bytes.get(..end).unwrap_or_default();
        let Head { body, asks_for_upgrade } = head::read(head, &self.limits)?;
        self.asks_for_upgrade = asks_for_upgrade;
        self.place = match body {
            Body::Length(0) => Place::Between,
            Body::Length(length) => Place::Length(length),
            Body::Chunked => Place::Chunked(Chunk::START),
        };
        Ok(end)
    }

    fn take_trailers(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let Some(end) = self.find_end(bytes)? else {
            return Ok(0);
        };
        head::read_trailers(bytes.get(..end).unwrap_or_default(), &self.limits)?;
        self.place = Place::Between;
        Ok(end)
    }

    /// The end of the section that begins with `bytes`: behind its first empty line.
    ///
    /// Each byte is looked at once, however slowly they come.
    fn find_end(&mut self, bytes: &[u8]) -> Result<Option<usize>, Refusal> {
        let allowed = bytes.get(..self.limits.head_bytes).unwrap_or(bytes);
        while let Some(found) = memchr::memchr(b'\n', allowed.get(self.seen..).unwrap_or_default()) {
            let feed = self.seen + found;
            let line = allowed.get(self.line..feed).unwrap_or_default();
            let Some(line) = line.strip_suffix(b"\r") else {
                return Err(Refusal::LineEnd);
            };
            (self.seen, self.line) = (feed + 1, feed + 1);
            if line.is_empty() {
                (self.seen, self.line) = (0, 0);
                return Ok(Some(feed + 1));
            }
        }
        self.seen = allowed.len();
        if allowed.len() < bytes.len() || allowed.len() == self.limits.head_bytes {
            let is_request_line = self.line == 0 && self.place == Place::Head;
            return Err(if is_request_line { Refusal::TargetTooLong } else { Refusal::HeadTooLarge });
        }
        Ok(None)
    }
}
