//! From `Authorization` header fields to one token: a bearer's (RFC 6750, section 2.1) or a bound one (RFC 9449, section 7.1).

use crate::CredentialError;

/// How a token is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// By whoever holds it.
    Bearer,
    /// With a proof that the sender holds its key.
    Dpop,
}

/// The token of the only `Authorization` header field, and how it is sent.
///
/// # Errors
/// When there is no field, or more than one, or it isn't `Bearer` or `DPoP` (in any case) and one token of at
/// most `max_bytes`.
pub(crate) fn token<'a>(
    fields: impl IntoIterator<Item = &'a [u8]>,
    max_bytes: usize,
) -> Result<(Scheme, &'a str), CredentialError> {
    let mut fields = fields.into_iter();
    let field = fields.next().ok_or(CredentialError::Absent)?;
    if fields.next().is_some() {
        return Err(CredentialError::RepeatedAuthorization);
    }
    let scheme_end = field.iter().position(|byte| *byte == b' ').unwrap_or(field.len());
    let (scheme, rest) = field.split_at(scheme_end);
    let scheme = [(&b"Bearer"[..], Scheme::Bearer), (b"DPoP", Scheme::Dpop)]
        .into_iter()
        .find_map(|(name, known)| scheme.eq_ignore_ascii_case(name).then_some(known))
        .ok_or(CredentialError::UnsupportedScheme)?;
    let token = rest.trim_ascii();
    if token.len() > max_bytes {
        return Err(CredentialError::TokenTooLong);
    }
    if token.is_empty() || !token.iter().copied().all(is_token_byte) {
        return Err(CredentialError::MalformedAuthorization);
    }
    let token = str::from_utf8(token).map_err(|_| CredentialError::MalformedAuthorization)?;
    Ok((scheme, token))
}

/// The bytes of `b64token`.
const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(fields: &[&'static str]) -> Result<(Scheme, &'static str), CredentialError> {
        token(fields.iter().map(|field| field.as_bytes()), 16)
    }

    #[test]
    fn the_scheme_is_case_insensitive() {
        for (field, scheme) in [
            ("Bearer a.b.c", Scheme::Bearer),
            ("bearer a.b.c", Scheme::Bearer),
            ("BEARER  a.b.c ", Scheme::Bearer),
            ("DPoP a.b.c", Scheme::Dpop),
            ("dpop a.b.c", Scheme::Dpop),
        ] {
            assert_eq!(read(&[field]), Ok((scheme, "a.b.c")), "{field}");
        }
    }

    #[test]
    fn anything_but_one_bearer_token_is_refused() {
        assert_eq!(read(&[]), Err(CredentialError::Absent));
        assert_eq!(read(&["Basic YTpi"]), Err(CredentialError::UnsupportedScheme));
        assert_eq!(read(&["Bearer a.b.c", "Bearer a.b.c"]), Err(CredentialError::RepeatedAuthorization));
        assert_eq!(read(&["Bearer a.b.c", "DPoP a.b.c"]), Err(CredentialError::RepeatedAuthorization));
        assert_eq!(read(&["Bearer"]), Err(CredentialError::MalformedAuthorization));
        assert_eq!(read(&["Bearer "]), Err(CredentialError::MalformedAuthorization));
        assert_eq!(read(&["Bearer a.b.c, Bearer d"]), Err(CredentialError::MalformedAuthorization));
        assert_eq!(read(&["Bearer a b"]), Err(CredentialError::MalformedAuthorization));
        assert_eq!(read(&["Bearer 12345678901234567"]), Err(CredentialError::TokenTooLong));
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_short_and_plain(field in proptest::collection::vec(any::<u8>(), 0..64)) {
            let prefixed = [b"Bearer ".as_slice(), &field].concat();
            if let Ok((_, token)) = token([prefixed.as_slice()], 16) {
                prop_assert!(!token.is_empty() && token.len() <= 16);
                prop_assert!(token.bytes().all(is_token_byte));
            }
        }
    }
}
