//! A portal whose tickets are taken, and how it is asked about them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::fmt::serde::unsigned_duration::friendly::compact::required as friendly;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::ConfigError;
use crate::asking::AskingBounds;
use crate::config_check::check_name;
use crate::provider_client::is_trustworthy;

/// A government portal that hands its apps tickets: a caller's ticket is exchanged for the portal's own token, and that for
/// its user, by calls that a shared secret signs. There is one at most, and none beside introspection: a ticket doesn't say
/// whose it is, and nobody else is to see it.
///
/// A portal takes a ticket once: what came of it is kept in this process, so that all calls with one ticket have to come to
/// the same gateway. What portals answer differs, so that the places in their answers are JSON Pointers (RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketConfig {
    /// The name under which its users are known here, as the issuer of other callers is: of pseudonyms and revocations, too.
    pub issuer: String,
    /// Where a ticket is exchanged (`POST {ticketId, appId}`): an `https` address, or `http` on a loopback host.
    pub exchange: Url,
    /// Where the portal says whose its token is (`POST {token}`); an address of the same kind.
    pub user: Url,
    /// Our name as an app of the portal (`appId`).
    pub app_id: String,
    /// The name of the shared secret (`X-BG-HMAC-ACCESS-KEY`).
    pub access_key: String,
    /// A file that holds the shared secret in one line.
    pub secret_file: PathBuf,
    /// The channel through which its users come: the tickets are the app's, and no other `client_id` is in them.
    pub channel: String,
    /// The level at which the portal authenticates its users, one of the gateway's; none where it vouches for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assurance: Option<String>,
    /// Where the portal's token is in the answer to an exchange.
    pub token_at: String,
    /// Where the user's stable identifier is in the answer about a token: a text or a whole number.
    pub subject_at: String,
    /// Where further claims are in that answer, each under the name that items declare. What isn't there is left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, String>,
    /// How long a ticket is taken after its exchange, while the portal still knows its token. Default: 30 min.
    #[serde(default = "default_session_for", with = "friendly")]
    pub session_for: Duration,
    /// How often the portal is asked, and how long its answers are remembered.
    #[serde(default)]
    pub asking: AskingBounds,
}

const fn default_session_for() -> Duration {
    Duration::from_secs(30 * 60)
}

impl TicketConfig {
    /// The longest that a ticket may be taken.
    pub const MAX_SESSION_FOR: Duration = Duration::from_secs(12 * 60 * 60);
    /// Claims that say who vouches for whom: the portal's answer fills none of them.
    const OURS: [&str; 9] = ["iss", "sub", "aud", "exp", "nbf", "iat", "cnf", "client_id", "acr"];

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        check_name(&self.issuer)?;
        let texts = [
            ("app_id", &self.app_id),
            ("access_key", &self.access_key),
            ("channel", &self.channel),
            ("token_at", &self.token_at),
            ("subject_at", &self.subject_at),
        ];
        if let Some((field, _)) = texts.into_iter().find(|(_, text)| text.is_empty()) {
            return Err(ConfigError::Empty { issuer: self.issuer.clone(), field });
        }
        if self.assurance.as_ref().is_some_and(String::is_empty) {
            return Err(ConfigError::Empty { issuer: self.issuer.clone(), field: "assurance" });
        }
        if self.access_key.chars().any(|character| !character.is_ascii_graphic()) {
            return Err(ConfigError::AccessKey);
        }
        let pointers = [&self.token_at, &self.subject_at].into_iter().chain(self.claims.values());
        if let Some(wrong) = pointers.into_iter().find(|pointer| !pointer.starts_with('/')) {
            return Err(ConfigError::Pointer(wrong.clone()));
        }
        if let Some(name) = self.claims.keys().find(|name| Self::OURS.contains(&name.as_str())) {
            return Err(ConfigError::ReservedClaim(name.clone()));
        }
        if !is_trustworthy(&self.exchange) || !is_trustworthy(&self.user) {
            return Err(ConfigError::InsecureTicket);
        }
        if self.session_for.is_zero() {
            return Err(ConfigError::Zero("ticket.session_for"));
        }
        if self.session_for > Self::MAX_SESSION_FOR {
            return Err(ConfigError::SessionTooLong);
        }
        self.asking.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        issuer = "https://portal.example"
        exchange = "https://portal.example/token"
        user = "https://portal.example/user"
        app_id = "app"
        access_key = "KEY"
        secret_file = "/s"
        channel = "portal-app"
        token_at = "/data/token"
        subject_at = "/data/id"
        claims = { name = "/data/name" }
    "#;

    fn check(from: &str, to: &str) -> Result<(), ConfigError> {
        let config: TicketConfig = toml::from_str(&GOOD.replace(from, to)).expect("valid TOML for this type");
        let shown = toml::to_string(&config).expect("a configuration can be shown");
        assert_eq!(toml::from_str::<TicketConfig>(&shown).expect("it can be read again"), config);
        config.check()
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let config: TicketConfig = toml::from_str(GOOD).expect("valid TOML for this type");
        assert_eq!((config.check(), config.assurance), (Ok(()), None));
        assert_eq!((config.session_for, config.asking), (Duration::from_secs(1800), AskingBounds::default()));
        assert!(toml::from_str::<TicketConfig>(&format!("{GOOD}\nsecret = \"x\"")).is_err(), "unknown");
    }

    #[test]
    fn bounds_are_kept() {
        let empty = |field| Err(ConfigError::Empty { issuer: "https://portal.example".to_owned(), field });
        assert_eq!(check("\"app\"", "\"\""), empty("app_id"));
        assert_eq!(check("\"portal-app\"", "\"\""), empty("channel"));
        assert_eq!(check("claims", "assurance = \"\"\nclaims"), empty("assurance"));
        assert_eq!(check("\"KEY\"", "\"K\\nEY\""), Err(ConfigError::AccessKey));
        assert_eq!(check("/data/name", "name"), Err(ConfigError::Pointer("name".to_owned())));
        assert_eq!(check("{ name", "{ acr"), Err(ConfigError::ReservedClaim("acr".to_owned())));
        assert_eq!(
            check("https://portal.example/user", "http://a.example/"),
            Err(ConfigError::InsecureTicket)
        );
        assert_eq!(check("https://portal.example/user", "http://127.0.0.1:1/"), Ok(()));
        assert_eq!(
            check("claims", "session_for = \"0s\"\nclaims"),
            Err(ConfigError::Zero("ticket.session_for"))
        );
        let asking = |bound: &str| check("claims", &format!("asking = {{ {bound} }}\nclaims"));
        assert_eq!(asking("timeout = \"1s\""), Ok(()));
        assert_eq!(asking("timeout = \"0s\""), Err(ConfigError::Zero("ticket.asking.timeout")));
        let long = Err(ConfigError::RememberedTooLong("ticket.asking.accepted_for"));
        assert_eq!(asking("accepted_for = \"6m\""), long);
    }
}
