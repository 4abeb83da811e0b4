//! What is written down of a call, and what must not be.

use std::io;

use axum::body::Body;
use http::header::AUTHORIZATION;
use serde_json::Value;
use tokio::sync::mpsc;
use tracing::subscriber::DefaultGuard;
use yimen_gateway::{CountedCalls, Offering, Standing};

use crate::backends::{EchoBackend, RawBackend};
use crate::rig::{Rig, item, offering, settings, within};

/// The lines of the log on this thread, where a current-thread runtime runs everything.
struct Log {
    lines: mpsc::UnboundedReceiver<String>,
    _guard: DefaultGuard,
}

struct Writer(mpsc::UnboundedSender<String>);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn capture() -> Self {
        // Without a subscriber on every other thread, a test that runs beside this one can make `tracing` remember that
        // nobody is interested, for this thread too. It is an error only when it was done before.
        let everywhere = tracing_subscriber::fmt().with_writer(io::sink).finish();
        let _ = tracing::subscriber::set_global_default(everywhere);
        let (sender, lines) = mpsc::unbounded_channel();
        let subscriber =
            tracing_subscriber::fmt().json().with_writer(move || Writer(sender.clone())).finish();
        Self { lines, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// The next line of the access log, as it is and read.
    async fn access(&mut self) -> (String, Value) {
        loop {
            let line = within(self.lines.recv()).await.expect("the log goes on");
            let read: Value = serde_json::from_str(&line).expect("JSON");
            if read["target"] == yimen_gateway::ACCESS_LOG {
                return (line, read["fields"].clone());
            }
        }
    }
}

#[tokio::test]
async fn the_access_log_says_what_happened_and_nothing_about_the_caller() {
    let mut log = Log::capture();
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let token = rig.token();
    let request = rig
        .bare_request("POST", &format!("/call/{entry}/private-path?id_number=330106199001010000"))
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    rig.send(request.body(Body::from("secret")).expect("a request")).await;
    let (line, fields) = log.access().await;
    assert_eq!(fields["method"], "POST");
    assert_eq!(fields["entry"], entry.to_string());
    assert_eq!(fields["offering"], item("item").to_string());
    assert_eq!(fields["status"], 200);
    assert_eq!(fields["outcome"], "answered");
    assert_eq!(fields["fault"], Value::Null);
    assert_eq!(fields["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert!(fields["duration_ms"].is_u64());
    for private in [token.as_str(), "id_number", "private-path", "citizen", "张三", "secret", "127.0.0.1"] {
        assert!(!line.contains(private), "{private}: {line}");
    }

    rig.raw("X-MADE-UP /call/none/x HTTP/1.1", &[]).await;
    let (_, fields) = log.access().await;
    assert_eq!(
        (fields["method"].as_str(), fields["outcome"].as_str()),
        (Some("other"), Some("unknown-entry"))
    );
    assert_eq!(fields["fault"], "client");
}

#[tokio::test]
async fn a_call_that_ends_badly_is_written_down_with_whose_fault_it_is() {
    let mut log = Log::capture();
    let backend = RawBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let target = format!("/call/{entry}/x");
    let department = async {
        let mut call = backend.accept().await;
        call.head().await;
        call.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart").await;
        call
    };
    let request = rig.request("GET", &target).body(Body::empty()).expect("a request");
    let (response, call) = tokio::join!(rig.open(request), department);
    drop(call);
    let (_, fields) = log.access().await;
    assert_eq!(
        (fields["status"].as_u64(), fields["outcome"].as_str()),
        (Some(200), Some("backend-broke-off"))
    );
    drop(response);

    let department = async {
        let mut call = backend.accept().await;
        call.head().await;
        call.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart").await;
        call
    };
    let request = rig.request("GET", &target).body(Body::empty()).expect("a request");
    let (response, _call) = tokio::join!(rig.open(request), department);
    drop(response);
    let (_, fields) = log.access().await;
    assert_eq!((fields["outcome"].as_str(), fields["fault"].as_str()), (Some("client-gone"), Some("client")));
}

#[tokio::test]
async fn calls_are_counted_by_entry_offering_outcome_and_fault() {
    let mut log = Log::capture();
    let backend = EchoBackend::start().await;
    let rig = Rig::with(settings()).await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], &backend.base_url())]);
    for target in ["echo", "echo", "broken", "../x"] {
        rig.raw(&format!("GET /call/{entry}/{target} HTTP/1.1"), &[]).await;
        log.access().await;
    }
    let labels = format!("entry=\"{entry}\",offering=\"{}\"", item("item"));
    let metrics = rig.gateway.metrics();
    for line in [
        format!(r#"yimen_calls_total{{{labels},outcome="answered",fault="none"}} 2"#),
        format!(r#"yimen_calls_total{{{labels},outcome="backend-error",fault="backend"}} 1"#),
        r#"yimen_calls_total{entry="none",offering="none",outcome="malformed-path",fault="client"} 1"#
            .to_owned(),
        format!("yimen_call_seconds_count{{{labels}}} 3"),
        "yimen_calls_in_flight 0".to_owned(),
    ] {
        assert!(metrics.contains(&line), "{line}\n{metrics}");
    }

    // A change of the table that leaves the offering where it is leaves its numbers, too.
    let notice = domain::LocalizedText::zh("停");
    let suspended = Offering {
        standing: Standing::Suspended { notice },
        ..offering("item", &["330100"], &backend.base_url())
    };
    rig.serve("item", vec![suspended]);
    let counted = CountedCalls { entry, item: item("item"), calls: 3 };
    assert_eq!((rig.gateway.take_counts(), rig.gateway.take_counts()), (vec![counted], Vec::new()));
    rig.raw(&format!("GET /call/{entry}/echo HTTP/1.1"), &[]).await;
    log.access().await;
    assert_eq!(rig.gateway.take_counts(), [], "nobody took it");
    let metrics = rig.gateway.metrics();
    assert!(metrics.contains(&format!("yimen_call_seconds_count{{{labels}}} 3")), "{metrics}");

    rig.routes.apply(&[(entry, None)]);
    let metrics = rig.gateway.metrics();
    assert!(!metrics.contains(&entry.to_string()), "{metrics}");
}
