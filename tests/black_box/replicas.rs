//! Several gateways on one log: to a citizen, a department or an operator they are one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_store::eventstoredb::EventStoreDb;
use event_store::{EventStore, Expected, Metadata, NewEvent, StreamName};
use identity::DevelopmentIssuer;
use serde_json::json;
use tempfile::TempDir;
use wire_stand_in::WireStandIn;

use crate::binary::Demo;
use crate::client::{Answer, text, until};
use crate::cluster::{real, settings, stand_in};
use crate::serving::issuer;
use crate::staff::callable;
use crate::stand_in::StandIn;

/// How soon what one gateway acknowledged holds at the others.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A gateway with the keys of another one, as operators give them: pseudonyms and assertions are the same everywhere.
fn join(first: &Demo, issuer: &DevelopmentIssuer, settings: &str) -> Demo {
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("it can be made");
    for file in ["pseudonym.secret", "assertion-key.pem"] {
        std::fs::copy(first.data_dir().join(file), data.join(file)).expect("the first made it");
    }
    Demo::serve_for(issuer, folder, settings)
}

/// Two gateways on one log, with what keeps the log alive.
async fn two(more: &str) -> (Demo, Demo, Option<WireStandIn>, String) {
    let folder = TempDir::new().expect("a folder");
    let (address, cluster) = match real(folder.path()) {
        Some(address) => (address, None),
        None => {
            let cluster = stand_in().await;
            (format!("esdb://{}?tls=false&defaultDeadline=1000", cluster.seeds()), Some(cluster))
        }
    };
    let (issuer, settings) = (issuer(), settings(&address, more));
    let first = Demo::serve_for(&issuer, folder, &settings);
    let second = join(&first, &issuer, &settings);
    (first, second, cluster, address)
}

async fn call(gateway: &Demo, entry: &str) -> Answer {
    gateway.call(entry, "/").header("service-region", "330106").send().await
}

/// Waits for this status; it has to come within a second of `since`.
async fn soon(what: &str, status: u16, since: Instant, ask: impl AsyncFn() -> Answer) -> Answer {
    let answer = until(what, async || {
        let answer = ask().await;
        (answer.status == status).then_some(answer)
    })
    .await;
    assert!(since.elapsed() < AT_ONCE, "{what}: {:?}", since.elapsed());
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways_on_one_log_are_one() {
    let (first, second, cluster, _) = two("").await;
    let backend = StandIn::named("共用后端").await;
    first.approve_channel().await;
    let entry = first.adopt(&callable("共用日志的事项", "330106", &backend.base_url)).await;

    // At once with the position, soon without.
    let department = json!({
        "code": {"scheme": "local", "value": "副本局"}, "name": {"zh-CN": "副本局"}, "region": "330106",
    });
    let enrolled = first.post("/registry/v1/departments", first.token("operator")).json(&department).await;
    let since = Instant::now();
    let path = "/registry/v1/departments/local:副本局";
    let read = second.get(path).bearer(second.token("operator")).at(&enrolled.position()).send().await;
    read.expect(200);
    assert!(since.elapsed() < AT_ONCE, "{:?}", since.elapsed());
    soon("the entry can be called at the other gateway", 200, Instant::now(), async || {
        call(&second, &entry).await
    })
    .await;

    // Both curators saw the item; what they made of it is in the log once.
    if let Some(cluster) = &cluster {
        for (category, written) in [("placement-", "Placed"), ("entry-", "Formed")] {
            let streams = cluster.streams(&format!("yimen.{category}"));
            assert_eq!(streams.len(), 1, "{streams:?}");
            assert_eq!(cluster.event_types(&streams[0]), [written]);
        }
    }

    // What stops a caller stops them everywhere.
    let suspension = "/registry/v1/channels/hangzhou-app/suspension";
    let why = json!({"reason": "违规收集个人信息"});
    first.post(suspension, first.token("operator")).json(&why).await.position();
    let suspended = Instant::now();
    let refused =
        soon("the channel is suspended", 403, suspended, async || call(&second, &entry).await).await;
    assert_eq!(refused.problem(403), "channel-suspended");
    let approval = "/registry/v1/channels/hangzhou-app/approval";
    second.post(approval, second.token("reviewer")).send().await.position();
    soon("the channel is approved again", 200, Instant::now(), async || call(&first, &entry).await).await;
    let revocation =
        json!({"issuer": "https://id.test", "target": "subject", "value": "citizen", "reason": "账号被盗"});
    second.post("/operations/v1/revocations", second.token("operator")).json(&revocation).await.expect(201);
    let revoked = Instant::now();
    let refused = soon("the citizen is revoked", 401, revoked, async || call(&first, &entry).await).await;
    assert_eq!(refused.problem(401), "token-revoked");

    // One of them may die.
    first.kill();
    let renamed = json!({
        "code": {"scheme": "local", "value": "后来局"}, "name": {"zh-CN": "后来局"}, "region": "330106",
    });
    let later = second.post("/registry/v1/departments", second.token("operator")).json(&renamed).await;
    later.expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_lost_the_log_says_so_and_comes_back() {
    let cluster = stand_in().await;
    let address = format!("esdb://{}?tls=false&defaultDeadline=500", cluster.seeds());
    let gateway = Demo::serve_for(
        &issuer(),
        TempDir::new().expect("a folder"),
        &settings(&address, "max_behind = \"2s\""),
    );
    let backend = StandIn::named("断线后端").await;
    gateway.approve_channel().await;
    let entry = gateway.adopt(&callable("断线时的事项", "330106", &backend.base_url)).await;
    until("the entry can be called", async || (call(&gateway, &entry).await.status == 200).then_some(()))
        .await;
    let fresh = gateway.get("/catalogue/v1/entries").send().await;
    assert_eq!(fresh.header("yimen-behind"), None);

    (0..3).for_each(|node| cluster.stop_node(node));
    let ready =
        || async { crate::client::ask(reqwest::Method::GET, &gateway.admin_url("/readyz")).send().await };
    until("it says that it is not ready", async || (ready().await.status == 503).then_some(())).await;
    let refused = until("the API is refused", async || {
        let answer = gateway.get("/catalogue/v1/entries").send().await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    assert_eq!(refused.problem(503), "read-model-behind");
    let carried = call(&gateway, &entry).await;
    carried.expect(200);
    let behind: u64 = carried.header("yimen-behind").expect("it says so").parse().expect("seconds");
    assert!(behind >= 2, "{behind}");

    cluster.elect(2);
    for node in 0..3 {
        cluster.start_node(node).await.expect("the port is ours");
    }
    until("the API answers again", async || {
        let answer = gateway.get("/catalogue/v1/entries").send().await;
        (answer.status == 200 && answer.header("yimen-behind").is_none()).then_some(())
    })
    .await;
    until("it is ready again", async || (ready().await.status == 200).then_some(())).await;
    let why = json!({"reason": "违规收集个人信息"});
    let suspended = gateway.post("/registry/v1/channels/hangzhou-app/suspension", gateway.token("operator"));
    suspended.json(&why).await.position();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_a_newer_gateway_do_not_stop_an_older_one() {
    let (first, second, _cluster, address) = two("").await;
    first.approve_channel().await;
    let newer =
        Arc::new(EventStoreDb::open(address.parse().expect("an address")).expect("its files are there"));
    let page = newer.read_all(event_store::Position::START, 10).await.expect("readable");
    let metadata: Metadata = page[0].metadata().expect("ours");
    let foreign = |kind: &str| {
        let id = uuid::Uuid::new_v4();
        NewEvent::new(id, kind, 9, r#"{"festival":"端午"}"#, &metadata).expect("JSON")
    };
    // A kind of stream, and a kind of event on a known stream, that this version knows nothing of.
    let festival = StreamName::new("festival", "端午").expect("a name");
    newer.append(&festival, Expected::NoStream, vec![foreign("Announced")]).await.expect("appended");
    let channel = StreamName::new("channel", "hangzhou-app").expect("a name");
    newer.append(&channel, Expected::Revision(1), vec![foreign("Celebrated")]).await.expect("appended");

    let backend = StandIn::named("新旧后端").await;
    let entry = second.adopt(&callable("升级期间的事项", "330106", &backend.base_url)).await;
    for gateway in [&first, &second] {
        until("the entry can be called", async || (call(gateway, &entry).await.status == 200).then_some(()))
            .await;
        let status = gateway.get("/operations/v1/status").bearer(gateway.token("operator")).send().await;
        assert!(!text(&status.expect(200)["head"]).is_empty());
    }
    // Commands on the stream with the unknown event go on, too.
    let why = json!({"reason": "违规收集个人信息"});
    let suspended = first.post("/registry/v1/channels/hangzhou-app/suspension", first.token("operator"));
    suspended.json(&why).await.position();
}
