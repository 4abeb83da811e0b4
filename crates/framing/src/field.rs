//! Field lines: `name ":" OWS value OWS` (RFC 9112, section 5).

use crate::Refusal;

/// One field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'b> {
    pub(crate) name: &'b [u8],
    /// Without blanks around it.
    pub(crate) value: &'b [u8],
}

impl<'b> Field<'b> {
    /// Reads a line, which comes without its CRLF.
    pub(crate) fn read(line: &'b [u8]) -> Result<Self, Refusal> {
        if matches!(line.first(), Some(b' ' | b'\t')) {
            return Err(Refusal::Folded);
        }
        let end = memchr::memchr(b':', line).ok_or(Refusal::FieldName)?;
        let (name, value) = (&line[..end], &line[end + 1..]);
        if !is_token(name) {
            return Err(Refusal::FieldName);
        }
        // Without an early end, so that it is done many bytes at a time.
        if value.iter().fold(false, |bad, byte| bad | is_control(*byte)) {
            return Err(if value.contains(&b'\r') { Refusal::LineEnd } else { Refusal::FieldValue });
        }
        Ok(Self { name, value: value.trim_ascii() })
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.len() == name.len() && self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether the name isn't `name`, but would be to a server that folds other characters to `-`, as CGI, WSGI and
    /// servlet containers do.
    pub(crate) fn resembles(&self, name: &str) -> bool {
        let folded = |byte: u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' };
        self.name.len() == name.len()
            && self.name.iter().zip(name.bytes()).all(|(ours, theirs)| folded(*ours) == theirs)
    }
}

/// `token` (RFC 9110, section 5.6.2).
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| TOKEN[usize::from(*byte)])
}

const fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') | (byte == 0x7f)
}

static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "it is below 256")]
        let character = byte as u8;
        table[byte] = character.is_ascii_alphanumeric()
            || matches!(
                character,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'.'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'|'
                    | b'~'
            );
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_what_is_wrong_with_them() {
        for (line, name, value) in [
            (&b"Host: a"[..], &b"Host"[..], &b"a"[..]),
            (b"x:", b"x", b""),
            (b"x:\t a b \t", b"x", b"a b"),
            (b"x: a:b", b"x", b"a:b"),
            (b"x: \xe4\xba\x8b", b"x", b"\xe4\xba\x8b"),
        ] {
            assert_eq!(Field::read(line), Ok(Field { name, value }));
        }
        for (line, refusal) in [
            (&b" x: a"[..], Refusal::Folded),
            (b"\tx: a", Refusal::Folded),
            (b"x", Refusal::FieldName),
            (b": a", Refusal::FieldName),
            (b"x : a", Refusal::FieldName),
            (b"x\t: a", Refusal::FieldName),
            (b"\xe4: a", Refusal::FieldName),
            (b"x\0: a", Refusal::FieldName),
            (b"x: a\0b", Refusal::FieldValue),
            (b"x: a\x7fb", Refusal::FieldValue),
            (b"x: a\rb", Refusal::LineEnd),
        ] {
            assert_eq!(Field::read(line), Err(refusal), "{line:?}");
        }
    }

    #[test]
    fn names_that_are_folded_elsewhere_are_known() {
        let of = |name: &'static str| Field { name: name.as_bytes(), value: b"" };
        for near in ["Content_Length", "content.length", "CONTENT~LENGTH", "content-length"] {
            assert!(of(near).resembles("content-length"), "{near}");
        }
        assert!(!of("contentxlength").resembles("content-length"));
        assert!(of("CONTENT-LENGTH").is("content-length") && !of("content_length").is("content-length"));
    }
}
