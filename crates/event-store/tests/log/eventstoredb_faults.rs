//! What the cluster's client does badly, and what a cluster goes through: lived with, held against a wire stand-in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_store::eventstoredb::EventStoreDb;
use event_store::{AppendError, EventStore, Expected, Position, StoreError, verify};
use tokio::task::JoinSet;
use uuid::Uuid;
use wire_stand_in::{Call, Fault, Options};

use crate::cluster::{address, open, stand_in, stand_in_of};
use crate::tally::{after, event, event_of, fresh_stream};

async fn three() -> wire_stand_in::WireStandIn {
    stand_in_of(Options { nodes: 3, ..Options::default() }).await
}

async fn assert_clean(store: &EventStoreDb, events: u64) {
    let report = verify(store, None, |_| ()).await.expect("readable");
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.events, events);
}

/// How many threads the clients of this process have.
fn client_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux tells");
    let names = tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.trim() == "esdb-client").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lone_append_waits_and_appends_at_once_share_the_wait() {
    let cluster = stand_in().await;
    let store = open(&cluster);
    let one = |store: Arc<EventStoreDb>| async move {
        store.append(&fresh_stream(), Expected::NoStream, vec![event(0)]).await.expect("appended");
    };
    one(Arc::clone(&store)).await;
    let started = Instant::now();
    for _ in 0..16 {
        one(Arc::clone(&store)).await;
    }
    let alone = started.elapsed();
    let started = Instant::now();
    (0..16).map(|_| one(Arc::clone(&store))).collect::<JoinSet<()>>().join_all().await;
    let together = started.elapsed();
    assert!(together * 2 < alone, "{together:?} together, {alone:?} one after the other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_may_come_after_the_gateway() {
    let cluster = wire_stand_in::WireStandIn::reserve(Options::default()).await.expect("a free port");
    let store = open(&cluster);
    let early = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.append(&fresh_stream(), Expected::NoStream, vec![event(0)]).await })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!early.is_finished(), "it waits");
    cluster.start_node(0).await.expect("the port is ours");
    early.await.expect("no panic").expect("appended when the server is there");
    assert_clean(&store, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_comes_is_said() {
    let cluster = wire_stand_in::WireStandIn::reserve(Options::default()).await.expect("a free port");
    let text = format!("esdb://{}?tls=false&defaultDeadline=500&patience=1500", cluster.seeds());
    let store = EventStoreDb::open(text.parse().expect("an address")).expect("no files");
    for _ in 0..2 {
        let started = Instant::now();
        let failed = store.head().await;
        assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    cluster.start_node(0).await.expect("the port is ours");
    let mut outcome = store.head().await;
    for _ in 0..20 {
        if outcome.is_ok() {
            break;
        }
        outcome = store.head().await;
    }
    assert_eq!(outcome.expect("a client that was dead for good has been replaced"), Position::START);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_may_die() {
    let cluster = three().await;
    let store = open(&cluster);
    let stream = fresh_stream();
    for count in 0..6_u64 {
        store.append(&stream, after(count), vec![event(count)]).await.expect("appended");
        if count % 2 == 0 {
            let leader = usize::try_from(count / 2).expect("small");
            cluster.elect((leader + 1) % 3);
            cluster.stop_node(leader);
            if leader > 0 {
                cluster.start_node(leader - 1).await.expect("the port is ours");
            }
        }
    }
    assert_eq!(store.read_stream(&stream, 0, 10).await.expect("readable").len(), 6);
    assert_clean(&store, 6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_may_lead_while_the_old_leader_lives() {
    let cluster = three().await;
    let store = open(&cluster);
    let stream = fresh_stream();
    for count in 0..6_u64 {
        cluster.elect(usize::try_from(count % 3).expect("small"));
        store.append(&stream, after(count), vec![event(count)]).await.expect("appended");
    }
    cluster.once(Call::Append, Fault::NotLeader);
    store.append(&stream, after(6), vec![event(6)]).await.expect("said once, tried once more");
    assert_clean(&store, 7).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_were_replaced_leave_nothing_behind() {
    let cluster = stand_in().await;
    let store = open(&cluster);
    let stream = fresh_stream();
    for count in 0..12_u64 {
        store.append(&stream, after(count), vec![event(count)]).await.expect("appended");
        cluster.stop_node(0);
        cluster.start_node(0).await.expect("the port is ours");
    }
    assert!(cluster.connections() > 6, "the connections were cut each time");
    // Other tests of this process have clients, too: far fewer than were replaced here by now and before.
    let deadline = Instant::now() + Duration::from_secs(20);
    while client_threads() > 40 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(client_threads() <= 40, "{} threads", client_threads());
    assert_clean(&store, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_of_unknown_outcome_is_written_once() {
    let cluster = stand_in().await;
    let store = open(&cluster);
    let stream = fresh_stream();
    let faults = [
        Fault::CutAfter,
        Fault::CutBefore,
        Fault::AbortAfter,
        Fault::Refuse,
        Fault::HangAfter,
        Fault::Hang,
        Fault::Twice,
    ];
    for (count, fault) in (0..).zip(faults) {
        cluster.once(Call::Append, fault);
        let two = vec![event(2 * count), event(2 * count + 1)];
        let appended = store.append(&stream, after(2 * count), two).await;
        let appended = appended.unwrap_or_else(|error| panic!("{fault:?}: {error:?}"));
        assert_eq!((appended.revision, appended.duplicate), (2 * count + 1, false), "{fault:?}");
    }
    let ids: std::collections::HashSet<_> =
        store.read_stream(&stream, 0, 100).await.expect("readable").into_iter().map(|e| e.id).collect();
    assert_eq!(ids.len(), 14);
    assert_clean(&store, 14).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_get_over_the_same_faults() {
    let cluster = stand_in().await;
    let store = open(&cluster);
    let stream = fresh_stream();
    store.append(&stream, Expected::NoStream, (0..5).map(event).collect()).await.expect("appended");
    for fault in [
        Fault::CutBefore,
        Fault::CutAfterEvents(2),
        Fault::Refuse,
        Fault::HangAfter,
        Fault::AbortAfter,
        Fault::Twice,
        Fault::NotLeader,
        Fault::Delay(Duration::from_millis(50)),
    ] {
        cluster.always(Call::Read, Some(fault));
        let reading = {
            let (store, stream) = (Arc::clone(&store), stream.clone());
            tokio::spawn(async move {
                let events = store.read_stream(&stream, 0, 100).await?;
                Ok::<_, StoreError>((events, store.read_all(Position::START, 100).await?))
            })
        };
        if !matches!(fault, Fault::Twice | Fault::Delay(_)) {
            tokio::time::sleep(Duration::from_millis(150)).await;
            cluster.always(Call::Read, None);
        }
        let (events, all) = reading.await.expect("no panic").unwrap_or_else(|e| panic!("{fault:?}: {e:?}"));
        assert_eq!(events.iter().map(|e| e.revision).collect::<Vec<_>>(), [0, 1, 2, 3, 4], "{fault:?}");
        assert_eq!(all, events, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_end_early_are_only_short() {
    let cluster = stand_in().await;
    let store = open(&cluster);
    for _ in 0..6 {
        store.append(&fresh_stream(), Expected::NoStream, vec![event(0)]).await.expect("appended");
    }
    // Some of `$all` is the server's own.
    cluster.always(Call::Read, Some(Fault::EndAfter(2)));
    let (mut met, mut position) = (0, Position::START);
    loop {
        let page = store.read_all(position, 100).await.expect("readable");
        let Some(last) = page.last() else { break };
        (met, position) = (met + page.len(), last.position);
    }
    assert_eq!(met, 6);
    assert_eq!(cluster.subscriptions(), 0, "nobody subscribes, so nobody spins when a subscription ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflicts_say_what_the_stream_says() {
    let cluster = stand_in().await;
    let store = open(&cluster);
    let stream = fresh_stream();
    store.append(&stream, Expected::NoStream, vec![event(0), event(1)]).await.expect("appended");
    let mut appends = JoinSet::new();
    for number in 0..20_u64 {
        let (store, stream) = (Arc::clone(&store), stream.clone());
        appends.spawn(async move {
            if number % 2 == 0 {
                let refused = store.append(&stream, Expected::Revision(0), vec![event(number)]).await;
                // The stand-in's own word, like the server's, can't be relied on.
                assert!(matches!(refused, Err(AppendError::Conflict { actual: Some(1) })), "{refused:?}");
            } else {
                store
                    .append(&fresh_stream(), Expected::NoStream, vec![event(number)])
                    .await
                    .expect("appended");
            }
        });
    }
    appends.join_all().await;
    assert_clean(&store, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_ours_is_passed_over_once() {
    let cluster = stand_in().await;
    let store = open(&cluster);
    let other = EventStoreDb::open(address(&cluster, "&prefix=other.")).expect("no files");
    let stream = fresh_stream();
    let first = store.append(&stream, Expected::NoStream, vec![event(0)]).await.expect("appended").position;
    for _ in 0..3 {
        other.append(&stream, Expected::NoStream, vec![event(1)]).await.err();
        other.append(&fresh_stream(), Expected::NoStream, vec![event(2)]).await.expect("appended");
    }
    cluster.write_system_events(2000);
    assert_eq!(store.head().await.expect("readable"), first);
    assert_eq!(store.read_all(first, 10).await.expect("readable"), []);
    let before = cluster.calls(Call::Read);
    for _ in 0..20 {
        assert_eq!(store.read_all(first, 10).await.expect("readable"), []);
        assert_eq!(store.head().await.expect("readable"), first);
    }
    let calls = cluster.calls(Call::Read) - before;
    assert!(calls < 100, "{calls} calls: the system's events are read again and again");
    let second = store.append(&stream, Expected::Revision(0), vec![event(3)]).await.expect("appended");
    let page = store.read_all(first, 10).await.expect("readable");
    assert_eq!(page.iter().map(|e| e.position).collect::<Vec<_>>(), [second.position]);
    assert!(second.position.raw() - first.raw() > 2000, "positions have gaps");
    assert_clean(&store, 2).await;
    assert_clean(&other, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_an_operator_deleted_is_not_begun_anew() {
    let cluster = stand_in().await;
    let store = open(&cluster);
    let (soft, hard) = (fresh_stream(), fresh_stream());
    for stream in [&soft, &hard] {
        store.append(stream, Expected::NoStream, vec![event(0), event(1)]).await.expect("appended");
    }
    cluster.soft_delete(&format!("yimen.{soft}"));
    cluster.tombstone(&format!("yimen.{hard}"));
    assert_eq!(store.read_stream(&soft, 0, 10).await.expect("readable"), []);
    let hard_read = store.read_stream(&hard, 0, 10).await;
    assert!(matches!(hard_read, Err(StoreError::Corrupt { .. })), "{hard_read:?}");
    for (stream, expected) in
        [(&soft, Expected::NoStream), (&hard, Expected::NoStream), (&hard, Expected::Revision(1))]
    {
        let refused = store.append(stream, expected, vec![event(2)]).await;
        assert!(matches!(refused, Err(AppendError::Store(StoreError::Corrupt { .. }))), "{refused:?}");
    }
    // The log as a whole goes on; what was deleted is still in it until the server tidies up.
    store.append(&fresh_stream(), Expected::NoStream, vec![event(3)]).await.expect("appended");
    assert_eq!(store.read_all(Position::START, 100).await.expect("readable").len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_servers_own_bound_on_appends_is_said() {
    let cluster = stand_in_of(Options { max_append_bytes: 64 * 1024, ..Options::default() }).await;
    let store = open(&cluster);
    let stream = fresh_stream();
    let large = event_of(Uuid::new_v4(), format!("\"{}\"", "x".repeat(80_000)));
    let refused = store.append(&stream, Expected::NoStream, vec![large]).await;
    assert!(matches!(refused, Err(AppendError::TooLarge { limit: 65_536, .. })), "{refused:?}");
    // By their number, these are more than the server's default with what wraps them.
    let many = (0..4000).map(|number| event_of(Uuid::new_v4(), format!("{number}"))).collect();
    let refused = store.append(&stream, Expected::NoStream, many).await;
    assert!(matches!(refused, Err(AppendError::TooLarge { .. })), "{refused:?}");
    store.append(&stream, Expected::NoStream, vec![event(0)]).await.expect("nothing was written before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_somebody_else_wrote_into_our_stream_is_named() {
    let cluster = stand_in().await;
    let store = open(&cluster);
    let stream = fresh_stream();
    store.append(&stream, Expected::NoStream, vec![event(0)]).await.expect("appended");
    cluster.write_foreign(&format!("yimen.{stream}"), "Added", br#"{"number":9}"#);
    store.append(&fresh_stream(), Expected::NoStream, vec![event(1)]).await.expect("appended");
    assert_eq!(store.read_stream(&stream, 0, 10).await.expect("up to there").len(), 1);
    let beyond = store.read_stream(&stream, 1, 10).await;
    assert!(matches!(beyond, Err(StoreError::Corrupt { position: Some(_), .. })), "{beyond:?}");
    let report = verify(&*store, None, |_| ()).await.expect("readable");
    assert_eq!((report.events, report.found), (2, 1), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_write_the_same_once_and_see_each_other() {
    let cluster = stand_in().await;
    let (one, other) = (open(&cluster), open(&cluster));
    let mut seen = Position::START;
    for count in 0..10_u64 {
        let (stream, id) = (fresh_stream(), Uuid::new_v4());
        let append = |store: Arc<EventStoreDb>| {
            let stream = stream.clone();
            async move { store.append(&stream, Expected::NoStream, vec![event_of(id, format!("{count}"))]).await }
        };
        let (waits, after) = (Arc::clone(&other), seen);
        let told = tokio::spawn(async move { waits.changed(after).await });
        let (first, second) = tokio::join!(append(Arc::clone(&one)), append(Arc::clone(&other)));
        let (first, second) = (first.expect("appended"), second.expect("appended"));
        assert_eq!(first.position, second.position);
        assert!(first.duplicate != second.duplicate, "one of them wrote it");
        seen = tokio::time::timeout(Duration::from_secs(2), told)
            .await
            .expect("soon")
            .expect("no panic")
            .expect("told");
        seen = seen.max(first.position);
    }
    let position =
        one.append(&fresh_stream(), Expected::NoStream, vec![event(0)]).await.expect("appended").position;
    let told = tokio::time::timeout(Duration::from_secs(1), other.changed(seen)).await;
    assert_eq!(told.expect("within a second").expect("told"), position);
    assert_clean(&one, 11).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_are_asked_for_and_never_repeated() {
    let options = Options { credentials: Some("yimen:s3cret/@".to_owned()), ..Options::default() };
    let cluster = stand_in_of(options).await;
    let at = |pair: &str| {
        let text = format!("esdb://{pair}@{}?tls=false&patience=2000", cluster.seeds());
        EventStoreDb::open(text.parse().expect("an address")).expect("no files")
    };
    let store = at("yimen:s3cret%2F%40");
    store.append(&fresh_stream(), Expected::NoStream, vec![event(0)]).await.expect("appended");
    let wrong = at("yimen:hunter2");
    let Err(StoreError::Unavailable { source }) = wrong.head().await else { panic!("let in") };
    let said = format!("{source} {source:?} {wrong:?} {store:?}");
    assert!(said.contains("credentials"), "{said}");
    assert!(!said.contains("hunter2") && !said.contains("s3cret"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_were_changed_are_read_again() {
    let options = Options { credentials: Some("yimen:new".to_owned()), ..Options::default() };
    let cluster = stand_in_of(options).await;
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("credentials");
    std::fs::write(&file, "yimen:old").expect("written");
    let store = Arc::new(
        EventStoreDb::open(address(&cluster, &format!("&credentialsFile={}", file.display())))
            .expect("the file is there"),
    );
    assert!(store.head().await.is_err(), "let in");
    std::fs::write(&file, "yimen:new").expect("written");
    store.append(&fresh_stream(), Expected::NoStream, vec![event(0)]).await.expect("let in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_is_read_back_in_part_may_be_repeated() {
    let cluster = stand_in().await;
    let store = open(&cluster);
    let stream = fresh_stream();
    store.append(&stream, Expected::NoStream, vec![event(0)]).await.expect("appended");
    let events = vec![event(1), event(2), event(3)];
    cluster.always(Call::Read, Some(Fault::EndAfter(1)));
    let unknown = store.append(&stream, Expected::Revision(0), events.clone()).await;
    assert!(matches!(unknown, Err(AppendError::Store(StoreError::Unavailable { .. }))), "{unknown:?}");
    cluster.always(Call::Read, None);
    let repeated = store.append(&stream, Expected::Revision(0), events).await.expect("it was there");
    assert!(repeated.duplicate && repeated.revision == 3, "{repeated:?}");
    assert_clean(&store, 4).await;
}
