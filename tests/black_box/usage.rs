//! How often entries are called: in the metrics at once, in the log after a while, and what survives which end.

use std::process::Command;

use reqwest::Method;
use serde_json::Value;

use crate::binary::Demo;
use crate::client::{ask, until};
use crate::staff::callable;
use crate::stand_in::StandIn;

async fn usage(demo: &Demo, entry: &str) -> Value {
    let path = format!("/operations/v1/usage?entry={entry}");
    let page = demo.get(&path).bearer(demo.token("operator")).send().await.expect(200);
    page["items"][0].clone()
}

async fn call(demo: &Demo, entry: &str, times: usize) {
    for _ in 0..times {
        demo.call(entry, "/x?id=330106199001010000").send().await.expect(200);
    }
}

async fn written(demo: &Demo, entry: &str, calls: u64) {
    until("the calls are in the log", async || (usage(demo, entry).await["calls"] == calls).then_some(()))
        .await;
}

#[tokio::test]
async fn calls_are_counted_by_the_day_and_an_orderly_end_loses_none() {
    let stand_in = StandIn::named("数").await;
    let demo = Demo::serve("[usage]\nevery = \"50ms\"\n");
    demo.approve_channel().await;
    let entry = demo.adopt(&callable("计数测试登记", "330106", &stand_in.base_url)).await;
    assert_eq!(usage(&demo, &entry).await["lastCalled"], Value::Null);
    call(&demo, &entry, 3).await;
    demo.get(&format!("/call/{entry}/x")).send().await.expect(401);
    written(&demo, &entry, 3).await;
    let counted = usage(&demo, &entry).await;
    assert_eq!(
        (&counted["days"][0]["day"], &counted["days"][0]["calls"]),
        (&counted["lastCalled"], &3.into())
    );
    let events = demo.get("/operations/v1/events?limit=200").bearer(demo.token("operator")).send().await;
    assert!(!events.text().contains("330106199001010000"), "{}", events.text());
    let metrics = ask(Method::GET, &demo.admin_url("/metrics")).send().await.text();
    let line = format!(
        r#"yimen_calls_total{{entry="{entry}",offering="{entry}",outcome="answered",fault="none"}} 3"#
    );
    assert!(metrics.contains(&line), "{metrics}");

    // What is counted between two batches, and the process is told to end: it writes first.
    let mut demo = Demo::serve_in(demo.kill(), "[usage]\nevery = \"1h\"\n");
    call(&demo, &entry, 2).await;
    let told = Command::new("kill").args(["-TERM", &demo.pid().to_string()]).status().expect("there is kill");
    assert!(told.success());
    assert_eq!(demo.wait().code(), Some(0));

    let demo = Demo::serve_in(demo.kill(), "[usage]\nevery = \"50ms\"\n");
    assert_eq!(usage(&demo, &entry).await["calls"], 5);
    call(&demo, &entry, 1).await;
    written(&demo, &entry, 6).await;
}
