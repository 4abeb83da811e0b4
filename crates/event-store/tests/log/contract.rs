//! What every adapter must do. Nothing here needs an empty log, so that it runs against a shared one.

use std::collections::HashSet;
use std::sync::Arc;

use event_store::{AppendError, EventStore, Expected, NewEvent, Position, Recorded, StreamName, verify};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::tally::{after, event, event_of, fresh_stream};

/// One test per clause, against the store that `$open().await` gives with whatever keeps it alive.
macro_rules! contract {
    ($open:path: $($clause:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $clause() {
                let (store, _alive) = $open().await;
                $crate::contract::$clause(store).await;
            }
        )+
    };
    ($open:path) => {
        $crate::contract::contract!(
            $open:
            appends_are_read_back_in_order,
            a_stream_is_made_once,
            a_stale_revision_is_refused,
            of_concurrent_appends_one_wins,
            streams_are_written_side_by_side,
            repeating_an_append_writes_nothing,
            an_id_is_used_once,
            an_append_is_all_or_nothing,
            pages_cover_the_whole_log_once,
            a_follower_is_woken,
            any_text_can_be_a_key,
            events_may_be_large_up_to_the_limit,
            positions_travel_as_tokens,
            the_chain_holds,
        );
    };
}
pub(crate) use contract;

type Store = Arc<dyn EventStore>;

async fn append_one(store: &Store, stream: &StreamName, count: u64) -> event_store::Appended {
    store.append(stream, after(count), vec![event(count)]).await.expect("nobody else writes this stream")
}

async fn whole_stream(store: &Store, stream: &StreamName) -> Vec<Recorded> {
    let mut events: Vec<Recorded> = Vec::new();
    loop {
        let page = store.read_stream(stream, events.len() as u64, 3).await.expect("readable");
        if page.is_empty() {
            return events;
        }
        events.extend(page);
    }
}

pub async fn appends_are_read_back_in_order(store: Store) {
    let stream = fresh_stream();
    assert_eq!(whole_stream(&store, &stream).await, []);
    let new: Vec<NewEvent> = (0..7).map(event).collect();
    let first = store.append(&stream, Expected::NoStream, new[..4].to_vec()).await.expect("first");
    let second = store.append(&stream, Expected::Revision(3), new[4..].to_vec()).await.expect("second");
    assert_eq!((first.revision, second.revision), (3, 6));
    assert!(first.position < second.position);
    assert!(!first.duplicate && !second.duplicate);

    let events = whole_stream(&store, &stream).await;
    assert_eq!(events.iter().map(|e| e.revision).collect::<Vec<_>>(), (0..7).collect::<Vec<_>>());
    assert!(events.is_sorted_by(|a, b| a.position < b.position));
    for (recorded, new) in events.iter().zip(&new) {
        assert_eq!((recorded.id, &recorded.stream), (new.id(), &stream));
        assert_eq!((recorded.event_type.as_str(), recorded.version), ("Added", 2));
        assert_eq!(recorded.metadata().expect("ours").command_id, new.id());
    }
    assert_eq!(events[5].data, r#"{"number":5}"#);
    assert_eq!(store.read_stream(&stream, 7, 10).await.expect("readable"), []);
    assert_eq!(store.read_stream(&stream, u64::MAX, 10).await.expect("readable"), []);
}

pub async fn a_stream_is_made_once(store: Store) {
    let stream = fresh_stream();
    append_one(&store, &stream, 0).await;
    let again = store.append(&stream, Expected::NoStream, vec![event(1)]).await;
    assert!(matches!(again, Err(AppendError::Conflict { actual: Some(0) })), "{again:?}");
}

pub async fn a_stale_revision_is_refused(store: Store) {
    let stream = fresh_stream();
    let early = store.append(&stream, Expected::Revision(0), vec![event(0)]).await;
    assert!(matches!(early, Err(AppendError::Conflict { actual: None })), "{early:?}");
    append_one(&store, &stream, 0).await;
    append_one(&store, &stream, 1).await;
    for revision in [0, 2, u64::MAX] {
        let stale = store.append(&stream, Expected::Revision(revision), vec![event(2)]).await;
        assert!(matches!(stale, Err(AppendError::Conflict { actual: Some(1) })), "{stale:?}");
    }
    assert_eq!(whole_stream(&store, &stream).await.len(), 2);
}

pub async fn of_concurrent_appends_one_wins(store: Store) {
    let stream = fresh_stream();
    for round in 0..5 {
        let mut rivals = JoinSet::new();
        for _ in 0..16 {
            let (store, stream) = (Arc::clone(&store), stream.clone());
            rivals.spawn(async move { store.append(&stream, after(round), vec![event(round)]).await });
        }
        let outcomes = rivals.join_all().await;
        let lost =
            |o: &&Result<_, _>| matches!(o, Err(AppendError::Conflict { actual: Some(a) }) if *a == round);
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(outcomes.iter().filter(lost).count(), 15, "{outcomes:?}");
    }
    assert_eq!(whole_stream(&store, &stream).await.len(), 5);
}

pub async fn streams_are_written_side_by_side(store: Store) {
    let mut writers = JoinSet::new();
    for _ in 0..64 {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let stream = fresh_stream();
            for count in 0..10 {
                append_one(&store, &stream, count).await;
            }
            stream
        });
    }
    for stream in writers.join_all().await {
        let numbers: Vec<_> = whole_stream(&store, &stream).await.into_iter().map(|e| e.data).collect();
        assert_eq!(numbers, (0..10).map(|n| format!(r#"{{"number":{n}}}"#)).collect::<Vec<_>>());
    }
}

pub async fn repeating_an_append_writes_nothing(store: Store) {
    let stream = fresh_stream();
    let events = vec![event(0), event(1)];
    let first = store.append(&stream, Expected::NoStream, events.clone()).await.expect("new");
    append_one(&store, &stream, 2).await;
    let again = store.append(&stream, Expected::NoStream, events).await.expect("known");
    assert!(again.duplicate);
    assert_eq!((again.revision, again.position), (first.revision, first.position));
    assert_eq!(whole_stream(&store, &stream).await.len(), 3);

    let id = Uuid::new_v4();
    let other_stream = fresh_stream();
    let mut repeats = JoinSet::new();
    for _ in 0..8 {
        let (store, stream) = (Arc::clone(&store), other_stream.clone());
        repeats
            .spawn(async move { store.append(&stream, Expected::NoStream, vec![event_of(id, "{}")]).await });
    }
    let outcomes = repeats.join_all().await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(appended) if appended.revision == 0)));
    assert_eq!(outcomes.iter().flatten().filter(|appended| !appended.duplicate).count(), 1);
}

pub async fn an_id_is_used_once(store: Store) {
    let (stream, elsewhere) = (fresh_stream(), fresh_stream());
    let id = Uuid::new_v4();
    store.append(&stream, Expected::NoStream, vec![event_of(id, "{}")]).await.expect("new");
    let reused = |outcome| matches!(outcome, Err(AppendError::IdReused { id: named }) if named == id);
    assert!(reused(store.append(&stream, Expected::NoStream, vec![event_of(id, "[]")]).await));
    let longer = vec![event_of(id, "{}"), event(1)];
    assert!(reused(store.append(&stream, Expected::NoStream, longer).await));
    if store.capabilities().unique_ids {
        assert!(reused(store.append(&elsewhere, Expected::NoStream, vec![event_of(id, "{}")]).await));
        assert!(reused(store.append(&stream, Expected::Revision(0), vec![event_of(id, "[]")]).await));
        let later = vec![event(1), event_of(id, "{}")];
        assert!(reused(store.append(&stream, Expected::Revision(0), later).await));
    }
    let fresh = Uuid::new_v4();
    let twice =
        store.append(&stream, Expected::Revision(0), vec![event_of(fresh, "1"), event_of(fresh, "2")]).await;
    assert!(matches!(twice, Err(AppendError::IdReused { id }) if id == fresh));
    assert_eq!(whole_stream(&store, &elsewhere).await, []);
    assert_eq!(whole_stream(&store, &stream).await.len(), 1);
}

pub async fn an_append_is_all_or_nothing(store: Store) {
    let (stream, other) = (fresh_stream(), fresh_stream());
    let taken = Uuid::new_v4();
    store.append(&other, Expected::NoStream, vec![event_of(taken, "{}")]).await.expect("new");
    if store.capabilities().unique_ids {
        let spoilt = vec![event(0), event(1), event_of(taken, "{}")];
        assert!(store.append(&stream, Expected::NoStream, spoilt).await.is_err());
    }
    let early = store.append(&stream, Expected::Revision(2), vec![event(0), event(1)]).await;
    assert!(matches!(early, Err(AppendError::Conflict { actual: None })), "{early:?}");
    let large = vec![event(0), event_of(Uuid::new_v4(), "1".repeat(store.capabilities().max_event_bytes))];
    assert!(store.append(&stream, Expected::NoStream, large).await.is_err());
    let nothing = store.append(&stream, Expected::NoStream, Vec::new()).await;
    assert!(matches!(nothing, Err(AppendError::Nothing)));
    assert_eq!(whole_stream(&store, &stream).await, []);
}

pub async fn pages_cover_the_whole_log_once(store: Store) {
    let start = store.head().await.expect("readable");
    let streams = [fresh_stream(), fresh_stream(), fresh_stream()];
    for count in 0..20 {
        for stream in &streams {
            append_one(&store, stream, count).await;
        }
    }
    for limit in [1, 7, 1000] {
        let mut after = start;
        let mut met = Vec::new();
        loop {
            let page = store.read_all(after, limit).await.expect("readable");
            let Some(last) = page.last() else { break };
            assert!(page.len() <= limit);
            assert!(page.is_sorted_by(|a, b| a.position < b.position) && page[0].position > after);
            after = last.position;
            met.extend(
                page.into_iter().filter(|e| streams.contains(&e.stream)).map(|e| (e.stream, e.revision)),
            );
        }
        let due: Vec<_> =
            (0..20).flat_map(|revision| streams.iter().map(move |s| (s.clone(), revision))).collect();
        assert_eq!(met, due, "in pages of {limit}");
    }
    let from_the_start = store.read_all(Position::START, 1).await.expect("readable");
    assert!(from_the_start[0].position <= start || start == Position::START);
}

pub async fn a_follower_is_woken(store: Store) {
    let stream = fresh_stream();
    let mut seen = append_one(&store, &stream, 0).await.position;
    assert!(store.changed(Position::START).await.expect("readable") >= seen, "what is there is told at once");
    for count in 1..5 {
        let (waits, after) = (Arc::clone(&store), seen);
        let follower = tokio::spawn(async move { waits.changed(after).await });
        let appended = append_one(&store, &stream, count).await;
        let told = tokio::time::timeout(std::time::Duration::from_secs(10), follower);
        let told = told.await.expect("woken in time").expect("no panic").expect("readable");
        assert!(told > seen);
        seen = appended.position;
        assert!(store.head().await.expect("readable") >= seen);
    }
}

pub async fn any_text_can_be_a_key(store: Store) {
    let run = Uuid::new_v4();
    let keys = [
        "local:区经信局",
        "a-b--c",
        "\u{e9}",
        "e\u{301}",
        "👩‍⚖️",
        "'; DROP TABLE events; --",
        "%_*?/\\",
        "$all",
        "A",
        "a",
    ];
    let streams: Vec<StreamName> = keys
        .iter()
        .map(|key| StreamName::new("tally", &format!("{key} {run}")).expect("a well-formed name"))
        .collect();
    for (number, stream) in (0..).zip(&streams) {
        store.append(stream, Expected::NoStream, vec![event(number)]).await.expect("names differ");
    }
    for (number, stream) in (0_u64..).zip(&streams) {
        let events = whole_stream(&store, stream).await;
        assert_eq!(events.len(), 1, "{stream}");
        assert_eq!(&events[0].stream, stream);
        assert_eq!(events[0].data, format!(r#"{{"number":{number}}}"#));
    }
}

pub async fn events_may_be_large_up_to_the_limit(store: Store) {
    let stream = fresh_stream();
    let limits = store.capabilities();
    let filled = |bytes: usize| {
        let overhead = event_of(Uuid::nil(), "").size();
        // `Timestamp::now` may print fewer digits now than then: sizes are approached from below.
        let mut text = "x".repeat(bytes - overhead - 32);
        text.insert(0, '"');
        text.push('"');
        event_of(Uuid::new_v4(), text)
    };
    let large = filled(limits.max_event_bytes);
    let data = large.size();
    store.append(&stream, Expected::NoStream, vec![large]).await.expect("within the limit");
    let read = whole_stream(&store, &stream).await;
    let stored = read[0].data.len() + read[0].sealed_metadata.len() + read[0].event_type.len();
    assert_eq!(stored, data, "`size` tells what is stored");

    let too_large =
        store.append(&stream, Expected::Revision(0), vec![filled(limits.max_event_bytes + 100)]).await;
    assert!(matches!(too_large, Err(AppendError::TooLarge { .. })), "{too_large:?}");
    let many = limits.max_append_bytes / limits.max_event_bytes + 1;
    let together = (0..many).map(|_| filled(limits.max_event_bytes)).collect();
    let too_large = store.append(&stream, Expected::Revision(0), together).await;
    assert!(matches!(too_large, Err(AppendError::TooLarge { .. })), "{too_large:?}");
    append_one(&store, &stream, 1).await;
}

pub async fn positions_travel_as_tokens(store: Store) {
    let stream = fresh_stream();
    let first = append_one(&store, &stream, 0).await.position;
    let second = append_one(&store, &stream, 1).await.position;
    let token = first.to_string();
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric()), "safe in a header: {token}");
    let back: Position = token.parse().expect("a token of ours");
    assert_eq!(back, first);
    let page = store.read_all(back, 1000).await.expect("readable");
    assert!(page.iter().any(|e| e.position == second) && page.iter().all(|e| e.position > first));
}

pub async fn the_chain_holds(store: Store) {
    let stream = fresh_stream();
    for count in 0..10 {
        append_one(&store, &stream, count).await;
    }
    let events = whole_stream(&store, &stream).await;
    let seals: Vec<_> = events.iter().map(|event| event.seal().expect("sealed")).collect();
    assert_eq!(seals[0].previous_hash, event_store::Digest::ZERO);
    assert!(seals.windows(2).all(|pair| pair[1].previous_hash == pair[0].hash));
    assert!(events.iter().zip(&seals).all(|(event, seal)| event.computed_hash() == seal.hash));
    let hashes: HashSet<_> = seals.iter().map(|seal| seal.hash).collect();
    assert_eq!(hashes.len(), 10);
    let report = verify(&*store, None, |_| ()).await.expect("readable");
    assert!(report.is_clean(), "{:?}", report.findings);
    assert!(report.events >= 10 && report.streams >= 1);
}
