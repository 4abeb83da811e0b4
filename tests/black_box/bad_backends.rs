//! Departments' services that are dead, slow, or say too much: whose fault it is, and that nobody else suffers.

use reqwest::Method;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::binary::Demo;
use crate::city::busy;
use crate::client::{list, until};
use crate::staff::callable;
use crate::stand_in::{RawStandIn, StandIn, dead};

const MEBIBYTE: usize = 1024 * 1024;

/// An entry whose backend may take so long to begin.
async fn impatient(demo: &Demo, name: &str, stand_in: &RawStandIn) -> String {
    let mut content = callable(name, "330106", &stand_in.base_url);
    content["backend"]["timeouts"] = json!({"firstByteMs": 200, "idleMs": 200});
    demo.adopt(&content).await
}

#[tokio::test]
async fn a_dead_one_is_a_502_and_others_are_served() {
    let demo = busy();
    let gone = demo.adopt(&callable("已下线的博物馆讲解预约", "330106", &dead().await)).await;
    let answer = demo.call(&gone, "/x").send().await;
    assert_eq!(
        (answer.problem(502).as_str(), &answer.json()["fault"]),
        ("backend-unreachable", &json!("backend"))
    );
    let stand_in = StandIn::named("活").await;
    let alive = demo.adopt(&callable("在线的灯塔参观预约", "330106", &stand_in.base_url)).await;
    demo.call(&alive, "/x").send().await.expect(200);
}

#[tokio::test]
async fn a_slow_one_is_a_504() {
    let (demo, stand_in) = (busy(), RawStandIn::start().await);
    let entry = impatient(demo, "迟缓的水塔检修报备", &stand_in).await;
    let call = demo.call(&entry, "/x");
    let (answer, _silent) = tokio::join!(call.send(), stand_in.accept());
    assert_eq!(
        (answer.problem(504).as_str(), &answer.json()["fault"]),
        ("backend-timeout", &json!("backend"))
    );
}

#[tokio::test]
async fn one_that_stops_in_the_middle_is_never_taken_for_whole() {
    let (demo, stand_in) = (busy(), RawStandIn::start().await);
    let entry = impatient(demo, "中断的渡口时刻登记", &stand_in).await;
    let department = async {
        let mut call = stand_in.accept().await;
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart";
        call.write_all(head).await.expect("the gateway listens");
        call
    };
    let (answer, _silent) = tokio::join!(demo.call(&entry, "/x").attempt(), department);
    answer.expect_err("the end is missing");
}

#[tokio::test]
async fn an_oversized_head_or_nonsense_is_a_502() {
    let (demo, stand_in) = (busy(), RawStandIn::start().await);
    let entry = impatient(demo, "啰嗦的钟楼报时登记", &stand_in).await;
    let oversized =
        format!("HTTP/1.1 200 OK\r\nx-long: {}\r\ncontent-length: 0\r\n\r\n", "x".repeat(MEBIBYTE));
    for nonsense in [oversized.as_str(), "nonsense\r\n\r\n", ""] {
        let department = async {
            let mut call = stand_in.accept().await;
            // The gateway may have hung up before all of it is written.
            let _ = call.write_all(nonsense.as_bytes()).await;
        };
        let (answer, ()) = tokio::join!(demo.call(&entry, "/x").send(), department);
        assert_eq!(
            (answer.problem(502).as_str(), &answer.json()["fault"]),
            ("backend-broke-off", &json!("backend"))
        );
    }
}

#[tokio::test]
async fn an_answer_of_any_size_flows_without_being_collected() {
    const PIECES: usize = 128;
    const WARM: usize = 16 * MEBIBYTE;
    let demo = Demo::start(&["--sample", "none"]);
    let stand_in = RawStandIn::start().await;
    let entry = demo.adopt(&callable("巨大的航拍图下载", "330106", &stand_in.base_url)).await;
    until("everything that is loaded once is loaded", async || {
        let found = demo.get("/catalogue/v1/entries").query(&[("q", "航拍图")]).send().await.expect(200);
        list(&found["items"]).iter().any(|found| found["id"] == entry).then_some(())
    })
    .await;
    let department = async {
        let mut call = stand_in.begin("200 OK").await;
        let piece = vec![b'x'; MEBIBYTE];
        for _ in 0..PIECES {
            call.write_all(&piece).await.expect("the gateway listens");
        }
    };
    let client = async {
        let mut answer = demo.call(&entry, "/x").open().await;
        let (mut length, mut held) = (0, Vec::new());
        while let Some(piece) = answer.chunk().await.expect("a piece") {
            length += piece.len();
            // Once it flows: what the process needs for any call is not the answer's.
            if length > WARM {
                held.extend(resident(&demo));
            }
        }
        (length, held)
    };
    let ((length, held), ()) = tokio::join!(client, department);
    assert_eq!(length, PIECES * MEBIBYTE);
    let (least, most) = (held.iter().min(), held.iter().max());
    if let (Some(least), Some(most)) = (least, most) {
        assert!(most - least < 32 * MEBIBYTE, "from {least} to {most} bytes");
    }
}

/// Bytes that the process holds in memory, where the system tells.
fn resident(demo: &Demo) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", demo.pid())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kibibytes| kibibytes * 1024)
}

#[tokio::test]
async fn an_upload_past_the_limit_is_a_413_before_the_department_hears_of_it() {
    let (demo, stand_in) = (busy(), StandIn::named("限").await);
    let entry = demo.adopt(&callable("超限的全景照片上传", "330106", &stand_in.base_url)).await;
    let upload = demo.ask(Method::POST, &format!("/call/{entry}/x")).bearer(demo.token("citizen"));
    let answer = upload.body(vec![0; 64 * MEBIBYTE + 1]).attempt().await;
    // The client may learn of the refusal only by the connection's end while it is still sending.
    if let Ok(answer) = answer {
        assert_eq!(answer.problem(413), "content-too-large");
    }
    let small = demo.post(&format!("/call/{entry}/x"), demo.token("citizen")).body("x").send().await;
    small.expect(200);
    assert_eq!(stand_in.calls(), 1);
}
