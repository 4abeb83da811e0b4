//! Traces of calls, as a collector gets them and a department sees them.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::binary::Demo;
use crate::client::until;
use crate::staff::callable;
use crate::stand_in::RawStandIn;
use tokio::io::AsyncWriteExt;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A stand-in for an OpenTelemetry collector: it keeps what is sent to `/v1/traces` as it is.
struct CollectorStandIn {
    endpoint: String,
    received: Arc<Mutex<Vec<u8>>>,
    serving: JoinHandle<()>,
}

impl CollectorStandIn {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().expect("it has an address"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        let take = move |body: Bytes| async move {
            kept.lock().expect("nobody panics with it").extend_from_slice(&body);
        };
        let router = axum::Router::new().route("/v1/traces", axum::routing::post(take));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { endpoint, received, serving }
    }

    fn has(&self, wanted: &[u8]) -> bool {
        let received = self.received.lock().expect("nobody panics with it");
        received.windows(wanted.len()).any(|window| window == wanted)
    }
}

impl Drop for CollectorStandIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex).expect("hexadecimal")
}

#[tokio::test]
async fn a_sampled_call_is_sent_to_the_collector_and_an_unsampled_one_is_not() {
    let (collector, stand_in) = (CollectorStandIn::start().await, RawStandIn::start().await);
    let demo = Demo::serve(&format!("[traces]\nendpoint = \"{}\"\none_in = 1\n", collector.endpoint));
    demo.approve_channel().await;
    let entry = demo.adopt(&callable("留痕的登记", "330106", &stand_in.base_url)).await;
    let call = async |traceparent: Option<&str>| {
        let asking = demo.call(&entry, "/x?id_number=330106199001010000");
        let asking = match traceparent {
            Some(traceparent) => asking.header("traceparent", traceparent),
            None => asking,
        };
        let department = async {
            let (mut call, head) = stand_in.accept_with_head().await;
            let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            call.write_all(answer).await.expect("the gateway listens");
            let written = head.lines().find_map(|line| line.strip_prefix("traceparent: ")).map(str::to_owned);
            written.expect("a department gets a trace")
        };
        let (answer, written) = tokio::join!(asking.send(), department);
        answer.expect(200);
        written
    };
    let unsampled = call(Some(&format!("00-{TRACE}-{PARENT}-00"))).await;
    assert!(unsampled.starts_with(&format!("00-{TRACE}-")) && unsampled.ends_with("-00"), "{unsampled}");
    let own = call(None).await;
    assert!(own.ends_with("-01"), "one in one begins a trace: {own}");
    let other = TRACE.replace('4', "5");
    let continued = call(Some(&format!("00-{other}-{PARENT}-01"))).await;
    for wanted in [
        bytes(&own[3..35]),
        bytes(&own[36..52]),
        bytes(&other),
        bytes(&continued[36..52]),
        bytes(PARENT),
        entry.clone().into_bytes(),
        b"answered".to_vec(),
    ] {
        until("the collector gets it", async || collector.has(&wanted).then_some(())).await;
    }
    // It came first: it would be there by now.
    assert!(!collector.has(&bytes(TRACE)) && !collector.has(b"330106199001010000"));
}
