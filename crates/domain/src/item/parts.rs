//! The parts of an item's content.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};

use super::base_url;
use crate::{LocalizedText, Violations};

/// Something that the applicant brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Material {
    /// What it is.
    pub name: LocalizedText,
    /// Whether the application is incomplete without it.
    #[serde(default)]
    pub required: bool,
}

/// How long it may take, in working days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeLimits {
    /// 承诺办结时限: what the department promises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 1000)]
    pub promised_days: Option<u16>,
    /// 法定办结时限: what the law allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 1000)]
    pub legal_days: Option<u16>,
}

impl TimeLimits {
    pub(super) fn check(&self, violations: &mut Violations) {
        for (name, days) in [("promisedDays", self.promised_days), ("legalDays", self.legal_days)] {
            if days.is_some_and(|days| days > 1000) {
                violations.add(format!("/timeLimits/{name}"), "out-of-range", "at most 1000 working days");
            }
        }
        if let (Some(promised), Some(legal)) = (self.promised_days, self.legal_days)
            && promised > legal
        {
            violations.add(
                "/timeLimits/promisedDays",
                "out-of-range",
                "the promise may not exceed the legal limit",
            );
        }
    }
}

/// Where the department can be met and asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Office {
    /// Street address.
    #[serde(default, skip_serializing_if = "LocalizedText::is_empty")]
    pub address: LocalizedText,
    /// Opening hours.
    #[serde(default, skip_serializing_if = "LocalizedText::is_empty")]
    pub hours: LocalizedText,
    /// Telephone number of the office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub phone: Option<String>,
}

/// A kind of channel through which a service is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EntryPointChannel {
    /// A web page made for phones.
    H5,
    /// A mini-program inside another app.
    MiniProgram,
    /// A screen of a native app.
    Native,
    /// An interface for programs, called through the gateway.
    Api,
    /// A service window.
    Window,
    /// The telephone.
    Phone,
}

impl EntryPointChannel {
    /// Every channel.
    pub const ALL: [Self; 6] =
        [Self::H5, Self::MiniProgram, Self::Native, Self::Api, Self::Window, Self::Phone];

    /// The name that the API writes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::H5 => "h5",
            Self::MiniProgram => "mini-program",
            Self::Native => "native",
            Self::Api => "api",
            Self::Window => "window",
            Self::Phone => "phone",
        }
    }
}

/// Where a channel enters the service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryPoint {
    /// The channel.
    pub channel: EntryPointChannel,
    /// A URL, an app path, a window's name, or a telephone number, as the channel asks.
    #[schema(min_length = 1, max_length = 2048, pattern = r"\S")]
    pub target: String,
}

impl EntryPoint {
    /// Whether an app may open the target as it is: a web page by http or https, and nowhere a URL that runs code.
    pub(super) fn is_safe(&self) -> bool {
        let target = self.target.trim_start().to_ascii_lowercase();
        match self.channel {
            EntryPointChannel::H5 => target.starts_with("https://") || target.starts_with("http://"),
            EntryPointChannel::MiniProgram
            | EntryPointChannel::Native
            | EntryPointChannel::Api
            | EntryPointChannel::Window
            | EntryPointChannel::Phone => {
                !["javascript:", "data:", "vbscript:"].iter().any(|scheme| target.starts_with(scheme))
            }
        }
    }
}

/// The department's own service, which the gateway calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backend {
    /// `http` or `https` URL, without credentials, query or fragment; the call's path is appended to its path.
    #[schema(
        min_length = 8,
        max_length = 2048,
        pattern = r"^https?://[^?#\s]+$",
        example = "https://api.example.gov.cn/licences"
    )]
    pub base_url: String,
    /// Path that answers 2xx when the backend is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 512, pattern = r"^/[^ #\\]*$")]
    pub health_path: Option<String>,
    /// Limits on waiting; the gateway's own where absent.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// How long the gateway waits for a backend, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Timeouts {
    /// For the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 600_000)]
    pub connect_ms: Option<u32>,
    /// For the first byte of the response, after the request was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 600_000)]
    pub first_byte_ms: Option<u32>,
    /// Between two pieces of a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 600_000)]
    pub idle_ms: Option<u32>,
}

impl Backend {
    pub(super) fn check(&self, violations: &mut Violations) {
        violations.check_text("/backend/baseUrl", &self.base_url, 2048);
        if let Err(fault) = base_url::check(&self.base_url) {
            violations.add("/backend/baseUrl", fault.code(), fault.to_string());
        }
        if let Some(path) = &self.health_path {
            violations.check_text("/backend/healthPath", path, 512);
            if !path.starts_with('/') || path.contains([' ', '#', '\\']) {
                violations.add(
                    "/backend/healthPath",
                    "path",
                    "starts with / and holds no blank, # or backslash",
                );
            }
        }
        let Timeouts { connect_ms, first_byte_ms, idle_ms } = self.timeouts;
        for (name, value) in [("connectMs", connect_ms), ("firstByteMs", first_byte_ms), ("idleMs", idle_ms)]
        {
            if value.is_some_and(|ms| !(1..=600_000).contains(&ms)) {
                violations.add(
                    format!("/backend/timeouts/{name}"),
                    "out-of-range",
                    "1 to 600000 milliseconds",
                );
            }
        }
    }
}

/// 一证通办: what the gateway must know of a citizen before it calls, and what it tells the backend.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// Name of the least level of assurance, as configured at the gateway; any level where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, pattern = r"^[!#-\[\]-~]{1,64}$")]
    pub assurance: Option<String>,
    /// Scopes that the caller's token must have.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(schema_with = scopes)]
    pub scopes: BTreeSet<String>,
    /// Claims that the backend gets, each with its purpose; no others.
    #[serde(default, deserialize_with = "super::content::exact", skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32)]
    pub claims: Vec<ClaimRequest>,
}

/// A claim that a backend needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimRequest {
    /// Name of the claim, for example `name`.
    #[schema(min_length = 1, max_length = 64, pattern = r"^[!#-\[\]-~]{1,64}$")]
    pub claim: String,
    /// What it is needed for, as citizens and reviewers read it.
    pub purpose: LocalizedText,
}

/// The bounds that [`Access::check`] sets, which an attribute can't say of an element.
fn scopes() -> Array {
    let scope = ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(64))
        .pattern(Some(r"^[!#-\[\]-~]{1,64}$"));
    ArrayBuilder::new()
        .description(Some("Scopes that the caller's token must have."))
        .items(scope)
        .unique_items(true)
        .max_items(Some(32))
        .build()
}

impl Access {
    pub(super) fn check(&self, violations: &mut Violations) {
        if let Some(assurance) = &self.assurance {
            check_token("/access/assurance", assurance, violations);
        }
        violations.check_count("/access/scopes", self.scopes.len(), 32);
        for scope in &self.scopes {
            check_token("/access/scopes", scope, violations);
        }
        violations.check_count("/access/claims", self.claims.len(), 32);
        let mut seen = BTreeSet::new();
        for (index, ClaimRequest { claim, purpose }) in self.claims.iter().enumerate() {
            let pointer = format!("/access/claims/{index}");
            check_token(&format!("{pointer}/claim"), claim, violations);
            purpose.check(&format!("{pointer}/purpose"), 500, true, violations);
            if !seen.insert(claim) {
                violations.add(format!("{pointer}/claim"), "repeated", "each claim is asked for once");
            }
        }
    }
}

/// A name made of the characters of an OAuth scope token (RFC 6749, appendix A.4).
fn check_token(pointer: &str, text: &str, violations: &mut Violations) {
    let fits = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\');
    if !(1..=64).contains(&text.len()) || !text.bytes().all(fits) {
        violations.add(
            pointer,
            "token",
            "1 to 64 printable ASCII characters without blanks, quotes or backslashes",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_point_runs_no_code() {
        let safe = |channel, target: &str| EntryPoint { channel, target: target.to_owned() }.is_safe();
        assert!(safe(EntryPointChannel::H5, "https://www.example.gov.cn/apply"));
        assert!(safe(EntryPointChannel::Native, "cityapp://licence/apply"));
        assert!(safe(EntryPointChannel::Phone, "12345"));
        for target in ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "ftp://x/"] {
            assert!(!safe(EntryPointChannel::H5, target), "{target}");
        }
        assert!(!safe(EntryPointChannel::MiniProgram, "javascript:alert(1)"));
    }
}
