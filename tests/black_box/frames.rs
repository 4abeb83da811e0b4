//! HTTP/2 frame by frame (RFC 9113), with header blocks that need no table (RFC 7541).

use tokio::io::{AsyncRead, AsyncReadExt};

/// What a client sends first.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const GOAWAY: u8 = 7;
/// The flags of a HEADERS frame that is a whole request.
pub(crate) const WHOLE: u8 = 0x05;
/// `:status: 404`, the 13th of the static table.
pub(crate) const NOT_FOUND: u8 = 0x8d;

/// A frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The header block of a GET.
pub(crate) fn get(path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    // `:method: GET` and `:scheme: http` are the 2nd and 6th of the static table, `:path` and `:authority` the names of the
    // 4th and the first.
    let mut block = vec![0x82, 0x86, 0x04];
    block.extend(text(path));
    block.push(0x01);
    block.extend(text("yimen.test"));
    for (name, value) in fields {
        block.push(0x00);
        block.extend(text(name));
        block.extend(text(value));
    }
    block
}

/// A string literal without Huffman's code: its length in seven bits and as many more as it takes.
fn text(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    match text.len().checked_sub(127) {
        None => bytes.extend(u8::try_from(text.len())),
        Some(mut rest) => {
            bytes.push(127);
            while rest >= 128 {
                bytes.extend(u8::try_from(rest % 128 + 128));
                rest /= 128;
            }
            bytes.extend(u8::try_from(rest));
        }
    }
    bytes.extend(text.as_bytes());
    bytes
}

/// The payload of the next frame of this kind.
pub(crate) async fn next(connection: &mut (impl AsyncRead + Unpin), kind: u8) -> Vec<u8> {
    loop {
        let mut head = [0; 9];
        connection.read_exact(&mut head).await.expect("a frame");
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        connection.read_exact(&mut payload).await.expect("the rest of it");
        if head[3] == kind {
            return payload;
        }
    }
}
