//! Where traces of calls are sent.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use url::Url;

/// A collector that takes OTLP over HTTP (OpenTelemetry Protocol 1, binary Protobuf).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// Where it takes them, such as `http://collector.internal:4318/v1/traces`.
    pub endpoint: Url,
    /// Of the calls that come without a trace, one in so many begins one that is sent; those that come with one are sent
    /// if it is sampled. Default: 100.
    #[serde(default = "one_in")]
    pub one_in: NonZeroU32,
}

const fn one_in() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(99)
}

impl Traces {
    /// Checks what the types can't say.
    pub fn check(&self) -> Result<(), String> {
        match self.endpoint.scheme() {
            "http" | "https" => Ok(()),
            _ => Err("traces.endpoint must be an http or https address".to_owned()),
        }
    }
}
