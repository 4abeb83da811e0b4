//! Opaque tokens by RFC 7662: how the provider is asked, and what its answer has to say.

use std::fmt;

use jiff::Timestamp;
use reqwest::Client;
use reqwest::header::ACCEPT;
use serde_json::{Map, Value};
use url::Url;

use crate::claims::TokenRules;
use crate::client_login::ClientLogin;
use crate::opaque_tokens::{MAX_ANSWER_BYTES, Told, Unanswered};
use crate::verifier::SetupError;
use crate::{CredentialError, IntrospectionConfig, Principal, provider_client};

/// The type of access tokens that prove themselves (RFC 6749, section 7.1); in any case.
const BEARER: &str = "Bearer";
/// The type of those that need a proof by whoever sends them (RFC 9449, section 6.2).
const DPOP: &str = "DPoP";

/// The provider, and how we authenticate there.
pub(crate) struct Introspection {
    rules: TokenRules,
    endpoint: Url,
    client: Client,
    login: ClientLogin,
}

impl Introspection {
    /// Reads the client's credential; the provider may be down.
    ///
    /// # Errors
    /// When the credential can't be used, or the HTTPS client can't be set up.
    pub(crate) fn new(config: &IntrospectionConfig) -> Result<Self, SetupError> {
        Ok(Self {
            rules: TokenRules::of_answers(config),
            endpoint: config.endpoint.clone(),
            client: provider_client::client(&config.endpoint, config.timeout).map_err(SetupError::Client)?,
            login: ClientLogin::load(&config.client_id, &config.issuer, &config.client_auth)
                .map_err(SetupError::ClientAuth)?,
        })
    }

    pub(crate) fn rules(&self) -> &TokenRules {
        &self.rules
    }

    /// One question and its answer (RFC 7662, section 2.1).
    pub(crate) async fn exchange(&self, token: &str, now: Timestamp) -> Result<Told, Unanswered> {
        let request = self.client.post(self.endpoint.clone()).header(ACCEPT, "application/json");
        let form = [("token", token), ("token_type_hint", "access_token")];
        let request = self.login.sign(request, &form, now)?;
        let bytes = provider_client::ask(request, MAX_ANSWER_BYTES).await?;
        let mut claims: Map<String, Value> =
            serde_json::from_slice(&bytes).map_err(|_| Unanswered::NoAnswer)?;
        match claims.remove("active").as_ref().and_then(Value::as_bool) {
            Some(active) => Ok((active.then_some(claims), bytes.len())),
            None => Err(Unanswered::NoAnswer),
        }
    }

    /// Holds what the provider says to the rules that a signed token is held to.
    pub(crate) fn judge(
        &self,
        mut claims: Map<String, Value>,
        now: Timestamp,
    ) -> Result<Principal, CredentialError> {
        // A provider may know other tokens, too: a refresh token is no access token.
        match claims.remove("token_type") {
            None => {}
            Some(Value::String(kind)) if BEARER.eq_ignore_ascii_case(&kind) => {}
            // One that doesn't say which key it is bound to is refused below.
            Some(Value::String(kind)) if DPOP.eq_ignore_ascii_case(&kind) && claims.contains_key("cnf") => {}
            Some(Value::String(kind)) if DPOP.eq_ignore_ascii_case(&kind) => {
                return Err(CredentialError::SenderConstrained);
            }
            Some(_) => return Err(CredentialError::WrongType),
        }
        claims.entry("iss").or_insert_with(|| Value::String(self.rules.issuer().to_owned()));
        self.rules.principal(claims, now)
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection").field("endpoint", &self.endpoint.as_str()).finish_non_exhaustive()
    }
}
