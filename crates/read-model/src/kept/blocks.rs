//! Blocks of bytes in a file, each with its length and a digest of its content and place.

use std::io::{BufRead, ErrorKind, Read as _, Write};

use event_store::Digest;

use super::Unusable;

/// Longer than any block that is written: a longer one is damage, and not memory to be taken.
const LONGEST: u32 = 64 * 1024 * 1024;
const DIGEST_BYTES: usize = 64;

/// A block as it was read, not yet checked.
pub(super) struct Block {
    pub(super) place: u64,
    digest: [u8; DIGEST_BYTES],
    content: Vec<u8>,
}

impl Block {
    /// The content, if it is what was written there.
    pub(super) fn content(&self) -> Result<&[u8], Unusable> {
        let written = std::str::from_utf8(&self.digest).ok().and_then(|digest| digest.parse::<Digest>().ok());
        if written == Some(digest(self.place, &self.content)) {
            Ok(&self.content)
        } else {
            Err(Unusable::Damaged(self.place))
        }
    }
}

fn digest(place: u64, content: &[u8]) -> Digest {
    Digest::of_fields(&[&place.to_be_bytes(), content])
}

/// Writes one block; `place` counts from 0.
pub(super) fn write(out: &mut impl Write, place: u64, content: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(content.len()).ok().filter(|length| *length <= LONGEST);
    let length = length.ok_or_else(|| std::io::Error::new(ErrorKind::FileTooLarge, "a block is too long"))?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(digest(place, content).to_string().as_bytes())?;
    out.write_all(content)
}

/// The next block, which has to be the one of this place; none at the end.
pub(super) fn read(from: &mut impl BufRead, place: u64) -> Result<Option<Block>, Unusable> {
    if from.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let short = |error: std::io::Error| {
        if error.kind() == ErrorKind::UnexpectedEof { Unusable::Short } else { Unusable::Io(error) }
    };
    let mut length = [0; 4];
    from.read_exact(&mut length).map_err(short)?;
    let mut digest = [0; DIGEST_BYTES];
    from.read_exact(&mut digest).map_err(short)?;
    let length = u32::from_be_bytes(length);
    if length > LONGEST {
        return Err(Unusable::Damaged(place));
    }
    let mut content = Vec::new();
    // Grows with what is there, whatever the length says.
    from.take(length.into()).read_to_end(&mut content)?;
    if content.len() as u64 != u64::from(length) {
        return Err(Unusable::Short);
    }
    Ok(Some(Block { place, digest, content }))
}
