//! Bodies flow through the gateway piece by piece, both ways, over IPv4 and IPv6.

use futures_util::stream::{self, StreamExt};
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

use crate::binary::Demo;
use crate::calls::entry;
use crate::city::busy;
use crate::client::ask;
use crate::staff::callable;
use crate::stand_in::{RawStandIn, StandIn};

const HALF: usize = 4 * 1024 * 1024;

async fn raw_service(demo: &Demo, name: &str) -> (RawStandIn, String) {
    let stand_in = RawStandIn::start().await;
    let department = demo.enrol(name, "330106").await;
    let (_, entry) = demo.offer(&department, "流", &callable(name, "330106", &stand_in.base_url)).await;
    (stand_in, entry)
}

#[tokio::test]
async fn what_a_department_says_arrives_before_it_has_finished() {
    let demo = busy();
    let (stand_in, entry) = raw_service(demo, "萤火虫观赏预约").await;
    let department = async {
        let mut call = stand_in.begin("200 OK").await;
        call.write_all(b"data: one\n\n").await.expect("the gateway listens");
        call
    };
    let (mut answer, mut call) = tokio::join!(demo.call(&entry, "/events").open(), department);
    // The second event is written when the first has been read: nobody on the way waits for the end.
    assert_eq!(answer.chunk().await.expect("a piece").as_deref(), Some(&b"data: one\n\n"[..]));
    call.write_all(b"data: two\n\n").await.expect("the gateway listens");
    assert_eq!(answer.chunk().await.expect("a piece").as_deref(), Some(&b"data: two\n\n"[..]));
    drop(call);
    assert_eq!(answer.chunk().await.expect("the end"), None);
}

#[tokio::test]
async fn the_samples_events_are_server_sent() {
    let demo = busy();
    let answer = demo.call(&entry(demo).await, "/events").send().await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
    let stages: Vec<_> =
        answer.text().lines().filter_map(|line| line.strip_prefix("id: ").map(str::to_owned)).collect();
    assert_eq!(stages, ["0", "1", "2", "3"]);
}

#[tokio::test]
async fn a_large_upload_flows_and_arrives_whole() {
    let demo = busy();
    let (stand_in, entry) = raw_service(demo, "候鸟影像征集").await;
    let (seen, waits) = oneshot::channel();
    let rest = stream::once(async move {
        waits.await.expect("the department tells");
        Ok::<_, std::io::Error>(vec![2; HALF])
    });
    let body = stream::once(async { Ok(vec![1; HALF]) }).chain(rest);
    let upload =
        demo.ask(reqwest::Method::POST, &format!("/call/{entry}/photos")).bearer(demo.token("citizen"));
    let upload =
        upload.header("content-length", &(2 * HALF).to_string()).body(reqwest::Body::wrap_stream(body));
    let department = async {
        let mut call = stand_in.accept().await;
        let mut half = vec![0; HALF];
        // The second half is sent when the first has arrived: nobody on the way collects the whole.
        call.read_exact(&mut half).await.expect("the first half comes");
        seen.send(()).expect("the client waits");
        call.read_exact(&mut half).await.expect("the second half comes");
        assert!(half.iter().all(|byte| *byte == 2));
        call.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.expect("the gateway listens");
    };
    let (answer, ()) = tokio::join!(upload.send(), department);
    assert_eq!(answer.status, 204, "{}", answer.text());
}

#[tokio::test]
async fn eight_mebibytes_keep_their_digest() {
    let demo = busy();
    let bytes: Vec<u8> = (0..2 * HALF).map(|place| (place % 251) as u8).collect();
    let digest = hex::encode(Sha256::digest(&bytes));
    let path = format!("/call/{}/echo", entry(demo).await);
    let echo = demo.post(&path, demo.token("citizen")).body(bytes).send().await.expect(200);
    assert_eq!(echo["body"], json!({"length": 2 * HALF, "sha256": digest}));
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_departments_call() {
    let demo = busy();
    let (stand_in, entry) = raw_service(demo, "陨石收藏登记").await;
    let (answer, mut call) = tokio::join!(demo.call(&entry, "/x").open(), stand_in.begin("200 OK"));
    drop(answer);
    let mut rest = Vec::new();
    // Ends, whether in order or by a reset, when the gateway hangs up.
    let _ = call.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn both_address_families_are_served_and_reached() {
    if tokio::net::TcpListener::bind("[::1]:0").await.is_err() {
        eprintln!("this host has no IPv6: nothing is tested");
        return;
    }
    let demo = Demo::start_at("[::]:0", TempDir::new().expect("a folder"), &["--sample", "none"]);
    let stand_in = StandIn::on("[::1]:0", "六").await;
    let department = demo.enrol("六局", "330106").await;
    let (_, entry) =
        demo.offer(&department, "6", &callable("星空露营地备案", "330106", &stand_in.base_url)).await;
    let port = demo.url("").rsplit(':').next().expect("a port").to_owned();
    for host in ["[::1]", "127.0.0.1"] {
        let url = format!("http://{host}:{port}/call/{entry}/x");
        let answer = ask(reqwest::Method::GET, &url).bearer(demo.token("citizen")).send().await;
        assert_eq!(answer.expect(200)["standIn"], "六", "{host}");
    }
}
