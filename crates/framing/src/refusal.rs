//! What is wrong with a request that isn't read.

/// Why a request isn't read, and the connection ends with it. The text is for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The request line isn't `method SP target SP version` (RFC 9112, section 3).
    RequestLine,
    /// The target is in none of the four forms (RFC 9112, section 3.2), or holds a byte that no URI has.
    Target,
    /// The target is longer than the limit.
    TargetTooLong,
    /// A version other than 1.0 and 1.1.
    Version,
    /// A line ends in LF without CR, or CR stands alone (RFC 9112, section 2.2).
    LineEnd,
    /// A field line without a name, or with a name that isn't a token; a blank before the colon among them
    /// (RFC 9112, section 5.1).
    FieldName,
    /// A control character in a field's value (RFC 9110, section 5.5).
    FieldValue,
    /// A field that goes on in the next line (RFC 9112, section 5.2).
    Folded,
    /// A name that isn't a framing field's, but that some servers fold into one, such as `Content_Length`.
    Lookalike,
    /// The head is longer than the limit.
    HeadTooLarge,
    /// There are more fields than the limit.
    TooManyFields,
    /// No `Host` in HTTP/1.1, or more than one (RFC 9112, section 3.2).
    HostCount,
    /// A `Host` that names no host.
    Host,
    /// A `Content-Length` that isn't one number (RFC 9112, section 6.3).
    Length,
    /// More than one `Content-Length`.
    LengthRepeated,
    /// `Content-Length` beside `Transfer-Encoding` (RFC 9112, section 6.1).
    LengthAndCoding,
    /// A `Transfer-Encoding` whose last coding isn't `chunked`, that has it twice, with parameters or in another
    /// spelling, or in more than one field.
    Coding,
    /// A `Transfer-Encoding` in HTTP/1.0 (RFC 9112, section 6.1).
    CodingTooEarly,
    /// A coding besides `chunked`, which the gateway doesn't undo (RFC 9112, section 6.1).
    CodingUnknown,
    /// A chunk whose size, extension or end isn't one (RFC 9112, section 7.1).
    Chunk,
}

impl Refusal {
    /// The HTTP status of the answer.
    pub const fn status(self) -> u16 {
        match self {
            Self::TargetTooLong => 414,
            Self::HeadTooLarge | Self::TooManyFields => 431,
            Self::CodingUnknown => 501,
            Self::Version => 505,
            Self::RequestLine
            | Self::Target
            | Self::LineEnd
            | Self::FieldName
            | Self::FieldValue
            | Self::Folded
            | Self::Lookalike
            | Self::HostCount
            | Self::Host
            | Self::Length
            | Self::LengthRepeated
            | Self::LengthAndCoding
            | Self::Coding
            | Self::CodingTooEarly
            | Self::Chunk => 400,
        }
    }

    /// A stable name for programs and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RequestLine | Self::Target => "malformed-request-line",
            Self::TargetTooLong => "target-too-long",
            Self::Version => "version-not-supported",
            Self::LineEnd | Self::FieldName | Self::FieldValue | Self::Folded => "malformed-field",
            Self::HeadTooLarge | Self::TooManyFields => "head-too-large",
            Self::HostCount | Self::Host => "malformed-host",
            Self::Lookalike
            | Self::Length
            | Self::LengthRepeated
            | Self::LengthAndCoding
            | Self::Coding
            | Self::CodingTooEarly => "ambiguous-framing",
            Self::CodingUnknown => "coding-not-supported",
            Self::Chunk => "malformed-chunk",
        }
    }

    /// One sentence about what is wrong.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::RequestLine => {
                "The request line is not a method, a target and a version with one space between them."
            }
            Self::Target => "The request target is in no form that HTTP/1.1 knows.",
            Self::TargetTooLong => "The request target is longer than the gateway reads.",
            Self::Version => "The gateway speaks HTTP/1.0, HTTP/1.1 and HTTP/2.",
            Self::LineEnd => "Every line of a head ends in CR and LF, which stand nowhere else.",
            Self::FieldName => "A field begins with its name and a colon, without blanks.",
            Self::FieldValue => "A field's value holds a control character.",
            Self::Folded => "A field goes on in the next line, which HTTP no longer allows.",
            Self::Lookalike => "A field's name can be mistaken for one that says where the message ends.",
            Self::HeadTooLarge => "The head of the request is larger than the gateway reads.",
            Self::TooManyFields => "The request has more fields than the gateway reads.",
            Self::HostCount => "A request has exactly one Host.",
            Self::Host => "Host is not a host with an optional port.",
            Self::Length => "Content-Length is not one number of bytes.",
            Self::LengthRepeated => "There is more than one Content-Length.",
            Self::LengthAndCoding => "Content-Length and Transfer-Encoding contradict each other.",
            Self::Coding => "The only Transfer-Encoding is chunked, once, and in one field.",
            Self::CodingTooEarly => "HTTP/1.0 has no Transfer-Encoding.",
            Self::CodingUnknown => "The gateway undoes no transfer coding but chunked.",
            Self::Chunk => "The body is not a sequence of well-formed chunks.",
        }
    }
}
