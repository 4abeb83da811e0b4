//! What a configuration must keep to, beyond what its types can say.

use std::collections::BTreeSet;

use crate::key_document::metadata_address;
use crate::provider_client::is_trustworthy;
use crate::{DpopConfig, IntrospectionConfig, IssuerConfig, JwksSource, VerdictCacheConfig, VerifierConfig};

/// What is wrong with a [`VerifierConfig`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Neither an issuer, introspection nor a portal is configured.
    #[error("neither an issuer, introspection nor a portal of tickets is configured")]
    NoIssuer,
    /// An issuer's name is empty or has control characters.
    #[error("an issuer's name is empty or has control characters")]
    IssuerName,
    /// Two entries name the same issuer.
    #[error("issuer {0} is configured twice")]
    RepeatedIssuer(String),
    /// A list that must name something is empty.
    #[error("issuer {issuer}: {field} is empty")]
    Empty {
        /// The issuer.
        issuer: String,
        /// The field.
        field: &'static str,
    },
    /// The skew is above [`IssuerConfig::MAX_SKEW`].
    #[error("issuer {0}: skew is more than 2 minutes")]
    Skew(String),
    /// Keys would come over a channel that anybody on the way can change.
    #[error("issuer {0}: keys are only fetched over https, or over http from a loopback host")]
    InsecureJwks(String),
    /// Tokens would go over a channel that anybody on the way can read.
    #[error("introspection: tokens are only sent over https, or over http to a loopback host")]
    InsecureIntrospection,
    /// Both introspection and tickets are configured: a token that says nothing doesn't say whom to ask either.
    #[error("introspection and ticket can't be used together")]
    TwoSources,
    /// Tickets would go over a channel that anybody on the way can read.
    #[error("ticket: tickets are only sent over https, or over http to a loopback host")]
    InsecureTicket,
    /// The name of the portal's shared secret fits no header field.
    #[error("ticket.access_key holds something else than printable ASCII")]
    AccessKey,
    /// The place in an answer is no JSON Pointer.
    #[error("ticket: {0:?} is no JSON Pointer: it begins with /")]
    Pointer(String),
    /// The portal's answer would fill a claim that says who vouches for whom.
    #[error("ticket.claims: {0} is not the portal's to say")]
    ReservedClaim(String),
    /// A ticket would be taken for more than [`crate::TicketConfig::MAX_SESSION_FOR`].
    #[error("ticket.session_for is more than 12 hours")]
    SessionTooLong,
    /// A bound that must be positive is zero.
    #[error("{0} must be more than zero")]
    Zero(&'static str),
    /// Acceptances would be remembered for more than [`VerdictCacheConfig::MAX_ACCEPTED_FOR`].
    #[error("{0} is more than 5 minutes")]
    RememberedTooLong(&'static str),
    /// Proofs would be taken for more than [`DpopConfig::MAX_WINDOW`].
    #[error("dpop.window is more than 5 minutes")]
    ProofWindow,
    /// Keys would go stale between two refreshes.
    #[error("refresh.stale_for is less than twice refresh.interval")]
    StaleBetweenRefreshes,
}

impl VerifierConfig {
    /// Checks what the types can't say.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.issuers.is_empty() && self.introspection.is_none() && self.ticket.is_none() {
            return Err(ConfigError::NoIssuer);
        }
        let mut names = BTreeSet::new();
        for issuer in &self.issuers {
            issuer.check()?;
            if !names.insert(&issuer.issuer) {
                return Err(ConfigError::RepeatedIssuer(issuer.issuer.clone()));
            }
        }
        if let Some(introspection) = &self.introspection {
            introspection.check()?;
        }
        if let Some(ticket) = &self.ticket {
            if self.introspection.is_some() {
                return Err(ConfigError::TwoSources);
            }
            ticket.check()?;
        }
        if self.cache.accepted_for > VerdictCacheConfig::MAX_ACCEPTED_FOR {
            return Err(ConfigError::RememberedTooLong("cache.accepted_for"));
        }
        if self.refresh.stale_for < self.refresh.interval.saturating_mul(2) {
            return Err(ConfigError::StaleBetweenRefreshes);
        }
        if self.dpop.window > DpopConfig::MAX_WINDOW {
            return Err(ConfigError::ProofWindow);
        }
        for (name, zero) in [
            ("dpop.window", self.dpop.window.is_zero()),
            ("dpop.max_remembered", self.dpop.max_remembered == 0),
            ("max_token_bytes", self.max_token_bytes == 0),
            ("cache.accepted_for", self.cache.accepted_for.is_zero()),
            ("refresh.interval", self.refresh.interval.is_zero()),
            ("refresh.first_retry", self.refresh.first_retry.is_zero()),
            ("refresh.fetch_timeout", self.refresh.fetch_timeout.is_zero()),
        ] {
            if zero {
                return Err(ConfigError::Zero(name));
            }
        }
        Ok(())
    }
}

impl IssuerConfig {
    fn check(&self) -> Result<(), ConfigError> {
        check_name(&self.issuer)?;
        for (field, empty) in [
            ("audience", self.audience.is_empty()),
            ("algorithms", self.algorithms.is_empty()),
            ("require_type", self.require_type.as_ref().is_some_and(Vec::is_empty)),
        ] {
            if empty {
                return Err(ConfigError::Empty { issuer: self.issuer.clone(), field });
            }
        }
        if self.skew > Self::MAX_SKEW {
            return Err(ConfigError::Skew(self.issuer.clone()));
        }
        match &self.jwks {
            JwksSource::Url(url) if !is_trustworthy(url) => {
                Err(ConfigError::InsecureJwks(self.issuer.clone()))
            }
            JwksSource::Discovery if metadata_address(&self.issuer).is_none() => {
                Err(ConfigError::InsecureJwks(self.issuer.clone()))
            }
            JwksSource::Url(_) | JwksSource::File(_) | JwksSource::Discovery => Ok(()),
        }
    }
}

impl IntrospectionConfig {
    fn check(&self) -> Result<(), ConfigError> {
        check_name(&self.issuer)?;
        for (field, empty) in
            [("audience", self.audience.is_empty()), ("client_id", self.client_id.is_empty())]
        {
            if empty {
                return Err(ConfigError::Empty { issuer: self.issuer.clone(), field });
            }
        }
        if self.skew > IssuerConfig::MAX_SKEW {
            return Err(ConfigError::Skew(self.issuer.clone()));
        }
        if !is_trustworthy(&self.endpoint) {
            return Err(ConfigError::InsecureIntrospection);
        }
        for (name, time) in [
            ("introspection.accepted_for", self.accepted_for),
            ("introspection.refused_for", self.refused_for),
        ] {
            if time > VerdictCacheConfig::MAX_ACCEPTED_FOR {
                return Err(ConfigError::RememberedTooLong(name));
            }
        }
        for (name, zero) in [
            ("introspection.timeout", self.timeout.is_zero()),
            ("introspection.max_at_once", self.max_at_once == 0),
            ("introspection.max_waiting", self.max_waiting == 0),
            ("introspection.opens_after", self.opens_after == 0),
            ("introspection.open_for", self.open_for.is_zero()),
        ] {
            if zero {
                return Err(ConfigError::Zero(name));
            }
        }
        Ok(())
    }
}

pub(crate) fn check_name(issuer: &str) -> Result<(), ConfigError> {
    let unusable = issuer.is_empty() || issuer.chars().any(char::is_control);
    if unusable { Err(ConfigError::IssuerName) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MINIMAL: &str = r#"
        [[issuers]]
        issuer = "https://id.example"
        audience = ["https://gateway.example"]
        algorithms = ["ES256", "PS256"]
        jwks = { url = "https://id.example/jwks.json" }
        skew = "10s"

        [refresh]
        interval = "1m 30s"
    "#;

    fn parse(text: &str) -> VerifierConfig {
        toml::from_str(text).expect("valid TOML for this type")
    }

    #[test]
    fn a_minimal_file_gets_the_defaults() {
        let config = parse(MINIMAL);
        assert_eq!(config.check(), Ok(()));
        assert_eq!(config.max_token_bytes, 16 * 1024);
        assert_eq!(config.issuers[0].skew, Duration::from_secs(10));
        assert_eq!(config.refresh.interval, Duration::from_secs(90));
        assert_eq!(config.refresh.unknown_key_interval, Duration::from_secs(30));
        assert_eq!(config.cache, VerdictCacheConfig::default());
        let shown = toml::to_string(&config).expect("a configuration can be shown");
        assert_eq!(parse(&shown), config);
    }

    #[test]
    fn unknown_keys_and_symmetric_algorithms_are_refused() {
        for (from, to) in
            [("audience", "audiences"), ("ES256", "HS256"), ("ES256", "none"), ("interval", "every")]
        {
            assert!(toml::from_str::<VerifierConfig>(&MINIMAL.replace(from, to)).is_err(), "{to}");
        }
    }

    #[test]
    fn bounds_are_kept() {
        let check = |text: &str| parse(&MINIMAL.replace("[refresh]", &format!("{text}\n[refresh]"))).check();
        assert_eq!(check("[cache]\naccepted_for = \"5m\""), Ok(()));
        assert_eq!(
            check("[cache]\naccepted_for = \"301s\""),
            Err(ConfigError::RememberedTooLong("cache.accepted_for"))
        );
        assert_eq!(check("[cache]\naccepted_for = \"0s\""), Err(ConfigError::Zero("cache.accepted_for")));
        assert_eq!(check("[dpop]\nwindow = \"301s\""), Err(ConfigError::ProofWindow));
        assert_eq!(check("[dpop]\nmax_remembered = 0"), Err(ConfigError::Zero("dpop.max_remembered")));
        let stale = parse(&MINIMAL.replace("1m 30s", "13h")).check();
        assert_eq!(stale, Err(ConfigError::StaleBetweenRefreshes));
        assert_eq!(VerifierConfig::new(Vec::new()).check(), Err(ConfigError::NoIssuer));
        let issuer = parse(MINIMAL).issuers.remove(0);
        let twice = VerifierConfig::new(vec![issuer.clone(), issuer.clone()]);
        assert_eq!(twice.check(), Err(ConfigError::RepeatedIssuer(issuer.issuer)));
    }

    #[test]
    fn introspection_alone_is_enough_and_keeps_its_bounds() {
        let check = |more: &str| {
            let text = format!(
                "[introspection]\nissuer = \"https://id.example\"\naudience = [\"us\"]\nclient_id = \"yimen\"\n{more}"
            );
            let config = parse(&text);
            let shown = toml::to_string(&config).expect("a configuration can be shown");
            assert_eq!(parse(&shown), config);
            config.check()
        };
        let door = "endpoint = \"https://id.example/introspect\"\nclient_auth = { secret_file = \"/s\" }\n";
        let with = |setting: &str| check(&format!("{door}{setting}"));
        assert_eq!(with(""), Ok(()));
        assert_eq!(
            with("accepted_for = \"6m\""),
            Err(ConfigError::RememberedTooLong("introspection.accepted_for"))
        );
        assert_eq!(with("timeout = \"0s\""), Err(ConfigError::Zero("introspection.timeout")));
        assert_eq!(check(&door.replace("https://id", "http://id")), Err(ConfigError::InsecureIntrospection));
        assert_eq!(check(&door.replace("https://id.example", "http://127.0.0.1:1")), Ok(()));
        assert_eq!(check(&door.replace("secret_file", "key_file")), Ok(()));
    }

    #[test]
    fn keys_are_discovered_at_issuers_that_are_addresses() {
        let discover = MINIMAL.replace("{ url = \"https://id.example/jwks.json\" }", "\"discovery\"");
        assert_eq!(parse(&discover).check(), Ok(()));
        for name in ["http://id.example", "id.example", "https://id.example?tenant=1"] {
            let refused = parse(&discover.replace("https://id.example", name)).check();
            assert_eq!(refused, Err(ConfigError::InsecureJwks(name.to_owned())));
        }
    }

    #[test]
    fn insecure_settings_are_refused() {
        let check = |from: &str, to: &str| parse(&MINIMAL.replace(from, to)).check();
        let name = || "https://id.example".to_owned();
        assert_eq!(
            check("https://id.example/jwks", "http://id.example/jwks"),
            Err(ConfigError::InsecureJwks(name()))
        );
        assert_eq!(check("https://id.example/jwks", "http://[::1]:8080/jwks"), Ok(()));
        assert_eq!(
            check("https://id.example/jwks", "http://127.0.0.1.evil.example/"),
            Err(ConfigError::InsecureJwks(name()))
        );
        assert_eq!(check("10s", "1h"), Err(ConfigError::Skew(name())));
        assert_eq!(
            check(r#"["ES256", "PS256"]"#, "[]"),
            Err(ConfigError::Empty { issuer: name(), field: "algorithms" })
        );
        assert_eq!(
            check(r#"["https://gateway.example"]"#, "[]"),
            Err(ConfigError::Empty { issuer: name(), field: "audience" })
        );
    }
}
