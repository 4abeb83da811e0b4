//! What operators see of departments' services that fail, and what their callers are told meanwhile.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::binary::Demo;
use crate::city::busy;
use crate::client::{ask, list, until};
use crate::raw::connect;
use crate::staff::callable;
use crate::stand_in::{RawStandIn, StandIn, dead};

async fn offerings(demo: &Demo, query: &str) -> Vec<Value> {
    let path = format!("/operations/v1/offerings?limit=200{query}");
    let page = demo.get(&path).bearer(demo.token("auditor")).send().await.expect(200);
    list(&page["items"]).to_vec()
}

async fn metrics(demo: &Demo) -> String {
    ask(reqwest::Method::GET, &demo.admin_url("/metrics")).send().await.text()
}

#[tokio::test]
async fn a_service_that_keeps_failing_is_left_alone_and_operators_see_it() {
    let demo = Demo::start(&["--sample", "none"]);
    let well = StandIn::named("好").await;
    let (failing, fine) = (
        demo.adopt(&callable("停电的观星台预约", "330106", &dead().await)).await,
        demo.adopt(&callable("通电的观鸟台预约", "330106", &well.base_url)).await,
    );
    assert!(offerings(&demo, "&state=open").await.is_empty());
    until("the circuit opens", async || {
        let answer = demo.call(&failing, "/x").send().await;
        if answer.status == 502 {
            assert_eq!(answer.problem(502), "backend-unreachable");
            return None;
        }
        assert_eq!(
            (answer.problem(503).as_str(), &answer.json()["fault"]),
            ("backend-circuit-open", &json!("backend"))
        );
        assert!(answer.header("retry-after").is_some());
        Some(())
    })
    .await;
    demo.call(&fine, "/x").send().await.expect(200);

    let open = offerings(&demo, "&state=open").await;
    let [open] = open.as_slice() else { panic!("one is open: {open:?}") };
    assert_eq!((&open["entry"], &open["backend"]["state"]), (&json!(failing), &json!("open")));
    assert_eq!(open["backend"]["lastFailure"]["reason"], "backend-unreachable");
    assert!(
        open["backend"]["failuresInARow"].as_u64() >= Some(5) && open["backend"]["since"].is_string(),
        "{open}"
    );
    let healthy = offerings(&demo, "&state=healthy").await;
    assert!(healthy.iter().any(|offering| offering["entry"] == fine), "{healthy:?}");
    let metrics = metrics(&demo).await;
    assert!(metrics.contains("yimen_circuits_open 1"), "{metrics}");
}

#[tokio::test]
async fn only_operators_and_auditors_see_how_services_fare_part_by_part() {
    let demo = busy();
    let path = "/operations/v1/offerings";
    assert_eq!(demo.get(path).send().await.status, 401);
    assert_eq!(demo.get(path).bearer(demo.token("clerk")).send().await.problem(403), "role-not-allowed");
    let first = demo.get(&format!("{path}?limit=2")).bearer(demo.token("operator")).send().await.expect(200);
    let cursor = first["next"].as_str().expect("there are more").to_owned();
    let next =
        demo.get(&format!("{path}?limit=2&cursor={cursor}")).bearer(demo.token("operator")).send().await;
    let next = next.expect(200);
    assert_eq!((list(&first["items"]).len(), list(&next["items"]).len()), (2, 2));
    assert_ne!(first["items"][1]["item"], next["items"][0]["item"]);
    let wrong = demo.get(&format!("{path}?state=sleepy")).bearer(demo.token("operator")).send().await;
    assert_eq!(wrong.status, 400, "{}", wrong.text());
}

#[tokio::test]
async fn a_service_outside_the_allowed_networks_is_never_connected_to() {
    let demo = Demo::start(&["--sample", "none"]);
    // An address for documentation (RFC 5737): nobody is there, so that waiting for it would take seconds.
    let entry = demo.adopt(&callable("境外的天文馆预约", "330106", "http://192.0.2.1:9/base")).await;
    let answer = demo.call(&entry, "/x").send().await;
    assert_eq!(
        (answer.problem(502).as_str(), &answer.json()["fault"]),
        ("backend-address-refused", &json!("backend"))
    );
    assert!(!answer.text().contains("192.0.2.1"), "{}", answer.text());
    let metrics = metrics(&demo).await;
    assert!(
        metrics.contains(r#"yimen_backend_addresses_refused_total{reason="not-allowed"} 1"#),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_its_upload_ends_the_departments_call() {
    let (demo, stand_in) = (busy(), RawStandIn::start().await);
    let entry = demo.adopt(&callable("半途的飞艇照片上传", "330106", &stand_in.base_url)).await;
    let mut client = connect(&demo.url("")).await;
    let head = format!(
        "POST /call/{entry}/x HTTP/1.1\r\nhost: yimen.test\r\nauthorization: Bearer {}\r\ncontent-length: 100\r\n\r\nhalf",
        demo.token("citizen")
    );
    client.write_all(head.as_bytes()).await.expect("the gateway listens");
    let mut call = stand_in.accept().await;
    let mut half = [0; 4];
    call.read_exact(&mut half).await.expect("what was sent comes");
    assert_eq!(&half, b"half");
    drop(client);
    let mut rest = Vec::new();
    // Ends, whether in order or by a reset, when the gateway hangs up.
    let _ = call.read_to_end(&mut rest).await;
    assert!(rest.is_empty(), "{rest:?}");
}
