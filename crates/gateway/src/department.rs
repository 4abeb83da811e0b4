//! Whom the caller wants to be served by.

use domain::DepartmentId;
use http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode_str;

use crate::refusal::Refusal;

/// The header field that names the department: its identifier (`uscc:…`, `local:…`), percent-encoded UTF-8 (RFC 3986,
/// section 2.1) where it isn't ASCII, as field values should be ASCII (RFC 9110, section 5.5). A percent sign of the
/// identifier's own is written `%25`.
pub const SERVICE_DEPARTMENT: HeaderName = HeaderName::from_static("service-department");

/// The department that the call names, if any.
pub(crate) fn named(headers: &HeaderMap) -> Result<Option<DepartmentId>, Refusal> {
    let mut fields = headers.get_all(SERVICE_DEPARTMENT).iter();
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(malformed("Service-Department was sent more than once"));
    }
    let text =
        field.to_str().map_err(|_| malformed("what isn't ASCII in Service-Department is percent-encoded"))?;
    if !escapes_are_whole(text) {
        return Err(malformed("a percent sign is not followed by two hexadecimal digits"));
    }
    let id = percent_decode_str(text.trim())
        .decode_utf8()
        .map_err(|_| malformed("Service-Department is not percent-encoded UTF-8"))?;
    id.parse().map(Some).map_err(|error: domain::IdError| malformed(&error.to_string()))
}

fn malformed(reason: &str) -> Refusal {
    Refusal::MalformedDepartment(reason.to_owned())
}

/// Whether two hexadecimal digits follow every percent sign. The decoder would leave others as they are.
fn escapes_are_whole(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        matches!(rest.as_bytes(), [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(fields: &[&[u8]]) -> Result<Option<String>, &'static str> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(SERVICE_DEPARTMENT, HeaderValue::from_bytes(field).expect("a value"));
        }
        named(&headers)
            .map(|department| department.map(|department| department.to_string()))
            .map_err(|refusal| refusal.outcome().code)
    }

    #[test]
    fn exactly_one_well_formed_department_is_taken() {
        assert_eq!(read(&[]), Ok(None));
        for (field, department) in [
            ("uscc:12441500196720244T", "uscc:12441500196720244T"),
            ("local:trade", "local:trade"),
            ("local%3Atrade", "local:trade"),
            ("local:%E5%8C%BA%e7%bb%8f%E4%BF%A1%E5%B1%80", "local:区经信局"),
            ("local:100%25", "local:100%"),
            ("local:%2541", "local:%41"),
        ] {
            assert_eq!(read(&[field.as_bytes()]), Ok(Some(department.to_owned())), "{field}");
        }
        for fields in [
            &["".as_bytes()][..],
            &[b"trade"],
            &[b"local:"],
            &[b"uscc:12441500196720244X"],
            &[b"local:trade", b"local:trade"],
            &[b"local:%"],
            &[b"local:%4"],
            &[b"local:%zz"],
            &[b"local:%%41"],
            &[b"local:%FF"],
            &[b"local:%C0%AE"],
            &[b"local:a%0D%0Ab"],
            &[b"local:a%00"],
            &["local:区经信局".as_bytes()],
        ] {
            assert_eq!(read(fields), Err("malformed-department"), "{fields:?}");
        }
    }
}
