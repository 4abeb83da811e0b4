//! Whatever passes is divided by another parser, hyper's own, as the framing divided it; and where the bytes were cut on
//! their way changes nothing.

#![no_main]

#[path = "../../tests/corpus/pieces.rs"]
mod pieces;

use arbitrary::{Arbitrary, Result, Unstructured};
use httparse::{EMPTY_HEADER, Request, Status};
use libfuzzer_sys::fuzz_target;

use pieces::outcome;

/// What requests are made of, so that a run gets beyond the first line.
const PIECES: [&[u8]; 32] = [
    b"GET / HTTP/1.1\r\n",
    b"POST /a?b HTTP/1.1\r\n",
    b"PUT http://a/ HTTP/1.0\r\n",
    b"OPTIONS * HTTP/1.1\r\n",
    b"Host: a\r\n",
    b"host:b:80\r\n",
    b"Content-Length: 5\r\n",
    b"content-length:0\r\n",
    b"Content-Length: 5, 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding:chunked\t\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Content_Length: 5\r\n",
    b"X: y\r\n",
    b" folded\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"5\r\nhello\r\n",
    b"0\r\n",
    b"0\r\n\r\n",
    b"A;x=\"y\"\r\n",
    b"hello",
    b"ffffffffffffffff\r\n",
    b" ",
    b"\t",
    b":",
    b"\0",
    b";",
    b"HTTP/1.1",
    b"0",
];

#[derive(Debug)]
struct Connection {
    sent: Vec<u8>,
    sizes: Vec<u8>,
}

impl<'a> Arbitrary<'a> for Connection {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let sizes = Vec::arbitrary(u)?;
        let mut sent = Vec::new();
        while !u.is_empty() {
            if u.ratio(1_u8, 8)? {
                sent.push(u8::arbitrary(u)?);
            } else {
                sent.extend_from_slice(u.choose(&PIECES)?);
            }
        }
        Ok(Self { sent, sizes })
    }
}

fuzz_target!(|connection: Connection| {
    let Connection { sent, sizes } = connection;
    let (passed, rest) = outcome(&sent, std::iter::once(sent.len()));
    let sizes = sizes.iter().map(|size| usize::from(*size).max(1)).chain(std::iter::repeat(7));
    assert_eq!(outcome(&sent, sizes), (passed, rest));
    divide(&sent[..passed]);
});

/// Reads requests until the bytes end, and fails where one is none.
fn divide(mut bytes: &[u8]) {
    while let Some(after) = skip_head(bytes) {
        bytes = after;
    }
}

/// What follows the first request; none if it isn't there to its end.
fn skip_head(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.is_empty() || bytes == b"\r\n" {
        return None;
    }
    let mut headers = [EMPTY_HEADER; 128];
    let mut request = Request::new(&mut headers);
    let Ok(Status::Complete(end)) = request.parse(bytes) else { panic!("a whole head: {bytes:?}") };
    let named = |name: &str| {
        request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name)).collect::<Vec<_>>()
    };
    let (lengths, codings) = (named("content-length"), named("transfer-encoding"));
    assert!(lengths.len() + codings.len() <= 1);
    let body = &bytes[end..];
    if codings.is_empty() {
        let length = lengths.first().map_or(0, |header| {
            std::str::from_utf8(header.value).expect("digits").parse::<usize>().expect("a number")
        });
        return body.get(length..);
    }
    skip_chunks(body)
}

fn skip_chunks(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let line = bytes.windows(2).position(|two| two == b"\r\n")? + 2;
        let Ok(Status::Complete((end, size))) = httparse::parse_chunk_size(bytes) else {
            panic!("a size: {bytes:?}")
        };
        assert_eq!(end, line);
        bytes = &bytes[end..];
        if size == 0 {
            break;
        }
        let size = usize::try_from(size).expect("64 bits");
        let end = bytes.get(size..size.checked_add(2)?)?;
        assert_eq!(end, b"\r\n");
        bytes = &bytes[size + 2..];
    }
    if bytes.is_empty() {
        return None;
    }
    let mut headers = [EMPTY_HEADER; 128];
    let Ok(Status::Complete((end, _))) = httparse::parse_headers(bytes, &mut headers) else {
        panic!("whole trailers: {bytes:?}")
    };
    Some(&bytes[end..])
}
