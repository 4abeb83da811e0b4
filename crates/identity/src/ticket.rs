//! Tickets of a government portal: exchanged once, then asked about by the portal's own token.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value, json};
use url::Url;

use crate::claims::TokenRules;
use crate::opaque_tokens::{MAX_ANSWER_BYTES, TokenHash, Told, Unanswered};
use crate::verifier::SetupError;
use crate::{CredentialError, Principal, SignError, TicketConfig, client_login, provider_client};

const SIGNATURE: &str = "x-bg-hmac-signature";
const ALGORITHM: &str = "x-bg-hmac-algorithm";
const ACCESS_KEY: &str = "x-bg-hmac-access-key";
const DATE_TIME: &str = "x-bg-date-time";
/// What [`ALGORITHM`] says.
const HMAC_SHA256: &str = "hmac-sha256";
/// The most sessions that are remembered; one takes some hundred bytes.
const MAX_SESSIONS: u64 = 100_000;
/// Longer texts are no tokens of a portal, in bytes.
const MAX_TOKEN_BYTES: usize = 4096;

/// The portal, and the tokens that it gave for tickets.
pub(crate) struct Portal {
    config: TicketConfig,
    client: Client,
    access_key: HeaderValue,
    secret: hmac::Key,
    rules: TokenRules,
    session_for: SignedDuration,
    /// By the hash of the ticket. A portal takes a ticket once, so that what came of it has to be kept.
    sessions: Cache<TokenHash, Session>,
}

/// What came of a ticket.
#[derive(Clone)]
struct Session {
    token: String,
    until: Timestamp,
}

/// Why nothing came of a ticket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoSession {
    /// The portal takes it no more, or never did.
    #[error("the portal doesn't take the ticket")]
    Refused,
    /// The portal didn't say.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}

impl Portal {
    /// Reads the shared secret; the portal may be down.
    ///
    /// # Errors
    /// When the secret can't be used, or the HTTPS client can't be set up.
    pub(crate) fn new(config: &TicketConfig) -> Result<Self, SetupError> {
        let secret = client_login::secret_in(&config.secret_file).map_err(SetupError::TicketSecret)?;
        let access_key = HeaderValue::try_from(&config.access_key);
        Ok(Self {
            client: provider_client::client(&config.exchange, config.asking.timeout)
                .map_err(SetupError::Client)?,
            access_key: access_key.map_err(|_| crate::ConfigError::AccessKey)?,
            secret: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            rules: TokenRules::of_tickets(config),
            session_for: SignedDuration::try_from(config.session_for).unwrap_or(SignedDuration::ZERO),
            sessions: Cache::builder().max_capacity(MAX_SESSIONS).time_to_live(config.session_for).build(),
            config: config.clone(),
        })
    }

    pub(crate) fn rules(&self) -> &TokenRules {
        &self.rules
    }

    /// What the portal says of the ticket's user; nothing if it takes the ticket, or its own token, no more.
    pub(crate) async fn exchange(
        self: &Arc<Self>,
        ticket: &str,
        hash: TokenHash,
        now: Timestamp,
    ) -> Result<Told, Unanswered> {
        let session = match self.session(ticket, hash, now).await {
            Ok(session) => session,
            Err(reason) if matches!(*reason, NoSession::Refused) => return Ok((None, 0)),
            Err(reason) => return Err(Unanswered::Exchange(reason)),
        };
        let (answer, bytes) = self.ask(&self.config.user, &json!({"token": session.token}), now).await?;
        let claims = self.claims(&answer, session.until);
        if claims.is_none() {
            // The portal has ended it; only it can say whether the ticket is still good for another.
            self.sessions.invalidate(&hash).await;
        }
        Ok((claims, bytes))
    }

    /// What came of the ticket, or comes of it now.
    async fn session(
        self: &Arc<Self>,
        ticket: &str,
        hash: TokenHash,
        now: Timestamp,
    ) -> Result<Session, Arc<NoSession>> {
        match self.sessions.get(&hash).await {
            Some(session) if now < session.until => return Ok(session),
            Some(_) => self.sessions.invalidate(&hash).await,
            None => {}
        }
        // In a task of its own, for a caller who goes away meanwhile may come again with the ticket, which is used up then.
        let (portal, ticket) = (Arc::clone(self), ticket.to_owned());
        let opened =
            tokio::spawn(async move { portal.sessions.try_get_with(hash, portal.open(&ticket, now)).await });
        opened.await.unwrap_or_else(|_| Err(Arc::new(NoSession::Unanswered(Unanswered::NoAnswer))))
    }

    /// Exchanges the ticket.
    async fn open(&self, ticket: &str, now: Timestamp) -> Result<Session, NoSession> {
        let body = json!({"ticketId": ticket, "appId": self.config.app_id});
        let (answer, _) = self.ask(&self.config.exchange, &body, now).await?;
        let token = answer.pointer(&self.config.token_at).and_then(Value::as_str);
        let token = token.filter(|token| (1..=MAX_TOKEN_BYTES).contains(&token.len()));
        let token = token.ok_or(NoSession::Refused)?.to_owned();
        let until = now.saturating_add(self.session_for).map_err(|_| Unanswered::NoAnswer)?;
        Ok(Session { token, until })
    }

    /// Holds what the portal says to the rules that a signed token is held to.
    pub(crate) fn judge(
        &self,
        claims: Map<String, Value>,
        now: Timestamp,
    ) -> Result<Principal, CredentialError> {
        self.rules.principal(claims, now)
    }

    /// The claims of the user that an answer names, as a token would have them; none if it names nobody.
    fn claims(&self, answer: &Value, until: Timestamp) -> Option<Map<String, Value>> {
        let TicketConfig { issuer, channel, assurance, subject_at, claims, .. } = &self.config;
        let subject = match answer.pointer(subject_at)? {
            Value::String(text) if !text.is_empty() => text.clone(),
            Value::Number(number) if number.is_u64() => number.to_string(),
            Value::String(_)
            | Value::Number(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Array(_)
            | Value::Object(_) => return None,
        };
        let found = claims.iter().filter_map(|(name, at)| {
            let value = answer.pointer(at).filter(|value| !value.is_null())?;
            Some((name.clone(), value.clone()))
        });
        let mut told: Map<String, Value> = found.collect();
        told.insert("iss".to_owned(), json!(issuer));
        told.insert("aud".to_owned(), json!(issuer));
        told.insert("sub".to_owned(), json!(subject));
        told.insert("exp".to_owned(), json!(until.as_second()));
        told.insert("client_id".to_owned(), json!(channel));
        if let Some(assurance) = assurance {
            told.insert("acr".to_owned(), json!(assurance));
        }
        Some(told)
    }

    /// A signed question, and the answer with its size.
    async fn ask(&self, url: &Url, body: &Value, now: Timestamp) -> Result<(Value, usize), Unanswered> {
        let date = gmt(now).ok_or(Unanswered::NoAnswer)?;
        let signature = self.signature("POST", url, &date)?;
        let request = self
            .client
            .post(url.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .header(ACCESS_KEY, self.access_key.clone())
            .header(ALGORITHM, HMAC_SHA256)
            .header(DATE_TIME, date)
            .header(SIGNATURE, signature)
            .body(body.to_string());
        let bytes = provider_client::ask(request, MAX_ANSWER_BYTES).await?;
        let answer: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|_| Unanswered::NoAnswer)?;
        Ok((Value::Object(answer), bytes.len()))
    }

    fn signature(&self, method: &str, url: &Url, date: &str) -> Result<HeaderValue, Unanswered> {
        let text = signed_text(method, url, &self.config.access_key, date);
        let tag = hmac::sign(&self.secret, text.as_bytes());
        HeaderValue::try_from(STANDARD.encode(tag.as_ref())).map_err(|_| Unanswered::Login(SignError::Crypto))
    }
}

/// What is signed: the method, the path, the query's parameters by name, the access key and the time, each ended by a line feed.
fn signed_text(method: &str, url: &Url, access_key: &str, date: &str) -> String {
    let mut parameters: Vec<&str> =
        url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).collect();
    parameters.sort_unstable();
    format!("{method}\n{}\n{}\n{access_key}\n{date}\n", url.path(), parameters.join("&"))
}

/// The time as HTTP writes it (RFC 9110, section 5.6.7); none where it can't.
fn gmt(now: Timestamp) -> Option<String> {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok()
}

/// Shows neither tickets nor the secret.
impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal")
            .field("exchange", &self.config.exchange.as_str())
            .field("sessions", &self.sessions.entry_count())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_signed_as_portals_ask() {
        let url: Url = "https://portal.example/restapi/uc/sso/access_token?b=2&a=1".parse().expect("a URL");
        let date = gmt(Timestamp::from_second(1_800_000_000).expect("a second within range"));
        let text = signed_text("POST", &url, "YIMEN-KEY", &date.expect("a time that HTTP can write"));
        let expected =
            "POST\n/restapi/uc/sso/access_token\na=1&b=2\nYIMEN-KEY\nFri, 15 Jan 2027 08:00:00 GMT\n";
        assert_eq!(text, expected);
        // `printf … | openssl dgst -sha256 -hmac 'portal secret' -binary | base64`
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"portal secret");
        let signature = STANDARD.encode(hmac::sign(&key, text.as_bytes()).as_ref());
        assert_eq!(signature, "YSffucjV3/lxNQeQzb9kzr/P9cxeovyTqq8mnr8OCb4=");
    }

    #[test]
    fn a_query_that_is_none_is_an_empty_line() {
        let url: Url = "https://portal.example/user".parse().expect("a URL");
        assert_eq!(signed_text("POST", &url, "K", "now"), "POST\n/user\n\nK\nnow\n");
    }
}
