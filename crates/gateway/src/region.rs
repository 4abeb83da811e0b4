//! Where the caller wants to be served.

use domain::Division;
use http::{HeaderMap, HeaderName};
use identity::Principal;

use crate::refusal::Refusal;

/// The header field that names the division: 6, 9 or 12 digits (GB/T 2260 and the statistical codes below it).
pub const SERVICE_REGION: HeaderName = HeaderName::from_static("service-region");

/// The region that the call names, if any.
pub(crate) fn named(headers: &HeaderMap) -> Result<Option<Division>, Refusal> {
    let mut fields = headers.get_all(SERVICE_REGION).iter();
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(Refusal::MalformedRegion("Service-Region was sent more than once".to_owned()));
    }
    let text =
        field.to_str().map_err(|_| Refusal::MalformedRegion("a division code has digits only".to_owned()))?;
    text.trim()
        .parse()
        .map(Some)
        .map_err(|error: domain::code::CodeError| Refusal::MalformedRegion(error.to_string()))
}

/// The region in the caller's token. A claim that is no division says nothing: the caller can still name one.
pub(crate) fn claimed(principal: &Principal, claim: Option<&str>) -> Option<Division> {
    principal.region(claim?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(fields: &[&'static str]) -> Result<Option<String>, &'static str> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(SERVICE_REGION, HeaderValue::from_bytes(field.as_bytes()).expect("a value"));
        }
        named(&headers)
            .map(|region| region.map(|region| region.to_string()))
            .map_err(|refusal| refusal.outcome().code)
    }

    #[test]
    fn exactly_one_well_formed_division_is_taken() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["330106"]), Ok(Some("330106".to_owned())));
        assert_eq!(read(&["330106000000"]), Ok(Some("330106".to_owned())));
        for fields in [
            &[""][..],
            &["33010"],
            &["330106,330100"],
            &["hangzhou"],
            &["330106", "330106"],
            &["330006"],
            &["３３０１０６"],
        ] {
            assert_eq!(read(fields), Err("malformed-region"), "{fields:?}");
        }
    }
}
