//! W3C Trace Context: one trace id from the client to the backend.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::Traces;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// The length of a version 00 `traceparent`, and the least of any later one.
const LENGTH: usize = 55;

/// Our own place in a trace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceContext {
    trace: u128,
    span: u64,
    flags: u8,
    /// The client's own place, if the trace is continued.
    parent: Option<u64>,
}

impl TraceContext {
    /// Continues the trace of a request that has exactly one well-formed `traceparent`, else starts one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut fields = headers.get_all(TRACEPARENT).iter();
        let received = match (fields.next(), fields.next()) {
            (Some(only), None) => only.to_str().ok().and_then(parse),
            (None | Some(_), _) => None,
        };
        let (trace, parent, flags) = match received {
            Some((trace, parent, flags)) => (trace, Some(parent), flags),
            None => (rand::random::<u128>().max(1), None, 0),
        };
        Self { trace, span: rand::random::<u64>().max(1), flags, parent }
    }

    /// Decides whether a trace that begins here is sampled; of one that is continued the client has decided.
    pub(crate) fn sampled_by(self, traces: &Traces) -> Self {
        let is_chosen = self.parent.is_none() && traces.samples(self.trace);
        Self { flags: self.flags | u8::from(is_chosen), ..self }
    }

    pub(crate) const fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }

    /// The trace, our own place in it, and the client's.
    pub(crate) const fn ids(&self) -> (u128, u64, Option<u64>) {
        (self.trace, self.span, self.parent)
    }

    /// Writes our `traceparent`. A `tracestate` without a trace of its own says nothing, and goes.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let text = format!("00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags);
        headers.remove(TRACEPARENT);
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(TRACEPARENT, value);
        }
        if self.parent.is_none() {
            headers.remove(TRACESTATE);
        }
    }
}

/// Shows the trace id.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.trace)
    }
}

/// The trace id, the parent's and the flags; the fields of later versions that come after are passed over, as the standard asks.
fn parse(text: &str) -> Option<(u128, u64, u8)> {
    let known = text.get(..LENGTH)?;
    let rest = text.get(LENGTH..)?;
    let mut parts = known.split('-');
    let (version, trace) = (hex(parts.next()?, 2)?, hex(parts.next()?, 32)?);
    let (parent, flags) = (hex(parts.next()?, 16)?, hex(parts.next()?, 2)?);
    let fits = match version {
        0 => rest.is_empty(),
        255 => false,
        _ => rest.is_empty() || rest.starts_with('-'),
    };
    // Only the flags that version 00 defines are understood: sampled.
    let (parent, flags) = (u64::try_from(parent).ok()?, u8::try_from(flags & 1).ok()?);
    (fits && trace != 0 && parent != 0).then_some((trace, parent, flags))
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    (text.len() == digits && text.bytes().all(lower)).then(|| u128::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn written(fields: &[(&'static str, &'static str)]) -> (String, HeaderMap) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        TraceContext::of(&headers).write(&mut headers);
        let own = headers["traceparent"].to_str().expect("ASCII").to_owned();
        (own, headers)
    }

    #[test]
    fn a_trace_goes_on_under_our_own_span() {
        let (own, headers) = written(&[("traceparent", GIVEN), ("tracestate", "a=1")]);
        assert_eq!(own.get(..36), GIVEN.get(..36));
        assert_ne!(own.get(36..52), GIVEN.get(36..52));
        assert!(own.ends_with("-01"));
        assert_eq!(headers["tracestate"], "a=1");
    }

    #[test]
    fn anything_malformed_starts_a_new_trace_without_the_old_state() {
        for given in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            let (own, headers) = written(&[("traceparent", given), ("tracestate", "a=1")]);
            assert_eq!(own.len(), LENGTH);
            assert_ne!(own.get(3..35), GIVEN.get(3..35), "{given}");
            assert!(!headers.contains_key("tracestate"));
        }
        let (own, headers) = written(&[("traceparent", GIVEN), ("traceparent", GIVEN)]);
        assert_ne!(own.get(3..35), GIVEN.get(3..35));
        assert_eq!(headers.get_all("traceparent").iter().count(), 1);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let (own, _) =
            written(&[("traceparent", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what")]);
        assert_eq!(own.get(..36), GIVEN.get(..36));
    }
}
