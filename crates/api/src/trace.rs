//! The trace context of a request (W3C Trace Context), the span it is logged under, and its measurement.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method};
use tracing::Instrument;
use uuid::Uuid;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Which trace a request belongs to, and our own span in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    sampled: bool,
}

impl TraceContext {
    /// The caller's trace with a span of our own, or a new trace where the caller names none.
    fn enter(headers: &HeaderMap) -> Self {
        let (trace, sampled) = headers
            .get(TRACEPARENT)
            .and_then(|value| parse(value.to_str().ok()?))
            .unwrap_or_else(|| (Uuid::new_v4().as_u128(), false));
        Self { trace, span: Uuid::new_v4().as_u64_pair().1, sampled }
    }

    /// The context that the stack put there; a new one outside the stack.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_else(|| Self::enter(&HeaderMap::new()))
    }

    /// The trace id: 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    fn traceparent(&self) -> String {
        format!("00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

/// Trace id and sampled flag of a `traceparent`; `None` where it breaks the specification.
fn parse(value: &str) -> Option<(u128, bool)> {
    let digits = |text: &str, length: usize| {
        let fits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        text.len() == length && text.bytes().all(fits)
    };
    let mut parts = value.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let well_formed = digits(version, 2) && digits(trace, 32) && digits(parent, 16) && digits(flags, 2);
    // Version ff is forbidden; only later versions than 00 may have more parts.
    if !well_formed || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let trace = u128::from_str_radix(trace, 16).ok().filter(|trace| *trace != 0)?;
    u64::from_str_radix(parent, 16).ok().filter(|parent| *parent != 0)?;
    Some((trace, u8::from_str_radix(flags, 16).ok()? & 1 == 1))
}

/// Follows the request through everything below, and says what became of it.
pub(crate) async fn follow(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let context = TraceContext::enter(request.headers());
    request.extensions_mut().insert(context);
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", trace_id = %context.trace_id(), %method, route);
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Ok(value) = HeaderValue::from_str(&context.traceparent()) {
        response.headers_mut().insert(TRACEPARENT, value);
    }
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    span.in_scope(|| tracing::debug!(status, ?elapsed, "answered"));
    let labels = [("method", label(&method)), ("route", route), ("status", status.to_string())];
    metrics::histogram!("yimen_http_request_seconds", &labels).record(elapsed);
    response
}

/// The method as a label: clients may invent methods, and each new label would be a series of its own.
fn label(method: &Method) -> String {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
        Method::PATCH,
    ];
    if known.contains(method) { method.to_string() } else { "other".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_formed_traceparent_is_followed() {
        let value = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(parse(value), Some((0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, true)));
        assert!(parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more").is_some());
    }

    #[test]
    fn anything_else_starts_a_new_trace() {
        for value in [
            "",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        ] {
            assert_eq!(parse(value), None, "{value}");
        }
    }
}
