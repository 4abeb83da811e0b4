//! How large the head of a request may be.

/// The bounds of a request's head; of the fields after a chunked body likewise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest head, from its first byte to the empty line, in bytes.
    pub head_bytes: usize,
    /// The longest request target, in bytes. RFC 9112 asks for no less than about 8000 for the request line.
    pub target_bytes: usize,
    /// The most field lines.
    pub fields: usize,
}

impl Default for Limits {
    /// 32 KiB, 8 KiB and 100.
    fn default() -> Self {
        Self { head_bytes: 32 * 1024, target_bytes: 8 * 1024, fields: 100 }
    }
}
