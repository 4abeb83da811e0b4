//! Responses whose end two readers could see in different places.

use http::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};

/// Why a response is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AmbiguousFraming {
    #[error("Content-Length and Transfer-Encoding together")]
    Both,
    #[error("several Content-Lengths")]
    Lengths,
    #[error("a transfer coding other than chunked")]
    Coding,
}

/// Refuses what RFC 9112, section 6.3, lets a proxy repair: a server that sends it is broken or was made to send it,
/// and what follows on its connection could be anybody's.
pub(crate) fn check_framing(headers: &HeaderMap) -> Result<(), AmbiguousFraming> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let coding = codings.next();
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let length = lengths.next();
    if coding.is_some() && length.is_some() {
        return Err(AmbiguousFraming::Both);
    }
    if lengths.next().is_some() || length.is_some_and(|length| length.as_bytes().contains(&b',')) {
        return Err(AmbiguousFraming::Lengths);
    }
    let chunked =
        |coding: &http::HeaderValue| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked");
    if codings.next().is_some() || coding.is_some_and(|coding| !chunked(coding)) {
        return Err(AmbiguousFraming::Coding);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn one_length_or_chunked_alone() {
        use AmbiguousFraming::{Both, Coding, Lengths};
        for (fields, expected) in [
            (&[][..], Ok(())),
            (&[("content-length", "1")], Ok(())),
            (&[("transfer-encoding", "Chunked")], Ok(())),
            (&[("content-length", "1"), ("transfer-encoding", "chunked")], Err(Both)),
            (&[("content-length", "1"), ("content-length", "1")], Err(Lengths)),
            (&[("content-length", "1, 1")], Err(Lengths)),
            (&[("transfer-encoding", "gzip, chunked")], Err(Coding)),
            (&[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")], Err(Coding)),
            (&[("transfer-encoding", "identity")], Err(Coding)),
        ] {
            let headers: HeaderMap = fields
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .fold(HeaderMap::new(), |mut headers, (name, value)| {
                    headers.append(name, value);
                    headers
                });
            assert_eq!(check_framing(&headers), expected, "{fields:?}");
        }
    }
}
