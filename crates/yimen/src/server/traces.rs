//! Sends traces of calls to a collector, by OTLP over HTTP, from a thread of its own.
//!
//! What the collector doesn't take in time is dropped: no call waits for it, and no heap of spans grows.

use std::sync::Arc;
use std::time::Duration;

use gateway::CallSpan;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor,
};
use reqwest::blocking::Client;
use reqwest::redirect::Policy;

use crate::config::Traces;
use crate::failure::Failure;

/// How long the collector may take for a batch.
const EXPORT: Duration = Duration::from_secs(5);
/// How long spans are collected for a batch.
const DELAY: Duration = Duration::from_secs(1);
/// The most spans that wait for one.
const MOST_WAITING: usize = 4096;

/// Whoever sends spans to the collector.
#[derive(Debug)]
pub struct Sender {
    processor: BatchSpanProcessor,
    scope: InstrumentationScope,
}

impl Sender {
    /// Will send to the collector; whether that is there turns out later, and is said in the log.
    pub fn start(traces: &Traces) -> Result<Arc<Self>, Failure> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(traces.endpoint.as_str())
            .with_timeout(EXPORT)
            .with_http_client(client()?)
            .build()
            .map_err(|error| Failure::because("traces can't be sent", &error))?;
        let config =
            BatchConfigBuilder::default().with_max_queue_size(MOST_WAITING).with_scheduled_delay(DELAY);
        let mut processor = BatchSpanProcessor::builder(exporter).with_batch_config(config.build()).build();
        let version = env!("CARGO_PKG_VERSION");
        let resource = Resource::builder_empty()
            .with_service_name("yimen")
            .with_attribute(KeyValue::new("service.version", version))
            .build();
        processor.set_resource(&resource);
        let scope = InstrumentationScope::builder("yimen-gateway").with_version(version).build();
        Ok(Arc::new(Self { processor, scope }))
    }

    /// Takes a span, to be sent with others.
    pub fn take(&self, call: CallSpan) {
        let CallSpan { trace, span, parent, begun, took, .. } = call;
        let id = |id: u64| SpanId::from_bytes(id.to_be_bytes());
        self.processor.on_end(SpanData {
            span_context: SpanContext::new(
                TraceId::from_bytes(trace.to_be_bytes()),
                id(span),
                TraceFlags::SAMPLED,
                false,
                TraceState::NONE,
            ),
            parent_span_id: parent.map_or(SpanId::INVALID, id),
            parent_span_is_remote: parent.is_some(),
            span_kind: SpanKind::Server,
            name: "call".into(),
            start_time: begun,
            end_time: begun + took,
            attributes: attributes(&call),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: call.fault.map_or(Status::Unset, |_| Status::error(call.outcome)),
            instrumentation_scope: self.scope.clone(),
        });
    }

    /// Sends what waits, for the last time. Blocks its thread as long as a batch may take.
    pub fn finish(&self) {
        if let Err(error) = self.processor.shutdown_with_timeout(EXPORT) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// A client that goes nowhere else: neither by redirects nor by the environment's proxies.
fn client() -> Result<Client, Failure> {
    let build = || Client::builder().no_proxy().redirect(Policy::none()).timeout(EXPORT).build();
    // It has a runtime of its own, which must not be made within ours.
    let built =
        std::thread::spawn(build).join().map_err(|_| Failure::new("making an HTTP client panicked"))?;
    built.map_err(|error| Failure::because("traces can't be sent", &error))
}

/// Named as OpenTelemetry's semantic conventions for HTTP do, where they have a name.
fn attributes(call: &CallSpan) -> Vec<KeyValue> {
    let text = |name: &'static str, value: Option<String>| value.map(|value| KeyValue::new(name, value));
    [
        Some(KeyValue::new("http.request.method", call.method)),
        call.status.map(|status| KeyValue::new("http.response.status_code", i64::from(status))),
        Some(KeyValue::new("yimen.outcome", call.outcome)),
        call.fault.map(|fault| KeyValue::new("yimen.fault", fault)),
        text("yimen.entry", call.entry.map(|entry| entry.to_string())),
        text("yimen.offering", call.item.map(|item| item.to_string())),
    ]
    .into_iter()
    .flatten()
    .collect()
}
