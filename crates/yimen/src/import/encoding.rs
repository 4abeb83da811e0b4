//! The encoding of a file of rows.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use clap::ValueEnum;

use crate::failure::Failure;

/// What the text of a CSV file is encoded in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    #[value(name = "utf-8")]
    Utf8,
    /// GB 18030, and so GBK and GB 2312: what Chinese spreadsheets save.
    #[value(alias = "gbk")]
    Gb18030,
}

impl Encoding {
    /// The text; `None` when the bytes aren't in this encoding.
    pub fn read(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Gb18030 => encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes),
        }
    }

    /// For a file of JSON, which is UTF-8 (RFC 8259, section 8.1).
    pub fn must_be_utf_8(self) -> Result<(), Failure> {
        match self {
            Self::Utf8 => Ok(()),
            Self::Gb18030 => Err(Failure::usage("--encoding is for csv: JSON is UTF-8 (RFC 8259)")),
        }
    }
}

impl Display for Encoding {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB 18030",
        })
    }
}
