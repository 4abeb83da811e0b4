//! How we say who we are when a provider is asked.

use std::fmt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::json;
use url::form_urlencoded::{Serializer, byte_serialize};
use uuid::Uuid;

use crate::{ClientAuth, Es256Key, KeyFileError, SignError, jws, key_file};

/// How long a client's assertion lives, in seconds.
const ASSERTION_SECONDS: i64 = 60;
/// RFC 7523, section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client's credentials at a provider.
pub(crate) enum ClientLogin {
    /// The value of `Authorization`.
    Basic(HeaderValue),
    Key {
        client: String,
        /// Whom the assertions are for: the provider, by its name as an issuer.
        provider: String,
        key: Box<Es256Key>,
    },
}

impl ClientLogin {
    /// Reads the credential's file.
    ///
    /// # Errors
    /// When the file can't be read, or holds something else.
    pub(crate) fn load(client: &str, provider: &str, auth: &ClientAuth) -> Result<Self, KeyFileError> {
        let path = auth.file();
        match auth {
            ClientAuth::SecretFile(_) => {
                let secret = secret_in(path)?;
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = STANDARD.encode(format!("{}:{}", encoded(client), encoded(&secret)));
                let mut field =
                    HeaderValue::try_from(format!("Basic {pair}")).map_err(|_| no_secret(path))?;
                field.set_sensitive(true);
                Ok(Self::Basic(field))
            }
            ClientAuth::KeyFile(_) => Ok(Self::Key {
                client: client.to_owned(),
                provider: provider.to_owned(),
                key: Box::new(Es256Key::load(path)?),
            }),
        }
    }

    /// The request with this form for its body, as this client's.
    ///
    /// # Errors
    /// When the key can't be used.
    pub(crate) fn sign(
        &self,
        request: RequestBuilder,
        form: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<RequestBuilder, SignError> {
        let mut body = Serializer::new(String::new());
        body.extend_pairs(form);
        let request = match self {
            Self::Basic(field) => request.header(AUTHORIZATION, field.clone()),
            Self::Key { client, provider, key } => {
                let issued_at = now.as_second();
                let claims = json!({
                    "iss": client,
                    "sub": client,
                    "aud": provider,
                    "jti": Uuid::new_v4(),
                    "iat": issued_at,
                    "exp": issued_at.saturating_add(ASSERTION_SECONDS),
                });
                let assertion = jws::sign(key.as_ref(), "JWT", &claims)?;
                body.append_pair("client_id", client)
                    .append_pair("client_assertion_type", ASSERTION_TYPE)
                    .append_pair("client_assertion", &assertion);
                request
            }
        };
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        Ok(request.header(CONTENT_TYPE, form_type).body(body.finish()))
    }
}

/// The secret that is the file's only line.
///
/// # Errors
/// When the file can't be read, or holds something else.
pub(crate) fn secret_in(path: &Path) -> Result<String, KeyFileError> {
    let text = key_file::read(path)?;
    let secret = text.trim_end_matches(['\r', '\n']);
    let is_secret = !secret.is_empty() && !secret.contains(['\r', '\n']);
    if is_secret { Ok(secret.to_owned()) } else { Err(no_secret(path)) }
}

fn no_secret(path: &Path) -> KeyFileError {
    KeyFileError::Malformed { path: path.to_owned(), expected: "a secret in one line" }
}

impl fmt::Debug for ClientLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic(_) => "ClientLogin::Basic([redacted])",
            Self::Key { .. } => "ClientLogin::Key([redacted])",
        })
    }
}
