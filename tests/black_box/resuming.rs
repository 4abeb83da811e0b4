//! Starts from the read model's snapshot: readers, departments and callers see what they saw; a file that is of no use is
//! named in the log and replaced.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::binary::Demo;
use crate::client::until;
use crate::cluster::{settings, stand_in};
use crate::serving::issuer;
use crate::staff::callable;
use crate::stand_in::StandIn;

/// A snapshot after each few events.
const OFTEN: &str = "snapshot_every = 8";
const USED: &str = "the read model goes on from its snapshot";
const REFUSED: &str = "the read model's snapshot is not used";

fn often() -> String {
    format!("[event_log]\n{OFTEN}\n")
}

fn file(gateway: &Demo) -> PathBuf {
    gateway.data_dir().join("read-model.snapshot")
}

/// What readers, departments and operators see.
async fn seen(gateway: &Demo) -> Vec<Value> {
    let mut seen = Vec::new();
    for path in [
        "/catalogue/v1/changes",
        "/registry/v1/items?limit=100",
        "/registry/v1/departments",
        "/registry/v1/channels",
    ] {
        seen.push(gateway.get(path).bearer(gateway.token("operator")).send().await.expect(200));
    }
    seen
}

/// A gateway with an entry that can be called, everything of which is in its snapshot.
async fn with_a_snapshot() -> (Demo, StandIn, String) {
    let gateway = Demo::serve(&often());
    let backend = StandIn::named("快照后端").await;
    gateway.approve_channel().await;
    gateway.adopt(&callable("快照前的事项", "330106", &backend.base_url)).await;
    let entry = gateway.adopt(&callable("另一个事项", "330110", &backend.base_url)).await;
    until("there is a snapshot", async || file(&gateway).exists().then_some(())).await;
    (gateway, backend, entry)
}

#[tokio::test]
async fn a_killed_gateway_goes_on_from_its_snapshot() {
    let (gateway, backend, entry) = with_a_snapshot().await;
    let before = seen(&gateway).await;
    let gateway = Demo::serve_in(gateway.kill(), &often());
    assert!(gateway.log().contains(USED), "{}", gateway.log());
    assert_eq!(seen(&gateway).await, before);
    let called = gateway.call(&entry, "/").header("service-region", "330110").send().await;
    assert_eq!(called.status, 200, "{}", called.text());
    drop(backend);
    // Without the file, the same is folded from the log.
    let folder = gateway.kill();
    let gateway = Demo::serve_in(folder, "[event_log]\nsnapshot_every = 0\n");
    assert!(!gateway.log().contains("snapshot"), "{}", gateway.log());
    assert_eq!(seen(&gateway).await, before);
}

#[tokio::test]
async fn a_snapshot_of_no_use_is_named_and_replaced() {
    let (gateway, ..) = with_a_snapshot().await;
    let (before, path) = (seen(&gateway).await, file(&gateway));
    let foreign = fs::read(file(&with_a_snapshot().await.0)).expect("there is one");
    let mut folder = gateway.kill();
    let whole = fs::read(&path).expect("there is one");
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let cases: [(&[u8], &str); 4] = [
        (&damaged, "block 1 is damaged"),
        (&whole[..middle], "it ends too early"),
        (&foreign, "it is of another log"),
        (b"{}", "it ends too early"),
    ];
    for (bytes, reason) in cases {
        fs::write(&path, bytes).expect("written");
        let gateway = Demo::serve_in(folder, &often());
        let log = gateway.log();
        assert!(log.contains(REFUSED) && log.contains(reason), "{log}");
        assert_eq!(seen(&gateway).await, before, "{reason}");
        until("it is replaced", async || (fs::read(&path).expect("readable") != bytes).then_some(())).await;
        folder = gateway.kill();
    }
    let gateway = Demo::serve_in(folder, &often());
    assert!(gateway.log().contains(USED), "{}", gateway.log());
    assert_eq!(seen(&gateway).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_goes_on_from_its_own_snapshot() {
    let cluster = stand_in().await;
    let address = format!("esdb://{}?tls=false&defaultDeadline=1000", cluster.seeds());
    let (issuer, settings) = (issuer(), settings(&address, OFTEN));
    let gateway = Demo::serve_for(&issuer, TempDir::new().expect("a folder"), &settings);
    let backend = StandIn::named("快照后端").await;
    gateway.approve_channel().await;
    let entry = gateway.adopt(&callable("集群上的事项", "330106", &backend.base_url)).await;
    until("there is a snapshot", async || file(&gateway).exists().then_some(())).await;
    let gateway = Demo::serve_for(&issuer, gateway.kill(), &settings);
    assert!(gateway.log().contains(USED), "{}", gateway.log());
    let called = gateway.call(&entry, "/").header("service-region", "330106").send().await;
    assert_eq!(called.status, 200, "{}", called.text());
}
