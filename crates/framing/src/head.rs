//! The head of a request, once it is whole: what kind of body follows it.

use crate::field::{Field, is_token};
use crate::host::is_authority;
use crate::{Limits, Refusal, target};

/// What matters of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) body: Body,
    /// Whether another protocol may follow in the place of further requests.
    pub(crate) asks_for_upgrade: bool,
}

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// After so many bytes; none if nothing was said.
    Length(u64),
    /// After the last chunk.
    Chunked,
}

/// Reads a head that ends in its empty line, and in which every LF follows a CR.
pub(crate) fn read(head: &[u8], limits: &Limits) -> Result<Head, Refusal> {
    let mut lines = lines(head);
    let is_http_11 = request_line(lines.next().unwrap_or_default(), limits)?;
    let mut fields = Fields::default();
    for (place, line) in lines.take_while(|line| !line.is_empty()).enumerate() {
        if place == limits.fields {
            return Err(Refusal::TooManyFields);
        }
        fields.take(&Field::read(line)?)?;
    }
    let has_upgrade = fields.upgrade;
    let body = fields.body(is_http_11)?;
    Ok(Head { body, asks_for_upgrade: has_upgrade && is_http_11 && body == Body::Length(0) })
}

/// Reads the fields after the last chunk, down to their empty line.
pub(crate) fn read_trailers(section: &[u8], limits: &Limits) -> Result<(), Refusal> {
    for (place, line) in lines(section).take_while(|line| !line.is_empty()).enumerate() {
        if place == limits.fields {
            return Err(Refusal::TooManyFields);
        }
        Field::read(line)?;
    }
    Ok(())
}

/// The lines without their CRLF.
fn lines(section: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = section;
    std::iter::from_fn(move || {
        let end = memchr::memchr(b'\n', rest)?;
        let (line, after) = rest.split_at(end + 1);
        rest = after;
        line.strip_suffix(b"\r\n")
    })
}

/// Whether the version is 1.1, not 1.0.
fn request_line(line: &[u8], limits: &Limits) -> Result<bool, Refusal> {
    let method_end = memchr::memchr(b' ', line).ok_or(Refusal::RequestLine)?;
    let (method, rest) = (&line[..method_end], &line[method_end + 1..]);
    let target_end = memchr::memchr(b' ', rest).ok_or(Refusal::RequestLine)?;
    let (target, version) = (&rest[..target_end], &rest[target_end + 1..]);
    if !is_token(method) || target.is_empty() {
        return Err(Refusal::RequestLine);
    }
    if target.len() > limits.target_bytes {
        return Err(Refusal::TargetTooLong);
    }
    let is_http_11 = match version {
        b"HTTP/1.1" => true,
        b"HTTP/1.0" => false,
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            return Err(Refusal::Version);
        }
        _ => return Err(Refusal::RequestLine),
    };
    target::check(method, target)?;
    Ok(is_http_11)
}

/// What the fields that matter here have said so far.
#[derive(Debug, Default)]
struct Fields {
    hosts: usize,
    length: Option<u64>,
    coding: Option<Coding>,
    upgrade: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Chunked,
    Unknown,
}

impl Fields {
    fn take(&mut self, field: &Field<'_>) -> Result<(), Refusal> {
        // By length first: nearly every field is none of these.
        match field.name.len() {
            4 if field.is("host") => self.take_host(field.value),
            7 if field.is("upgrade") => {
                self.upgrade = true;
                Ok(())
            }
            14 if field.is("content-length") => self.take_length(field.value),
            17 if field.is("transfer-encoding") => self.take_coding(field.value),
            14 if field.resembles("content-length") => Err(Refusal::Lookalike),
            17 if field.resembles("transfer-encoding") => Err(Refusal::Lookalike),
            _ => Ok(()),
        }
    }

    fn take_host(&mut self, value: &[u8]) -> Result<(), Refusal> {
        self.hosts += 1;
        if is_authority(value) { Ok(()) } else { Err(Refusal::Host) }
    }

    fn take_length(&mut self, value: &[u8]) -> Result<(), Refusal> {
        match self.length.replace(length(value)?) {
            Some(_) => Err(Refusal::LengthRepeated),
            None => Ok(()),
        }
    }

    fn take_coding(&mut self, value: &[u8]) -> Result<(), Refusal> {
        match self.coding.replace(coding(value)?) {
            Some(_) => Err(Refusal::Coding),
            None => Ok(()),
        }
    }

    fn body(self, is_http_11: bool) -> Result<Body, Refusal> {
        if self.hosts > 1 || (is_http_11 && self.hosts == 0) {
            return Err(Refusal::HostCount);
        }
        match (self.coding, self.length) {
            (None, length) => Ok(Body::Length(length.unwrap_or(0))),
            (Some(_), Some(_)) => Err(Refusal::LengthAndCoding),
            (Some(_), None) if !is_http_11 => Err(Refusal::CodingTooEarly),
            (Some(Coding::Unknown), None) => Err(Refusal::CodingUnknown),
            (Some(Coding::Chunked), None) => Ok(Body::Chunked),
        }
    }
}

/// `1*DIGIT` that 64 bits hold: no sign, no list, no other base.
fn length(value: &[u8]) -> Result<u64, Refusal> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::Length);
    }
    let digits = str::from_utf8(value).map_err(|_| Refusal::Length)?;
    digits.parse().map_err(|_| Refusal::Length)
}

/// `chunked`, alone or after other codings.
fn coding(value: &[u8]) -> Result<Coding, Refusal> {
    let is_chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");
    if is_chunked(value) {
        return Ok(Coding::Chunked);
    }
    let mut codings = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let last = codings.next_back().unwrap_or_default();
    let well_formed = is_chunked(last) && codings.all(|coding| is_token(coding) && !is_chunked(coding));
    if well_formed { Ok(Coding::Unknown) } else { Err(Refusal::Coding) }
}
